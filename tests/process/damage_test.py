"""Damage on the disk of a whole node, and how it heals."""

import json
import re
import unittest

from tests.process.data_test import Scratch, all_messages, download, import_chat
from tests.process.node import Home, until


# The test damages a block that holds nothing else: a device that lost what it is known by, or what lets it in, finds its archive no more (docs/store.md).
OF_MESSAGES = {b"ChatMessage", b"LamaImportedMessage", b"CreationTime", b"LinkedListEntry", b"BlobDescriptor"}
MESSAGES = 120
BLOCK = 5000  # what stands before a value in its block is less: a block ends once it has 4 KiB


def damage(folder, contents):
    """Flips a bit of the first of `contents` that shares its block of a table below the folder with messages alone; which it was."""
    for file in sorted(folder.rglob("*.ldb")):
        data = bytearray(file.read_bytes())
        for i, content in enumerate(contents):
            # Random bytes are not compressed, nor is the block around them, so it stands in the table as it is.
            at = data.find(content[20_000:20_100])
            if at < 0 or set(re.findall(rb"refin\.io/(\w+)", data[max(0, at - 20_000 - BLOCK) : at - 20_000])) - OF_MESSAGES:
                continue
            data[at] ^= 1
            file.write_bytes(data)
            return i
    return None


class Damage(Scratch):
    """What is damaged on one side comes back from the other."""

    def test_what_repair_put_into_quarantine_comes_back_from_the_archive(self):
        with Home("anna") as anna:
            anna.register()
            chat = import_chat(anna, MESSAGES, self.folder / "chat", attachment=60_000)  # so much that it is in tables once the node has stopped
            until(lambda: len(anna.conversations()) == 1 and len(all_messages(anna.rpc, chat)) == MESSAGES, "the conversation on the device")
            # Not the first of all names: it shares its block with notes, and what a lost note held (a key) nobody else has.
            blobs = sorted(x["attachments"][0]["blob"] for x in all_messages(anna.rpc, chat))[1:]
            contents = [until(lambda: download(anna, x), "the file on the device") for x in blobs]
            anna.processes[0].stop()
            chosen = damage(anna.data_dir / "sparse" / "anna", contents)
            self.assertIsNotNone(chosen, "no file stands beside messages alone")
            blob, content = blobs[chosen], contents[chosen]
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
            self.assertEqual(lines, [f"line {k}" for k in range(MESSAGES)])


if __name__ == "__main__":
    unittest.main()
