"""A user's first hour, against real processes."""

import json
import pathlib
import unittest

from tests.process.node import Home, PASSWORD, RpcError, pair, until


class Journey(unittest.TestCase):
    def chat(self, processes):
        with Home("anna", processes) as anna, Home("bert") as bert:
            anna.register()
            bert.register()
            conversation = pair(anna, bert)
            anna.send(conversation, "hello bert")
            bert.send(conversation, "hello anna")
            expected = {"hello bert", "hello anna"}
            for rpc, home in ((anna.rpc, anna), (anna.archive_rpc, anna), (bert.rpc, bert), (bert.archive_rpc, bert)):
                until(lambda: {x["text"] for x in home.messages(conversation, rpc)} == expected, "both messages everywhere")
                self.assertEqual(len(home.messages(conversation, rpc)), 2)

    def test_two_users_chat_with_one_process_each(self):
        self.chat(("run",))

    def test_two_users_chat_when_one_has_archive_and_sparse_side_in_processes_of_their_own(self):
        self.chat(("archive", "sparse"))

    def test_what_was_written_while_the_other_side_was_away_arrives(self):
        with Home("anna", ("archive", "sparse")) as anna, Home("bert") as bert:
            anna.register()
            bert.register()
            conversation = pair(anna, bert)
            anna.process("archive").stop()
            anna.send(conversation, "written while the archive was away")
            self.assertEqual([x["state"] for x in anna.messages(conversation)], ["on-this-device"])
            bert.send(conversation, "written while anna's archive was away")
            anna.process("archive").start()
            for home in (anna, bert):
                until(lambda: len([x for x in home.messages(conversation) if x["state"] != "on-this-device"]) == 2, f"both at {home.user}")

    def test_messages_are_changed_deleted_read_and_found(self):
        with Home("anna") as anna, Home("bert") as bert:
            anna.register()
            bert.register()
            conversation = pair(anna, bert)
            for text in ("Straße nach Köln", "to be taken back"):
                anna.send(conversation, text)
            listed = lambda home: home.rpc.call("query:getConversation", {"conversationId": conversation})["conversation"]
            shown = lambda home: [x.get("deleted") and "deleted" or x["text"] for x in home.messages(conversation)]
            until(lambda: len(shown(bert)) == 2 and listed(anna)["takesChanges"] and listed(bert)["takesChanges"], "two messages, and nodes that know each other")
            until(lambda: [x["state"] for x in anna.messages(conversation)] == ["delivered"] * 2, "anna knows that bert has them")
            until(lambda: listed(bert)["unread"] == 2, "bert has two to read")
            bert.cli("read", conversation)
            self.assertEqual(listed(bert)["unread"], 0)
            until(lambda: bert.archive_rpc.call("query:getConversation", {"conversationId": conversation})["conversation"]["unread"] == 0, "the archive knows it too")
            anna.cli("delete", conversation, "last")
            first = anna.messages(conversation)[0]["messageHash"]
            anna.cli("edit", conversation, first[:12], "Straße nach Berlin")
            for home in (anna, bert):
                until(lambda: shown(home) == ["Straße nach Berlin", "deleted"], f"what anna changed, at {home.user}")
                until(lambda: listed(home).get("lastDeleted"), "the list says so")
            self.assertIn("edited", bert.messages(conversation)[0])
            self.assertIn("deleted this message", bert.cli("messages", conversation).stdout)
            with self.assertRaises(RpcError) as refused:
                bert.rpc.call("action:deleteMessage", {"conversationId": conversation, "messageHash": first})
            self.assertEqual(refused.exception.code, -32002)
            found = lambda home, words: [x["messageHash"] for x in json.loads(home.cli("search", *words, "--json").stdout)["messages"]]
            self.assertEqual(found(bert, ["STRASSE", "berlin"]), [first])
            self.assertEqual(found(bert, ["Köln"]), [])
            self.assertEqual(found(anna, ["taken", "back"]), [])
            exported = bert.folder / "out"
            bert.cli("export", str(exported), "--conversation", conversation)
            lines = [json.loads(line) for file in exported.glob("*.jsonl") for line in file.read_text().splitlines()]
            self.assertEqual([x["text"] for x in lines], ["Straße nach Berlin"])

    def test_every_command_does_its_work(self):
        with Home("anna") as anna:
            anna.cli("register", "anna")
            self.assertEqual(anna.cli("login", "anna").returncode, 0)
            status = json.loads(anna.cli("status", "--json").stdout)
            self.assertTrue(status)
            note = anna.folder / "note.json"
            note.write_text(json.dumps({"$type$": "PersonName", "name": "Anna"}))
            stored = json.loads(anna.cli("put", "--type", "PersonName", str(note), "--json").stdout)
            fetched = json.loads(anna.cli("get", stored["hash"], "--json").stdout)
            self.assertIn("Anna", json.dumps(fetched))
            self.assertIn(stored["hash"], anna.cli("query", "PersonName", "--json").stdout)
            self.assertIn("token", anna.cli("invite", "--json").stdout)
            verified = anna.cli("verify", "--json")
            self.assertEqual(verified.returncode, 0, verified.stdout)

    def test_import_is_resumable_and_reports_bad_lines(self):
        with Home("anna") as anna:
            anna.register()
            file = anna.folder / "chat.jsonl"
            lines = [json.dumps({"time": f"2024-05-01T12:{i // 60:02}:{i % 60:02}Z", "author": "Bert", "text": f"line {i}"}) for i in range(600)]
            lines[17] = "{not json"
            file.write_text("\n".join(lines) + "\n")
            me = anna.archive_rpc.call("one-core:getInstance")["ownerId"]
            first = anna.cli("import", str(file), "--map", f"Bert={me}", "--json", check=False)
            self.assertIn("18", first.stdout + first.stderr)
            self.assertIn("599", first.stdout)
            again = anna.cli("import", str(file), "--json", check=False)
            conversation = until(lambda: [x for x in anna.rpc.call("query:getConversations")["conversations"]], "the imported conversation")[0]["conversationId"]
            messages = anna.messages(conversation, anna.archive_rpc)
            self.assertEqual(len(messages), 599, again.stdout)
            self.assertEqual({x["sender"] for x in messages}, {me})
            self.assertEqual([x["text"] for x in messages[:3]], ["line 0", "line 1", "line 2"])


