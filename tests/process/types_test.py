"""Types that a user registers: stored, synced and known again after a restart, on whole nodes."""

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
            self.put(anna, "Recipe", NOTE)  # on the device; the archive registers it, and the device learns it
            first = self.put(anna, "Note", {"title": "milk", "text": "two litres"})
            self.on_both_sides(anna, first, "two litres")
            second = self.put(anna, "Note", {"title": "milk", "text": "three litres"})
            self.assertNotEqual(first, second)
            self.on_both_sides(anna, second, "three litres")
            self.assertEqual(len(anna.rpc.call("one-core:storage:query", {"type": "Note"})["objects"]), 1, "two versions of one note")

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
            anna.log_in()
            for rpc in (anna.rpc, anna.archive_rpc):
                self.assertEqual(rpc.call("one-core:getObject", {"hash": second})["object"]["text"], "three litres")
            third = self.put(anna, "Note", {"title": "eggs", "text": "six"})
            self.on_both_sides(anna, third, "six")
            for rpc in (anna.rpc, anna.archive_rpc):
                report = rpc.call("app:verify", timeout=120)
                self.assertEqual(report["problemCount"], 0, report["problems"])

    def on_both_sides(self, anna, name, text):
        for rpc in (anna.archive_rpc, anna.rpc):
            found = until(lambda: rpc.call("one-core:getObject", {"hash": name}), "the object on both sides")
            self.assertEqual(found["object"]["text"], text)


if __name__ == "__main__":
    unittest.main()
