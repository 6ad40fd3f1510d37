import { File as FileIcon, Paperclip, Pencil, RotateCcw, SendHorizontal, X } from '../components/icons.ts';
import { type ClipboardEvent, type KeyboardEvent, useEffect, useRef } from 'react';
import { Button, IconButton } from '../components/parts.tsx';
import { bytes } from '../lib/format.ts';
import { use_store } from '../lib/store.ts';
import { type DraftFile, attach, begin_edit, draft_of, drafts, end_edit, preview_of, remove_file, retry_file, stop_sending, submit, write } from '../state/drafts.ts';
import { preferences } from '../state/preferences.ts';
import { thread_of } from '../state/user.ts';
import { t } from '../strings.ts';

const highest = 220;

/** Where a message is written. What stands here is kept by the browser until it is sent. */
export function Composer({ conversationId: id, title, takesChanges }: { conversationId: string; title: string; takesChanges: boolean }) {
  const draft = use_store(drafts, (x) => draft_of(x, id));
  const enter_sends = use_store(preferences, (x) => x.enterSends);
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const { editing } = draft;
  const text = editing ? editing.text : draft.text;

  useEffect(() => {
    if (window.matchMedia('(hover: hover)').matches) field.current?.focus();
  }, [id]);
  useEffect(() => {
    if (editing) field.current?.focus();
  }, [editing?.messageHash]);
  useEffect(() => {
    const x = field.current;
    if (!x) return;
    x.style.height = 'auto';
    x.style.height = `${Math.min(highest, x.scrollHeight)}px`;
  }, [text]);

  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && editing) {
      event.stopPropagation();
      return end_edit(id);
    }
    if (event.key === 'ArrowUp' && !editing && takesChanges && draft.text === '' && draft.files.length === 0) {
      const last = thread_of(id).messages.findLast((x) => x.me && x.text && !x.deleted);
      if (!last) return;
      event.preventDefault();
      return begin_edit(id, last.messageHash, last.text);
    }
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
    const sends = enter_sends ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (!sends) return;
    event.preventDefault();
    submit(id);
  };
  const paste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0 || editing) return;
    event.preventDefault();
    attach(id, files);
  };
  const something = text.trim() !== '' || (!editing && draft.files.length > 0);
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit(id);
        field.current?.focus();
      }}
    >
      {editing ? (
        <p className="composer-told" role="status">
          <Pencil size={15} aria-hidden="true" /> {t.composer.editing}{' '}
          <Button look="quiet" onClick={() => end_edit(id)}>
            {t.cancel}
          </Button>
        </p>
      ) : null}
      {draft.files.length > 0 && !editing ? (
        <ul className="uploads" aria-label={t.composer.attachments}>
          {draft.files.map((x) => (
            <Upload key={x.id} file={x} conversation={id} />
          ))}
        </ul>
      ) : null}
      {draft.sending ? (
        <p className="composer-told" role="status">
          {t.composer.waitUploads}{' '}
          <Button look="quiet" onClick={() => stop_sending(id)}>
            {t.cancel}
          </Button>
        </p>
      ) : null}
      <div className="composer-line">
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            attach(id, [...(event.target.files ?? [])]);
            event.target.value = '';
            field.current?.focus();
          }}
        />
        <IconButton icon={Paperclip} label={t.composer.attach} disabled={editing !== null} onClick={() => picker.current?.click()} />
        <textarea
          ref={field}
          className="composer-text"
          rows={1}
          aria-label={t.composer.label(title)}
          placeholder={t.composer.placeholder}
          value={text}
          onChange={(event) => write(id, event.target.value)}
          onKeyDown={keys}
          onPaste={paste}
        />
        <IconButton icon={SendHorizontal} label={editing ? t.composer.save : t.composer.send} type="submit" className="send" disabled={!something || (draft.sending && !editing)} />
      </div>
    </form>
  );
}

function Upload({ file, conversation }: { file: DraftFile; conversation: string }) {
  const percent = Math.floor(file.progress * 100);
  const told = {
    hashing: t.composer.hashing,
    uploading: t.composer.uploading(percent),
    paused: t.composer.paused,
    ready: t.composer.uploaded,
    failed: file.error ?? t.composer.failed,
  }[file.state];
  const preview = preview_of(file.id);
  const under_way = file.state === 'hashing' || file.state === 'uploading';
  return (
    <li className={`upload ${file.state}`}>
      {preview ? <img className="upload-preview" src={preview} alt="" /> : <FileIcon size={18} aria-hidden="true" />}
      <span className="upload-names">
        <span className="upload-name">{file.name}</span>
        <span className="upload-told">
          {bytes(file.size)} · {told}
        </span>
      </span>
      {under_way ? <progress value={percent} max={100} aria-label={file.name} /> : null}
      {file.state === 'failed' ? <IconButton icon={RotateCcw} label={t.composer.retry(file.name)} onClick={() => retry_file(conversation, file.id)} /> : null}
      <IconButton icon={X} label={t.composer.remove(file.name)} onClick={() => remove_file(conversation, file.id)} />
    </li>
  );
}