class WrongUse(unittest.TestCase):
    def test_each_error_says_what_to_do(self):
        with Home("anna") as anna:
            anna.register()
            wrong = anna.cli("login", "anna", check=False, env={"LAMA_PASSWORD": "not it"})
            self.assertEqual(wrong.returncode, 1)
            self.assertIn("password", (wrong.stdout + wrong.stderr).lower())
            usage = anna.cli("no-such-command", check=False)
            self.assertEqual(usage.returncode, 2)
            unknown = anna.cli("send", "no-such-conversation", "hello", check=False)
            self.assertEqual(unknown.returncode, 1)
            with self.assertRaises(RpcError):
                anna.rpc.call("no:such:channel")
        offline = anna.cli("status", check=False)
        self.assertEqual(offline.returncode, 1)
        self.assertIn("lama run", offline.stdout + offline.stderr)

    def test_a_second_node_on_the_same_data_dir_is_refused(self):
        with Home("anna") as anna:
            second = anna.cli("run", "--ui-port", "0", "--bridge-port", "0", "--archive-ipc-port", "0", check=False)
            self.assertEqual(second.returncode, 1)

    def test_files_with_secrets_are_for_their_owner_alone(self):
        with Home("anna") as anna:
            anna.register()
            for name in ("bridge.json", "ipc.json", "archive-ipc.json", "archive/node.key", "sparse/node.key"):
                path = pathlib.Path(anna.data_dir) / name
                self.assertEqual(path.stat().st_mode & 0o777, 0o600, name)
            for path in anna.data_dir.rglob("*"):
                if path.is_file():
                    self.assertNotIn(PASSWORD.encode(), path.read_bytes(), path)


if __name__ == "__main__":
    unittest.main()
