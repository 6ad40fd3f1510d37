"""A stock ONE.core/one.models peer pairs with this node over a direct socket, becomes a contact, and chats both ways.

ONE_PEER names a folder with an installed peer (docs/interop.md); LIVE_PEER the folder of its driver, peer.mjs.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest

from tests.process.node import Home, until

LIVE_PEER = pathlib.Path(os.environ.get("LIVE_PEER", pathlib.Path(__file__).resolve().parents[3] / "shared/live-peer"))
MESSAGES = 10
CHUM_PATIENCE = 60.0  # the stock peer polls every 5 s


class StockPeer:
    """peer.mjs as a child process, spoken to in JSON lines."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lama-peer-"))
        self.child = subprocess.Popen(["node", str(LIVE_PEER / "peer.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, text=True, cwd=self.folder)
        self.next_id = 0
        self.answers = {}
        self.events = []
        self.arrived = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            with self.arrived:
                if "event" in message:
                    self.events.append(message)
                else:
                    self.answers[message["id"]] = message
                self.arrived.notify_all()

    def call(self, command, **arguments):
        self.next_id += 1
        number = self.next_id
        self.child.stdin.write(json.dumps({"id": number, "cmd": command, **arguments}) + "\n")
        self.child.stdin.flush()
        with self.arrived:
            if not self.arrived.wait_for(lambda: number in self.answers, timeout=60):
                raise AssertionError(f"the peer did not answer {command}; events: {self.events[-5:]}")
            answer = self.answers[number]
        if not answer["ok"]:
            raise AssertionError(f"the peer refused {command}: {answer['error']}")
        return answer.get("result")

    def close(self):
        self.child.kill()
        self.child.wait()
        self.child.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Interop(unittest.TestCase):
    def test_a_stock_peer_pairs_syncs_and_chats(self):
        peer = StockPeer()
        self.addCleanup(peer.close)
        with Home("anna") as anna:
            me = anna.register()
            stock = peer.call("init", dir=str(peer.folder / "data"), email="stock@peer.local", name="stock", commServerUrl="ws://127.0.0.1:1", incoming=False)
            invitation = json.loads(anna.cli("invite", "--json").stdout)
            invitation = invitation.get("invitation", invitation)
            if isinstance(invitation, str):
                invitation = json.loads(invitation)
            peer.call("accept", invitation=invitation)
            until(lambda: any(e["event"] == "paired" for e in peer.events), "the peer's pairing")
            until(lambda: any(x.get("personId") == stock["personId"] for x in anna.rpc.call("query:getContacts")["contacts"]), "the peer as a contact")
            until(lambda: any(c.get("isConnected") and c.get("protocolName") == "chum" for c in peer.call("connections")), "chum", CHUM_PATIENCE)
            conversation = until(anna.conversations, "the conversation")[0]["conversationId"]
            mine = sorted(x["conversationId"] for x in anna.conversations())
            self.assertIn(conversation, mine)
            until(lambda: any(t.get("id") == conversation for t in peer.call("topics")), "the topic at the peer", CHUM_PATIENCE)
            for number in range(MESSAGES):
                anna.send(conversation, f"from lama {number}")
                peer.call("send", topic=conversation, text=f"from stock {number}")
            expected = {f"from lama {n}" for n in range(MESSAGES)} | {f"from stock {n}" for n in range(MESSAGES)}
            until(lambda: {x["text"] for x in peer.call("messages", topic=conversation)} >= expected, "all messages at the peer", CHUM_PATIENCE)
            until(lambda: {x["text"] for x in anna.messages(conversation)} >= expected, "all messages here", CHUM_PATIENCE)
            public = anna.archive_rpc.call("one-core:getInstance")["ownerId"]
            self.assertNotEqual(public, me["ownerId"])
            for message in peer.call("messages", topic=conversation):
                author = public if message["text"].startswith("from lama") else stock["personId"]
                self.assertEqual(message["author"], author, message["text"])
            for message in anna.messages(conversation):
                author = public if message["text"].startswith("from lama") else stock["personId"]
                self.assertEqual(message["signedBy"], {"personId": author, "verified": True}, message["text"])
            self.assertEqual(anna.archive_rpc.call("app:verify", timeout=120)["problemCount"], 0)


if __name__ == "__main__":
    unittest.main()
