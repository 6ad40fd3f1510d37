import { Store } from '../lib/store.ts';
import { keep, kept, kept_keys, on_kept } from '../lib/kept.ts';
import { UploadError, hash_of, put_blob } from '../lib/upload.ts';
import { bytes } from '../lib/format.ts';
import { is_picture } from '../lib/pictures.ts';
import { t } from '../strings.ts';
import { app, client, notify } from './app.ts';
import { edit, send } from './user.ts';

/** What is being written, by conversation: kept by the browser until it is sent, files as soon as the node has them. */

export interface DraftFile {
  id: string;
  name: string;
  type: string;
  size: number;
  state: 'hashing' | 'uploading' | 'paused' | 'ready' | 'failed';
  /** 0 to 1 */
  progress: number;
  blob?: string;
  error?: string;
}

export interface Draft {
  text: string;
  files: DraftFile[];
  /** Send was pressed; it goes when the files are there. */
  sending: boolean;
  /** A message that was sent is being changed; what was being written stays meanwhile. */
  editing: { messageHash: string; text: string } | null;
}

const empty: Draft = { text: '', files: [], sending: false, editing: null };
export const drafts = new Store<Record<string, Draft>>({});

const most_bytes = 4 * 2 ** 30; // limits::blob_bytes
const most_files = 256; // limits::chat_attachments
const most_text = 2 ** 20; // limits::chat_text_bytes

const handles = new Map<string, { file: File; controller: AbortController }>();
/** Of pictures that this page has read itself. */
const previews = new Map<string, string>();
export const preview_of = (file: string) => previews.get(file);

function forget_preview(file: string): void {
  const url = previews.get(file);
  if (url) URL.revokeObjectURL(url);
  previews.delete(file);
}

let last_id = 0;

const key_of = (id: string) => `draft.${app.get().me?.username ?? ''}.${id}`;

export function draft_of(all: Record<string, Draft>, id: string): Draft {
  return all[id] ?? empty;
}

/** Reads what an earlier page kept; at login, and when another tab wrote. */
export function load_drafts(): void {
  const start = `draft.${app.get().me?.username ?? ''}.`;
  const all: Record<string, Draft> = {};
  for (const key of kept_keys(start)) {
    const x = kept<Partial<Draft>>(key, {});
    all[key.slice(start.length)] = { text: x.text ?? '', files: (x.files ?? []).filter((f) => f.state === 'ready'), sending: false, editing: x.editing ?? null };
  }
  for (const [id, draft] of Object.entries(drafts.get())) {
    const uploading = draft.files.filter((x) => x.state !== 'ready' && handles.has(x.id));
    if (uploading.length) all[id] = { text: draft.text, files: [...(all[id]?.files ?? []), ...uploading], sending: draft.sending, editing: draft.editing };
  }
  for (const id of Object.keys(drafts.get())) all[id] ??= empty;
  drafts.set(all);
}

on_kept('draft.', load_drafts);
app.watch(
  ((last: string | undefined) => () => {
    const now = app.get().me?.username;
    if (now === last) return;
    last = now;
    for (const { controller } of handles.values()) controller.abort();
    handles.clear();
    for (const file of [...previews.keys()]) forget_preview(file);
    drafts.set(Object.fromEntries(Object.keys(drafts.get()).map((id) => [id, empty])));
    if (now) load_drafts();
  })(undefined),
);

function change(id: string, part: Partial<Draft>): void {
  const next = { ...draft_of(drafts.get(), id), ...part };
  drafts.set({ [id]: next });
  if (part.text === undefined && part.editing === undefined && !part.files?.every((x) => x.state === 'ready')) return; // how far an upload is, is not kept
  const files = next.files.filter((x) => x.state === 'ready');
  keep(key_of(id), next.text || files.length || next.editing ? { text: next.text, files, editing: next.editing } : undefined);
}

function change_file(id: string, file: string, part: Partial<DraftFile>): void {
  const draft = draft_of(drafts.get(), id);
  change(id, { files: draft.files.map((x) => (x.id === file ? { ...x, ...part } : x)) });
}

export function write(id: string, text: string): void {
  const { editing } = draft_of(drafts.get(), id);
  change(id, editing ? { editing: { ...editing, text } } : { text });
}

export const begin_edit = (id: string, messageHash: string, text: string) => change(id, { editing: { messageHash, text } });
export const end_edit = (id: string) => change(id, { editing: null });

