import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';

/** SHA-256 of files of any size, bit by bit, away from the page's thread. The browser's own digest would need all of it in memory. */

const piece = 4 << 20;

self.onmessage = async ({ data }: MessageEvent<{ id: string; file: Blob }>) => {
  const { id, file } = data;
  try {
    const hash = sha256.create();
    for (let at = 0; at < file.size; at += piece) {
      hash.update(new Uint8Array(await file.slice(at, at + piece).arrayBuffer()));
      self.postMessage({ id, progress: Math.min(1, (at + piece) / file.size) });
    }
    self.postMessage({ id, hash: bytesToHex(hash.digest()) });
  } catch (problem) {
    self.postMessage({ id, failed: String(problem) });
  }
};
