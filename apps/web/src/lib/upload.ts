import { t } from '../strings.ts';

/** Files to the node: hash first (the node names a blob by it), then PUT /blob/<hash>, streamed by the browser. */

let worker: Worker | null = null;
const hashing = new Map<string, { progress: (x: number) => void; resolve: (hash: string) => void; reject: (x: Error) => void }>();

interface HashAnswer {
  id: string;
  progress?: number;
  hash?: string;
  failed?: string;
}

function hasher(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL('../workers/hash.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
    const asked = hashing.get(data.id);
    if (!asked) return;
    if (data.progress !== undefined) asked.progress(data.progress);
    if (data.hash === undefined && data.failed === undefined) return;
    hashing.delete(data.id);
    if (data.hash !== undefined) asked.resolve(data.hash);
    else asked.reject(new Error(data.failed));
  };
  return worker;
}

export function hash_of(id: string, file: Blob, progress: (x: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    hashing.set(id, { progress, resolve, reject });
    hasher().postMessage({ id, file });
  });
}

export class UploadError extends Error {
  constructor(
    message: string,
    /** The node was away or busy; the same upload may work later. */
    readonly passing: boolean,
  ) {
    super(message);
  }
}

/** fetch() tells no progress of what it sends; XMLHttpRequest does. */
export function put_blob(hash: string, file: Blob, progress: (x: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener('abort', abort);
    const end = (failure?: UploadError) => {
      signal.removeEventListener('abort', abort);
      if (failure) reject(failure);
      else resolve();
    };
    request.open('PUT', `/blob/${hash}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = (event) => progress(event.total > 0 ? event.loaded / event.total : 0);
    request.onerror = () => end(new UploadError(t.composer.lost, true));
    request.onabort = () => end(new UploadError('cancelled', false));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return end();
      let why = t.composer.answered(request.status);
      try {
        why = (JSON.parse(request.responseText) as { error?: string }).error ?? why;
      } catch {
        // not JSON: the number has to do
      }
      // Locked and unknown sessions pass too: after a login it goes on.
      end(new UploadError(why, [401, 403, 409, 429, 503, 504].includes(request.status)));
    };
    request.send(file);
  });
}
