"""kill -9 at random moments: nothing acknowledged may be missing, and the stores must verify (LAMA_KILL_ROUNDS, LAMA_KILL_SEED)."""

import json
import os
import random
import threading
import time
import unittest

from tests.process.node import Home, RpcError, pair, until

ROUNDS = int(os.environ.get("LAMA_KILL_ROUNDS", "100"))
SEED = int(os.environ.get("LAMA_KILL_SEED", str(int(time.time()))))


class Oracle:
    """What was acknowledged, kept outside of all processes."""

    def __init__(self):
        self.sent = {}  # text by hash
        self.imported = 0
        self.attempted = set()


def work(home, conversation, oracle, stop, number):
    """Sends until it is stopped; only what was answered counts."""
    count = 0
    while not stop.is_set():
        text = f"round {number} message {count}"
        oracle.attempted.add(text)
        try:
            oracle.sent[home.send(conversation, text)] = text
        except (OSError, RpcError, ValueError, KeyError):
            time.sleep(0.005)
        count += 1


def do_import(home, oracle, first, count):
    lines = [json.dumps({"time": f"2023-01-01T{k // 3600 % 24:02}:{k // 60 % 60:02}:{k % 60:02}Z", "author": "Zoe", "text": f"old {k}"})
             for k in range(first, first + count)]
    try:
        answer = home.rpc.call("app:import", {"source": "old chat", "firstLine": first + 1, "lines": lines})
        oracle.imported = max(oracle.imported, first + answer["stored"] + answer["alreadyThere"])
    except (OSError, RpcError, ValueError, KeyError):
        pass


class Killed(unittest.TestCase):
    def test_nothing_acknowledged_is_lost(self):
        print(f"LAMA_KILL_SEED={SEED}, {ROUNDS} rounds")
        chance = random.Random(SEED)
        oracle = Oracle()
        with Home("anna", ("archive", "sparse")) as anna, Home("bert") as bert:
            anna.register()
            bert.register()
            conversation = pair(anna, bert)
            for number in range(ROUNDS):
                self.one_round(chance, oracle, anna, bert, conversation, number)
            self.check(oracle, anna, bert, conversation)

    def one_round(self, chance, oracle, anna, bert, conversation, number):
        stop = threading.Event()
        activity = chance.choice(["sync", "import", "pairing", "idle"])
        threads = []
        if activity in ("sync", "import"):
            threads.append(threading.Thread(target=work, args=(anna, conversation, oracle, stop, number)))
        if activity == "import":
            threads.append(threading.Thread(target=do_import, args=(anna, oracle, oracle.imported, 200)))
        if activity == "pairing":
            def again():
                try:
                    pair_again = anna.rpc.call("pairing:createInvitation", timeout=5)["invitation"]
                    bert.rpc.call("pairing:acceptInvitation", {"invitation": pair_again}, timeout=5)
                except (OSError, RpcError, ValueError, KeyError):
                    pass
            threads.append(threading.Thread(target=again))
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.0, 0.25))  # the moment of the kill is the chance of this test
        victims = chance.choice([["archive"], ["sparse"], ["archive", "sparse"]])
        for name in victims:
            anna.process(name).kill()
        stop.set()
        for thread in threads:
            thread.join()
        for name in victims:
            anna.process(name).start()
        if "sparse" in victims:
            anna.log_in()
        else:
            until(lambda: anna.archive_rpc.call("one-core:getInstance"), "the archive's unlocking by the sparse side")

    def check(self, oracle, anna, bert, conversation):
        expected = set(oracle.sent.values())
        self.assertGreater(len(expected), ROUNDS / 4, "the rounds sent almost nothing")

        def texts(home, rpc, of=conversation):
            found = []
            before = None
            while True:
                params = {"conversationId": of, "limit": 1000}
                if before:
                    params["before"] = before
                page = rpc.call("query:getMessages", params)
                found = page["messages"] + found
                if not page["more"] or not page["messages"]:
                    return [x["text"] for x in found if x.get("state") != "on-this-device"]
                before = page["messages"][0]["time"]

        for home in (anna, bert):
            until(lambda: expected <= set(texts(home, home.archive_rpc)), f"all {len(expected)} acknowledged messages at {home.user}'s archive", 60)
            there = texts(home, home.archive_rpc)
            self.assertEqual(len(there), len(set(there)), "a message stands twice")
            self.assertLessEqual(set(there), oracle.attempted, "a message that nobody sent")
        for rpc in (anna.rpc, anna.archive_rpc, bert.rpc, bert.archive_rpc):
            report = rpc.call("app:verify", timeout=120)
            self.assertEqual(report["problemCount"], 0, report["problems"][:5])
        if oracle.imported:
            imported = [x for x in anna.archive_rpc.call("query:getConversations")["conversations"] if x["kind"] == "imported"]
            self.assertEqual(len(imported), 1, "the imported conversation")
            lines = texts(anna, anna.archive_rpc, imported[0]["conversationId"])
            self.assertEqual(len(lines), len(set(lines)), "an imported line stands twice")
            self.assertGreaterEqual(len(lines), oracle.imported, "imported lines are missing")


if __name__ == "__main__":
    unittest.main()
