"""Backup, restore, digest, export and the device's budget, as a user does them: by commands, on whole nodes."""

import hashlib
import json
import os
import pathlib
import shutil
import socket
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

from tests.process.node import PASSWORD, Home, Rpc, RpcError, until

# More makes the budget test heavier: LAMA_EVICT_MESSAGES=50000 is some 1 GB against 50 MB.
MESSAGES = int(os.environ.get("LAMA_EVICT_MESSAGES", "400"))
ATTACHMENT = 20_000
EVICT_PATIENCE = 120 + MESSAGES // 20


def import_chat(home, count, folder, attachment=0, every=1):
    """An imported conversation of `count` lines, each with a file of its own."""
    folder.mkdir()
    with open(folder / "chat.jsonl", "w") as out:
        for k in range(count):
            line = {"time": 1_600_000_000_000 + k * 60_000, "author": "Zoe" if k % 2 else "Max", "text": f"line {k}"}
            if attachment and k % every == 0:
                name = f"{k}.bin"
                (folder / name).write_bytes(os.urandom(attachment))
                line["attachments"] = [{"file": name, "type": "application/octet-stream"}]
            out.write(json.dumps(line) + "\n")
    done = json.loads(home.cli("import", str(folder / "chat.jsonl"), "--source", "old chat", "--json", timeout=EVICT_PATIENCE).stdout)
    assert done["stored"] == count, done
    return done["conversationId"]


def get(home, path, side="ipc.json"):
    where = json.loads((home.data_dir / side).read_text())
    request = urllib.request.Request(where["url"] + path, headers={"Authorization": "Bearer " + where["token"], "Lama-User": home.user})
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.read()


def download(home, blob):
    return get(home, "/blob/" + blob)


def all_messages(rpc, conversation, page=100):
    found = []
    before = None
    while True:
        params = {"conversationId": conversation, "limit": page}
        if before:
            params["before"] = before
        answer = rpc.call("query:getMessages", params)
        found = answer["messages"] + found
        if not answer["more"] or not answer["messages"]:
            return found
        before = answer["messages"][0]["time"]


