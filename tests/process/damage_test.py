"""Damage on the disk of a whole node, and how it heals."""

import json
import unittest

from tests.process.data_test import Scratch, all_messages, download, import_chat
from tests.process.node import Home, until


def damage(folder, content):
    """Flips a bit of `content` in whatever table below the folder has it; how many places there were."""
    places = 0
    for file in folder.rglob("*.ldb"):
        data = bytearray(file.read_bytes())
        at = data.find(content)
        if at >= 0:
            data[at + len(content) // 2] ^= 1
            file.write_bytes(data)
            places += 1
    return places


class Damage(Scratch):
    """What is damaged on one side comes back from the other."""

    def test_what_repair_put_into_quarantine_comes_back_from_the_archive(self):
        with Home("anna") as anna:
            anna.register()
            chat = import_chat(anna, 40, self.folder / "chat", attachment=60_000)  # so much that it is in tables once the node has stopped
            until(lambda: len(anna.conversations()) == 1 and len(all_messages(anna.rpc, chat)) == 40, "the conversation on the device")
            blob = all_messages(anna.rpc, chat)[3]["attachments"][0]["blob"]
            content = until(lambda: download(anna, blob), "the file on the device")
            anna.processes[0].stop()
            store = anna.data_dir / "sparse" / "anna"
            # Random bytes are not compressed, so they stand in the tables as they are; a part of 4 KiB is in one block of one.
            self.assertGreater(damage(store, content[20_000:20_100]), 0)
            found = anna.cli("verify", "--json", check=False)
            self.assertEqual(found.returncode, 1, found.stdout)
            self.assertIn(blob[:8], found.stdout)
            repaired = json.loads(anna.cli("verify", "--repair", "--json", check=False).stdout)
            self.assertIn(blob[:8], json.dumps(repaired))
            anna.processes[0].start()
            anna.log_in()
            # The damaged block held more than the file; what only the device had of it is nowhere to be had.
            def healed():
                report = anna.rpc.call("app:verify", timeout=120)
                self.assertTrue(all(" is lost: " in x for x in report["problems"]), report)
                lost = {x.split()[1] for x in report["problems"]}
                return not [x for x in lost if anna.archive_rpc.call("one-core:getObject", {"hash": x})]
            until(healed, "the return of what the archive has")
            self.assertEqual(download(anna, blob), content)
            lines = [x["text"] for x in all_messages(anna.rpc, chat)]
            self.assertEqual(lines, [f"line {k}" for k in range(40)])


if __name__ == "__main__":
    unittest.main()
