"""Types that a user registers: stored, synced and known again after a restart, on whole nodes."""

import hashlib
import json
import unittest

from tests.process.data_test import Scratch
from tests.process.node import Home, RpcError, until

NOTE = {
    "name": "Note",
    "rule": [
        {"itemprop": "title", "isId": True, "itemtype": {"type": "string"}},
        {"itemprop": "text", "itemtype": {"type": "string"}},
        {"itemprop": "by", "optional": True, "itemtype": {"type": "referenceToId", "allowedTypes": ["Person"]}},
    ],
}


class RegisteredTypes(Scratch):
    def put(self, home, kind, data, check=True):
        file = self.folder / "object.json"
        file.write_text(json.dumps(data))
        done = home.cli("put", "--type", kind, str(file), check=check)
        return done.stdout.strip() if check else done

    def test_a_type_is_registered_once_and_lasts(self):
        with Home("anna") as anna:
            anna.register()
            unknown = self.put(anna, "Note", {"title": "a", "text": "b"}, check=False)
            self.assertEqual(unknown.returncode, 1)
            self.assertIn("lama put --unknown", unknown.stderr)
            self.put(anna, "Recipe", NOTE)  # on the device; the archive registers it, and the device learns it
            first = self.put(anna, "Note", {"title": "milk", "text": "two litres"})
            self.on_both_sides(anna, first, "two litres")
            second = self.put(anna, "Note", {"title": "milk", "text": "three litres"})
            self.assertNotEqual(first, second)
            self.on_both_sides(anna, second, "three litres")
            found = anna.rpc.call("one-core:storage:query", {"type": "Note"})["objects"]
            self.assertEqual(len(found), 1, "two versions of one note")
            for known in (first, second, found[0]["idHash"]):  # by its id, or by any version of it
                log = json.loads(anna.cli("log", known, "--json").stdout)
                self.assertEqual([x["hash"] for x in log["versions"]], [second, first])
                self.assertIn("three litres", anna.cli("diff", known).stdout)
            restored = json.loads(anna.cli("restore-version", second, "1", "--json").stdout)
            self.assertEqual(restored["hash"], first)
            until(lambda: anna.rpc.call("one-core:getObject", {"hash": found[0]["idHash"]})["object"]["text"] == "two litres", "the old version on the device")
            self.assertEqual(json.loads(anna.cli("restore-version", first, "1", "--json").stdout)["hash"], second)
            self.on_both_sides(anna, found[0]["idHash"], "three litres")
            self.assertIn("Note is last-write", anna.cli("policy", "explain", "Note").stdout)
            self.assertIn("There is no type Nope", anna.cli("policy", "explain", "Nope", check=False).stderr)

            # The same once more is nothing new; other rules, a name that we ship, and what is no recipe are refused.
            self.put(anna, "Recipe", NOTE)
            for other in ({**NOTE, "rule": NOTE["rule"][:1]}, {**NOTE, "name": "Person"}, {"name": "Broken", "rule": [{"itemprop": "x", "inheritFrom": "Nobody.y"}]}):
                refused = self.put(anna, "Recipe", other, check=False)
                self.assertEqual(refused.returncode, 1, refused)
            with self.assertRaises(RpcError):
                anna.rpc.call("one-core:createObject", {"type": "Note", "data": {"title": "no text"}})

            anna.processes[0].stop()
            for _ in range(2):  # a repair knows the types as well, and leaves nothing to repair
                self.assertEqual(json.loads(anna.cli("verify", "--repair", "--json").stdout)["stores"][0]["problemCount"], 0)
            anna.processes[0].start()
            anna.log_in(wait=False)
            # The archive is asked at once, while it still unlocks its half of the user.
            self.assertEqual([x["hash"] for x in anna.rpc.call("storage:log", {"hash": second})["versions"]], [second, first, second, first])
            for rpc in (anna.rpc, anna.archive_rpc):
                self.assertEqual(rpc.call("one-core:getObject", {"hash": second})["object"]["text"], "three litres")
            third = self.put(anna, "Note", {"title": "eggs", "text": "six"})
            self.on_both_sides(anna, third, "six")
            for rpc in (anna.rpc, anna.archive_rpc):
                report = rpc.call("app:verify", timeout=120)
                self.assertEqual(report["problemCount"], 0, report["problems"])

    def test_an_object_of_a_type_of_others_is_kept_when_that_is_said(self):
        text = '<div itemscope itemtype="//refin.io/Note"><span itemprop="title">milk</span><span itemprop="text">two litres</span></div>'
        file = self.folder / "note.txt"
        file.write_text(text + "\n")
        with Home("anna") as anna:
            anna.register()
            name = anna.cli("put", "--unknown", str(file)).stdout.strip()
            self.assertEqual(name, hashlib.sha256(text.encode()).hexdigest())
            for rpc in (anna.rpc, anna.archive_rpc):
                until(lambda: rpc.call("app:verify", timeout=120)["keptTexts"] == 1, "the text on both sides")
            out = self.folder / "out.txt"
            anna.cli("get", name, "--out", str(out))
            self.assertEqual(out.read_text(), text)
            with self.assertRaises(RpcError) as refused:
                anna.rpc.call("one-core:getObject", {"hash": name})
            self.assertIn("Note", str(refused.exception))

            file.write_text("no object")
            self.assertEqual(anna.cli("put", "--unknown", str(file), check=False).returncode, 1)
            file.write_text(text.replace("<span itemprop=\"title\">milk</span>", f'<a itemprop="about" data-type="obj">{"ab" * 32}</a>'))
            dangling = anna.cli("put", "--unknown", str(file), check=False)
            self.assertEqual(dangling.returncode, 1)
            self.assertIn("is not here", dangling.stderr)
            file.write_text('<div itemscope itemtype="//refin.io/PersonName"><span itemprop="name">x</span></div>')
            known = anna.cli("put", "--unknown", str(file), check=False)
            self.assertEqual(known.returncode, 1)
            self.assertIn("--type PersonName", known.stderr)

            recipe = {**NOTE, "rule": [{k: v for k, v in rule.items() if k != "isId"} for rule in NOTE["rule"]]}
            self.put(anna, "Recipe", recipe)
            self.on_both_sides(anna, name, "two litres")
            for rpc in (anna.rpc, anna.archive_rpc):
                self.assertEqual([x["hash"] for x in rpc.call("one-core:storage:query", {"type": "Note"})["objects"]], [name])
                report = rpc.call("app:verify", timeout=120)
                self.assertEqual((report["keptTexts"], report["problemCount"]), (0, 0), report["problems"])

    def on_both_sides(self, anna, name, text):
        for rpc in (anna.archive_rpc, anna.rpc):
            found = until(lambda: self.object_or_none(rpc, name), "the object on both sides")
            self.assertEqual(found["object"]["text"], text)

    def object_or_none(self, rpc, name):
        try:
            return rpc.call("one-core:getObject", {"hash": name})
        except RpcError:
            return None  # of a type that has no recipe there yet


if __name__ == "__main__":
    unittest.main()