class Scratch(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lama-data-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def restored(self, home, *files, **options):
        """Another home, not started, with what the backups hold."""
        other = Home(home.user)
        self.addCleanup(shutil.rmtree, other.folder, ignore_errors=True)
        other.cli("restore", *files, **options)
        return other


class Backups(Scratch):
    def test_a_node_comes_back_from_its_backups(self):
        backups = self.folder / "backups"
        backups.mkdir()
        with Home("anna") as anna:
            anna.register()
            chat = import_chat(anna, 50, self.folder / "chat", attachment=100_000, every=10)
            whole = json.loads(anna.cli("backup", str(backups), "--json").stdout)
            self.assertEqual(whole["base"], "")
            anna.rpc.call("action:createConversation", {"name": "later"})
            until(lambda: [x for x in anna.conversations() if x["title"] == "later"], "the conversation on this side")
            until(lambda: anna.cli("digest", "--with", "sparse", check=False).returncode == 0, "both sides at rest")
            increment = json.loads(anna.cli("backup", str(backups), "--json").stdout)
            self.assertEqual(increment["base"], whole["id"])
            self.assertLess(increment["fileBytes"], whole["fileBytes"] / 5)
            self.assertTrue(anna.cli("backup", "verify", increment["file"]).stdout.startswith("The backup is good"))
            self.assertEqual(oct(os.stat(increment["file"]).st_mode & 0o777), "0o600")
            expected = [(x["text"], x["time"]) for x in all_messages(anna.archive_rpc, chat)]

        other = self.restored(anna, increment["file"])
        self.assertEqual(json.loads(other.cli("digest", "--json").stdout)["digest"], increment["digest"])
        again = other.cli("restore", increment["file"], check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("nothing is overwritten", again.stderr)
        with other:
            other.register()  # of the device's side; the archive's user is there, and is unlocked by the same password
            until(lambda: len(other.conversations()) == 2, "the conversations on the new device")
            self.assertEqual([(x["text"], x["time"]) for x in all_messages(other.archive_rpc, chat)], expected)
            fresh = json.loads(other.cli("backup", str(backups), "--json").stdout)
            self.assertEqual(fresh["base"], "", "a restored store is backed up whole")

    def test_a_passphrase_and_a_closed_data_dir(self):
        home = Home("anna")
        with home as anna:
            anna.register()
            # Kept for after the node's end.
            kept = self.folder / "data"
            import_chat(anna, 20, self.folder / "chat")
            for process in anna.processes:
                process.stop()
            shutil.copytree(anna.data_dir, kept)
        file = self.folder / "sealed.lama-backup"
        closed = Home("anna")
        self.addCleanup(shutil.rmtree, closed.folder, ignore_errors=True)
        shutil.copytree(kept, closed.data_dir)
        secret = {"LAMA_PASSPHRASE": "open sesame"}
        closed.cli("backup", str(file), "--encrypt", env=secret)
        wrong = closed.cli("backup", "verify", str(file), env={"LAMA_PASSPHRASE": "open simsim"}, check=False)
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("passphrase", wrong.stderr)
        closed.cli("backup", "verify", str(file), env=secret)
        torn = self.folder / "torn.lama-backup"
        torn.write_bytes(file.read_bytes()[:-100])
        refused = closed.cli("backup", "verify", str(torn), env=secret, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("torn", refused.stderr)
        self.assertEqual(list(self.folder.glob(".verify-*")), [], "nothing is left over")


class Channels(Scratch):
    """app:restore and app:reset, as programs call them."""

    def refused(self, code, rpc, method, params):
        with self.assertRaises(RpcError) as refused:
            rpc.call(method, params)
        self.assertEqual(refused.exception.code, code, (params, refused.exception))

    def test_a_reset_deletes_and_a_restore_brings_back(self):
        with Home("anna") as anna:
            anna.register()
            archive = Rpc(anna.data_dir / "archive-ipc.json")
            saved = anna.archive_rpc.call("app:backup", {"file": "anna.lama-backup"})
            self.refused(-32004, archive, "app:restore", {"file": "anna.lama-backup"})
            for name in ("../anna.lama-backup", "a/b", ".hidden", "", "/etc/passwd"):
                self.refused(-32602, archive, "app:restore", {"file": name})
            self.refused(-32003, archive, "app:restore", {"file": "nothing.lama-backup"})
            self.refused(-32004, Rpc(anna.data_dir / "ipc.json"), "app:restore", {"file": "anna.lama-backup"})  # of the other side

            wrong = anna.rpc.call("app:reset", {"password": "not the password", "archive": True})
            self.assertEqual((wrong["success"], wrong["reason"]), (False, "wrong_secret"))
            self.assertIsNotNone(anna.rpc.call("one-core:getInstance"), "still logged in")
            self.refused(-32602, anna.rpc, "app:reset", {})
            self.assertFalse(anna.rpc.call("app:reset", {"username": "../anna", "password": PASSWORD})["success"])

            self.assertEqual(anna.rpc.call("app:reset", {"password": PASSWORD, "archive": True}), {"success": True})
            for side in ("archive", "sparse"):
                self.assertEqual([x.name for x in (anna.data_dir / side).iterdir() if x.is_dir()], [], side)
            answer = archive.call("app:restore", {"file": "anna.lama-backup"})
            self.assertEqual((answer["user"], answer["side"], answer["restored"], answer["digest"]), ("anna", "archive", True, saved["digest"]))
            anna.register()

    def test_the_command_resets_with_and_without_a_node(self):
        with Home("anna") as anna:
            anna.register()
            self.assertEqual(anna.cli("reset", "anna", check=False).returncode, 1, "without --yes it asks")
            self.assertEqual(anna.cli("reset", "anna", "--yes", env={"LAMA_PASSWORD": "wrong one"}, check=False).returncode, 1)
            anna.cli("reset", "anna", "--yes")
            self.assertFalse((anna.data_dir / "sparse" / "anna").exists())
            self.assertTrue((anna.data_dir / "archive" / "anna").exists())
            for process in anna.processes:
                process.stop()
            self.assertEqual(anna.cli("reset", "anna", "--archive", "--yes", env={"LAMA_PASSWORD": "wrong one"}, check=False).returncode, 1)
            anna.cli("reset", "anna", "--archive", "--yes")
            self.assertFalse((anna.data_dir / "archive" / "anna").exists())

    def test_a_reset_of_both_waits_for_the_archive(self):
        with Home("anna", ("archive", "sparse")) as anna:
            anna.register()
            anna.process("archive").stop()
            until(lambda: not anna.rpc.call("query:getSync")["bridgeConnected"], "the loss of the archive")
            self.refused(-32007, anna.rpc, "app:reset", {"password": PASSWORD, "archive": True})
            self.assertIsNotNone(anna.rpc.call("one-core:getInstance"), "nothing was deleted, nobody logged out")
            # A removal and a restore that were cut off: the next start ends them.
            for name in (".removed-bert-00", ".restoring-bert"):
                shutil.copytree(anna.data_dir / "archive" / "anna", anna.data_dir / "archive" / name)
            anna.process("archive").start()
            self.assertEqual([x.name for x in (anna.data_dir / "archive").iterdir() if x.is_dir()], ["anna"])
            reset = lambda: anna.rpc.call("app:reset", {"password": PASSWORD, "archive": True})
            self.assertEqual(until(reset, "the reset of both"), {"success": True})

    def test_a_sealed_backup_is_restored_by_its_key(self):
        with Home("anna") as anna:
            anna.register()
            (anna.data_dir / "backups").mkdir()
            file = anna.data_dir / "backups" / "sealed.lama-backup"
            saved = json.loads(anna.cli("backup", str(file), "--encrypt", "--json", env={"LAMA_PASSPHRASE": "open sesame"}).stdout)
            # The key is the caller's to derive: docs/backup.md, "Format".
            content = file.read_bytes()
            seal = json.loads(content[12 : 12 + int.from_bytes(content[8:12], "little")])["seal"]
            key = lambda text: hashlib.scrypt(text, salt=bytes.fromhex(seal["salt"]), n=seal["n"], r=seal["r"], p=seal["p"], maxmem=1 << 28, dklen=32).hex()
            seals = lambda text: [{"salt": seal["salt"], "check": seal["check"], "key": key(text)}]
            anna.rpc.call("app:reset", {"password": PASSWORD, "archive": True})
            archive = Rpc(anna.data_dir / "archive-ipc.json")
            self.refused(-32002, archive, "app:restore", {"file": file.name})
            self.refused(-32008, archive, "app:restore", {"file": file.name, "seals": seals(b"open simsim")})
            answer = archive.call("app:restore", {"file": file.name, "seals": seals(b"open sesame")})
            self.assertEqual((answer["restored"], answer["digest"]), (True, saved["digest"]))
            anna.register()


class Digests(Scratch):
    def test_archive_and_device_share_the_same(self):
        with Home("anna") as anna:
            anna.register()
            import_chat(anna, 20, self.folder / "chat")
            until(anna.conversations, "the conversation on this side")
            compared = until(lambda: (lambda x: x.returncode == 0 and json.loads(x.stdout))(anna.cli("digest", "--with", "sparse", "--json", check=False)),
                             "the same digests")
            self.assertTrue(all(part["here"] > 0 for part in compared["parts"]), compared)
            leaves = self.folder / "leaves.json"

            def at_rest():  # a node that was just made writes a little more by itself
                leaves.write_text(anna.cli("digest", "--leaves").stdout)
                return anna.cli("digest", "--with", str(leaves), check=False).returncode == 0
            until(at_rest, "a digest that stays")
            put = anna.archive_rpc.call("one-core:createObject", {"type": "Person", "data": {"email": "new@example.com"}})
            differs = anna.cli("digest", "--with", str(leaves), "--json", check=False)
            self.assertEqual(differs.returncode, 1)
            found = [x["name"] for part in json.loads(differs.stdout)["parts"] for x in part["differences"]]
            self.assertIn(put["hash"], found)


class Exports(Scratch):
    def lines(self, folder):
        index = json.loads((folder / "export.json").read_text())
        all_lines = {}
        for conversation in index["conversations"]:
            lines = [json.loads(x) for x in (folder / conversation["file"]).read_text().splitlines()]
            all_lines[conversation["title"]] = [
                (x["time"], x["author"], x["text"], [(a["name"], a["type"], (folder / a["file"]).read_bytes()) for a in x.get("attachments", [])]) for x in lines]
        return all_lines

    def test_what_was_exported_is_imported_without_loss(self):
        first, second = self.folder / "first", self.folder / "second"
        with Home("anna") as anna:
            anna.register()
            import_chat(anna, 1500, self.folder / "chat", attachment=70_000, every=500)
            made = anna.rpc.call("action:createConversation", {"name": "notes <b>"})["conversationId"]
            until(lambda: [x for x in anna.conversations() if x["conversationId"] == made], "the conversation")
            picture = self.folder / "a b.png"
            picture.write_bytes(os.urandom(3000))
            anna.cli("send", made, "with a picture", "--attach", str(picture))
            anna.send(made, "two\nlines & <script>alert(1)</script>")
            until(lambda: len(anna.messages(made, anna.archive_rpc)) == 2, "the messages in the archive")
            anna.cli("export", str(first), "--html")
        pages = (first / "index.html").read_text() + "".join(x.read_text() for x in first.glob("*.html"))
        self.assertNotIn("<script", pages)
        self.assertIn("//refin.io/ChatMessage", pages)
        exported = self.lines(first)
        self.assertEqual(sorted(exported), ["notes <b>", "old chat"])
        self.assertEqual([len(x) for _, x in sorted(exported.items())], [2, 1500])
        with Home("bert") as bert:
            bert.register()
            bert.cli("import", str(first))
            bert.cli("import", str(first))  # twice adds nothing
            bert.cli("export", str(second))
        self.assertEqual(self.lines(second), exported)

    def test_what_a_node_exported_is_imported_without_loss(self):
        again = self.folder / "again"
        with Home("anna") as anna:
            anna.register()
            chat = import_chat(anna, 1200, self.folder / "chat", attachment=70_000, every=300)
            exports = anna.data_dir / "exports"
            archive = anna.archive_rpc
            answer = archive.call("app:export", {"folder": "all", "html": True})
            self.assertEqual((answer["folder"], answer["conversations"], answer["messages"], answer["files"], answer["missingFiles"]),
                             (str(exports / "all"), 1, 1200, 4, 0))
            self.assertEqual(answer["bytes"], sum(x.stat().st_size for x in (exports / "all").rglob("*") if x.is_file()))
            self.assertEqual(oct(os.stat(exports / "all").st_mode & 0o777), "0o700")
            self.assertTrue((exports / "all" / "index.html").exists())
            for name in ("../out", "a/b", "/tmp/out", "..", ".hidden", "", "a b", "a" * 129, "a\0b"):
                with self.assertRaises(RpcError) as refused:
                    archive.call("app:export", {"folder": name})
                self.assertEqual(refused.exception.code, -32602, name)
            with self.assertRaises(RpcError) as refused:
                archive.call("app:export", {"folder": "all"})
            self.assertEqual(refused.exception.code, -32004)
            self.assertEqual(archive.call("app:export", {"folder": "one", "conversations": [chat]})["messages"], 1200)
            self.assertEqual(sorted(x.name for x in exports.iterdir()), ["all", "one"])
            exported = self.lines(exports / "all")
            self.assertEqual(self.lines(exports / "one"), exported)
            shutil.copytree(exports / "all", self.folder / "all")
        with Home("bert") as bert:
            bert.register()
            bert.cli("import", str(self.folder / "all"))
            bert.cli("export", str(again))
        self.assertEqual(self.lines(again), exported)

    def test_the_device_exports_what_only_its_archive_has_or_nothing(self):
        anna = Home("anna", ("archive", "sparse"))
        anna.process("sparse").arguments = ("--sparse-budget", "1500000")
        with anna:
            anna.register()
            import_chat(anna, 300, self.folder / "chat", attachment=20_000)
            until(anna.conversations, "the conversation on the device")

            def within():
                evictor = anna.rpc.call("node:status")["actors"]["evictor/anna"]
                return not evictor["busy"] and evictor["evicted"] > 0 and 0 < evictor["stored"] <= 1_500_000
            until(within, "the device within its budget", 120)
            answer = anna.rpc.call("app:export", {"folder": "device"}, timeout=120)
            self.assertEqual((answer["messages"], answer["files"], answer["missingFiles"]), (300, 300, 0))
            anna.archive_rpc.call("app:export", {"folder": "archive"}, timeout=120)
            exports = anna.data_dir / "exports"
            self.assertEqual(self.lines(exports / "device"), self.lines(exports / "archive"))
            until(within, "the device within its budget again", 120)
            report = anna.rpc.call("app:verify", timeout=120)
            self.assertEqual(report["problemCount"], 0, report["problems"][:5])
            anna.process("archive").stop()
            with self.assertRaises(RpcError) as refused:
                anna.rpc.call("app:export", {"folder": "alone"}, timeout=120)
            self.assertEqual(refused.exception.code, -32007)
            self.assertEqual(sorted(x.name for x in exports.iterdir()), ["archive", "device"])

    def test_an_export_is_whole_or_not_there(self):
        with Home("anna") as anna:
            anna.register()
            import_chat(anna, 600, self.folder / "chat", attachment=50_000)
            exports = anna.data_dir / "exports"

            def ask_and_hang_up(folder):
                where = json.loads((anna.data_dir / "archive-ipc.json").read_text())
                address = urllib.parse.urlsplit(where["url"])
                body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "app:export", "params": {"folder": folder}})
                with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
                    connection.sendall((f"POST /rpc HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {where['token']}\r\nLama-User: anna\r\n"
                                        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode())
                    until(lambda: (exports / folder).exists() or (exports / (".archive-" + folder)).exists(), "the export's beginning")
            ask_and_hang_up("unheard")
            until(lambda: (exports / "unheard").exists(), "the export that nobody waits for")
            self.assertEqual(len(next(iter(self.lines(exports / "unheard").values()))), 600)

            ask_and_hang_up("cut")
            anna.processes[0].kill()
            anna.processes[0].start()
            left = sorted(x.name for x in exports.iterdir())
            self.assertIn(left, (["unheard"], ["cut", "unheard"]))  # the second where it was faster than the signal
            for name in left:
                self.assertEqual(len(next(iter(self.lines(exports / name).values()))), 600)


def anonymous_megabytes(home):
    """What the process holds, without the tables that LevelDB maps into it."""
    status = pathlib.Path(f"/proc/{home.processes[0].child.pid}/status").read_text()
    return next(int(x.split()[1]) for x in status.splitlines() if x.startswith("RssAnon")) // 1024


def megabytes_below(folder):
    return sum(x.stat().st_size for x in folder.rglob("*") if x.is_file()) / 1e6


class Budget(Scratch):
    def timed(self, what, action):
        start = time.monotonic()
        answer = action()
        self.figures[what] = round(time.monotonic() - start, 3)
        return answer

    def test_a_device_works_within_its_budget(self):
        self.figures = {}
        total = MESSAGES * ATTACHMENT
        budget = max(total // 20, 1_500_000)  # the newest 50 stay, with their files
        home = Home("anna")
        home.processes[0].arguments = ("--sparse-budget", str(budget))
        with home as anna:
            anna.register()
            folder = self.folder / "chat"
            # More comes to the device than its budget holds: the window is by messages, not by bytes.
            chat = self.timed("import", lambda: import_chat(anna, MESSAGES, folder, attachment=ATTACHMENT))
            until(lambda: [x for x in anna.conversations() if x["conversationId"] == chat], "the conversation on the device", EVICT_PATIENCE)

            def newest():
                return [x["text"] for x in anna.rpc.call("query:getMessages", {"conversationId": chat, "limit": 1})["messages"]]
            self.timed("until the last line is on the device", lambda: until(lambda: newest() == [f"line {MESSAGES - 1}"], "the last line on the device", EVICT_PATIENCE))

            def within():
                evictor = anna.rpc.call("node:status")["actors"]["evictor/anna"]
                return not evictor["busy"] and 0 < evictor["stored"] <= budget
            self.timed("until within budget", lambda: until(within, "the device within its budget", EVICT_PATIENCE))
            status = anna.rpc.call("node:status")["actors"]["evictor/anna"]
            self.assertGreater(status["evicted"], 0)
            self.assertGreater(total, 5 * budget)

            # A jump to long ago, which the archive answers and nobody stores: its files are there all the same.
            jump = {"conversationId": chat, "limit": 3, "before": 1_600_000_000_000 + 5 * 60_000}
            far = self.timed("a jump to long ago", lambda: anna.rpc.call("query:getMessages", jump))["messages"]
            self.assertEqual([x["text"] for x in far], ["line 2", "line 3", "line 4"])
            blob = far[-1]["attachments"][0]["blob"]
            content = self.timed("its file", lambda: download(anna, blob))
            self.assertEqual(hashlib.sha256(content).hexdigest(), blob)
            # The page was told where it stands: nobody read through a conversation for it.
            self.assertNotIn("query:findAttachment", get(anna, "/metrics", "archive-ipc.json").decode())
            self.assertEqual(anna.rpc.call("query:findAttachment", {"blob": blob})["conversationId"], chat)
            with self.assertRaises(RpcError) as unknown:
                anna.rpc.call("query:findAttachment", {"blob": "0" * 64})
            self.assertEqual(unknown.exception.code, -32003)

            # All of it can be read, page by page, back to the first line.
            messages = self.timed("all pages", lambda: all_messages(anna.rpc, chat))
            self.assertEqual([x["text"] for x in messages], [f"line {k}" for k in range(MESSAGES)])
            # A file that went comes back when it is asked for.
            blob = messages[0]["attachments"][0]["blob"]
            content = self.timed("a file that went", lambda: download(anna, blob))
            self.assertEqual(hashlib.sha256(content).hexdigest(), blob)
            # New messages still come and go.
            made = anna.rpc.call("action:createConversation", {"name": "now"})["conversationId"]
            until(lambda: [x for x in anna.conversations() if x["conversationId"] == made], "a new conversation")
            anna.send(made, "hello")
            self.timed("a new message", lambda: until(lambda: [x for x in anna.messages(made) if x["state"] == "in-archive"], "the message's return"))
            until(within, "the device within its budget again", EVICT_PATIENCE)
            self.figures.update(stored=anna.rpc.call("node:status")["actors"]["evictor/anna"]["stored"], evicted=status["evicted"])
            for side, rpc in (("sparse", anna.rpc), ("archive", anna.archive_rpc)):
                report = self.timed(f"verify {side}", lambda: rpc.call("app:verify", timeout=600))
                self.assertEqual(report["problemCount"], 0, report["problems"][:5])
                self.figures[f"MB of files, {side}"] = round(megabytes_below(anna.data_dir / side), 1)
            self.figures["MB of memory, both sides"] = anonymous_megabytes(anna)
            if "LAMA_EVICT_MESSAGES" in os.environ:
                print(json.dumps({"messages": MESSAGES, "bytes": total, "budget": budget, **self.figures}, indent=1))


class Away(Scratch):
    def test_what_is_not_here_while_the_archive_is_away_comes_by_itself(self):
        anna = Home("anna", ("archive", "sparse"))
        anna.process("sparse").arguments = ("--sparse-budget", "1500000")
        with anna:
            anna.register()
            chat = import_chat(anna, 300, self.folder / "chat", attachment=20_000)
            until(lambda: anna.conversations(), "the conversation on the device")

            def within():
                evictor = anna.rpc.call("node:status")["actors"]["evictor/anna"]
                return not evictor["busy"] and evictor["evicted"] > 0 and 0 < evictor["stored"] <= 1_500_000
            until(within, "the device within its budget", 120)
            anna.process("archive").stop()

            # What is here is shown, page after page; then it is said that the next one is not here now.
            older = {"conversationId": chat, "limit": 20}
            shown = []

            def refused():
                try:
                    page = anna.rpc.call("query:getMessages", older)["messages"]
                except RpcError as failure:
                    return failure
                shown[:0] = [x["text"] for x in page]
                older["before"] = page[0]["time"]
            failure = until(refused, "the page that is not here")
            self.assertEqual(failure.code, -32007)
            self.assertIn("comes by itself", failure.message)
            self.assertEqual(shown, [f"line {k}" for k in range(300 - len(shown), 300)])
            self.assertGreater(len(shown), 0)

            def stored():
                return anna.rpc.call("node:status")["actors"]["evictor/anna"]["stored"]
            before = stored()
            anna.process("archive").start()
            # Nobody asks again: it comes, and can then be read without the archive.
            until(lambda: stored() > before + 20 * 200, "the page that was looked for")
            anna.process("archive").stop()
            page = anna.rpc.call("query:getMessages", older)["messages"]
            self.assertEqual([x["text"] for x in page], [f"line {k}" for k in range(280 - len(shown), 300 - len(shown))])


class Versions(unittest.TestCase):
    def test_an_object_s_versions_are_listed_compared_and_made_current_again(self):
        with Home("anna") as anna:
            anna.register()
            rpc = anna.rpc
            first = rpc.call("one-core:createObject", {"type": "Person", "data": {"email": "v@example.com", "name": "One"}})
            second = rpc.call("one-core:updateObject", {"hash": first["hash"], "updates": {"name": "Two"}})
            third = rpc.call("one-core:updateObject", {"hash": second["newHash"], "updates": {"name": None}})
            person = json.loads(anna.cli("query", "Person", "--json").stdout)
            listed = lambda: rpc.call("storage:log", {"hash": self.id_of(anna, "v@example.com")})["versions"]
            self.assertEqual([x["hash"] for x in listed()], [third["newHash"], second["newHash"], first["hash"]], person)
            self.assertEqual([x["current"] for x in listed()], [True, False, False])
            identity = self.id_of(anna, "v@example.com")
            changed = rpc.call("storage:diff", {"hash": identity})
            self.assertEqual((changed["type"], changed["changes"]), ("Person", [{"path": "name", "before": "Two"}]))
            both = rpc.call("storage:diff", {"hash": identity, "from": "2", "to": "1"})
            self.assertEqual(both["changes"], [{"path": "name", "before": "One", "after": "Two"}])
            named = rpc.call("storage:diff", {"hash": identity, "from": first["hash"][:12], "to": listed()[0]["node"]})
            self.assertEqual(named["changes"], [{"path": "name", "before": "One"}])

            restored = rpc.call("storage:restore", {"hash": identity, "version": "2"})
            self.assertEqual(restored["hash"], first["hash"])
            self.assertEqual([x["hash"] for x in listed()], [first["hash"], third["newHash"], second["newHash"], first["hash"]])
            self.assertEqual((listed()[0]["node"], listed()[0]["kind"]), (restored["node"], "change"))
            for params, code in (({"hash": identity, "version": "0"}, -32004), ({"hash": identity, "version": "9"}, -32003), ({"hash": "0" * 64, "version": "1"}, -32003)):
                with self.assertRaises(RpcError) as refused:
                    rpc.call("storage:restore", params)
                self.assertEqual(refused.exception.code, code, params)
            self.assertIn("One", anna.cli("diff", identity, "1", "0").stdout)

    def id_of(self, anna, email):
        text = f'<div data-id-object="true" itemscope itemtype="//refin.io/Person"><span itemprop="email">{email}</span></div>'
        return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    unittest.main()