function submit_edit(id: string, { messageHash, text }: { messageHash: string; text: string }): void {
  if (!text.trim()) return;
  if (new TextEncoder().encode(text).length > most_text) return notify(t.composer.tooLong);
  try {
    edit(id, messageHash, text.trim());
  } catch {
    return notify(t.composer.full);
  }
  end_edit(id);
}

export function attach(id: string, files: File[]): void {
  const draft = draft_of(drafts.get(), id);
  const room = most_files - draft.files.length;
  if (files.length > room) notify(t.composer.tooMany(most_files));
  const taken: DraftFile[] = [];
  for (const file of files.slice(0, Math.max(0, room))) {
    if (file.size > most_bytes) {
      notify(t.composer.tooBig(file.name, bytes(most_bytes)));
      continue;
    }
    const name = `${Date.now()}.${++last_id}`;
    handles.set(name, { file, controller: new AbortController() });
    if (is_picture(file)) previews.set(name, URL.createObjectURL(file));
    taken.push({ id: name, name: file.name || 'file', type: file.type, size: file.size, state: 'hashing', progress: 0 });
  }
  change(id, { files: [...draft.files, ...taken] });
  for (const x of taken) void upload(id, x.id);
}

async function upload(id: string, name: string): Promise<void> {
  const handle = handles.get(name);
  if (!handle) return;
  const { file, controller } = handle;
  try {
    let blob = draft_of(drafts.get(), id).files.find((x) => x.id === name)?.blob;
    if (!blob) {
      change_file(id, name, { state: 'hashing', progress: 0 });
      blob = await hash_of(name, file, (progress) => change_file(id, name, { progress }));
    }
    if (controller.signal.aborted) return;
    change_file(id, name, { blob, state: 'uploading', progress: 0 });
    await put_blob(blob, file, (progress) => change_file(id, name, { progress }), controller.signal);
    handles.delete(name);
    change_file(id, name, { state: 'ready', progress: 1 });
    if (draft_of(drafts.get(), id).sending) submit(id);
  } catch (problem) {
    if (controller.signal.aborted) return;
    if (problem instanceof UploadError && problem.passing) change_file(id, name, { state: 'paused', error: problem.message });
    else if (problem instanceof UploadError) change_file(id, name, { state: 'failed', error: problem.message });
    else {
      remove_file(id, name);
      notify(t.composer.noFolder(file.name));
    }
  }
}

export const retry_file = (id: string, name: string) => void upload(id, name);

/** Uploads that a loss of the node broke off go on when it is back and unlocked. */
function continue_uploads(): void {
  const { phase, locked, link } = app.get();
  if (phase !== 'ready' || locked || link.name !== 'open') return;
  for (const [id, draft] of Object.entries(drafts.get())) {
    for (const file of draft.files) if (file.state === 'paused') void upload(id, file.id);
  }
}
let could = false;
app.watch(() => {
  const { phase, locked, link } = app.get();
  const can = phase === 'ready' && !locked && link.name === 'open';
  if (can && !could) setTimeout(continue_uploads, 200);
  could = can;
});
client.on('ready', () => setTimeout(continue_uploads, 200));
// A busy node (503) while connected.
setInterval(continue_uploads, 5_000);

export function remove_file(id: string, name: string): void {
  handles.get(name)?.controller.abort();
  handles.delete(name);
  forget_preview(name);
  change(id, { files: draft_of(drafts.get(), id).files.filter((x) => x.id !== name) });
}

/** Sends what is written, now or when its files are there. */
export function submit(id: string): void {
  const draft = draft_of(drafts.get(), id);
  if (draft.editing) return submit_edit(id, draft.editing);
  const text = draft.text.trim();
  if (!text && draft.files.length === 0) return;
  if (new TextEncoder().encode(text).length > most_text) return notify(t.composer.tooLong);
  if (draft.files.some((x) => x.state === 'failed')) return;
  if (draft.files.some((x) => x.state !== 'ready')) return change(id, { sending: true });
  try {
    send(
      id,
      text,
      draft.files.flatMap((x) => (x.blob ? [{ blob: x.blob, name: x.name, type: x.type || 'application/octet-stream' }] : [])),
    );
  } catch {
    return notify(t.composer.full); // the outbox or its storage
  }
  for (const file of draft.files) forget_preview(file.id);
  change(id, empty);
}

export const stop_sending = (id: string) => change(id, { sending: false });
