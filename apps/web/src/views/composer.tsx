import { File as FileIcon, Paperclip, RotateCcw, SendHorizontal, X } from '../components/icons.ts';
import { type ClipboardEvent, type KeyboardEvent, useEffect, useRef } from 'react';
import { Button, IconButton } from '../components/parts.tsx';
import { bytes } from '../lib/format.ts';
import { use_store } from '../lib/store.ts';
import { type DraftFile, attach, draft_of, drafts, preview_of, remove_file, retry_file, stop_sending, submit, write } from '../state/drafts.ts';
import { preferences } from '../state/preferences.ts';
import { t } from '../strings.ts';

const highest = 220;

/** Where a message is written. What stands here is kept by the browser until it is sent. */
export function Composer({ conversationId: id, title }: { conversationId: string; title: string }) {
  const draft = use_store(drafts, (x) => draft_of(x, id));
  const enter_sends = use_store(preferences, (x) => x.enterSends);
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (window.matchMedia('(hover: hover)').matches) field.current?.focus();
  }, [id]);
  useEffect(() => {
    const x = field.current;
    if (!x) return;
    x.style.height = 'auto';
    x.style.height = `${Math.min(highest, x.scrollHeight)}px`;
  }, [draft.text]);

  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
    const sends = enter_sends ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (!sends) return;
    event.preventDefault();
    submit(id);
  };
  const paste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    attach(id, files);
  };
  const something = draft.text.trim() !== '' || draft.files.length > 0;
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit(id);
        field.current?.focus();
      }}
    >
      {draft.files.length > 0 ? (
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
        <IconButton icon={Paperclip} label={t.composer.attach} onClick={() => picker.current?.click()} />
        <textarea
          ref={field}
          className="composer-text"
          rows={1}
          aria-label={t.composer.label(title)}
          placeholder={t.composer.placeholder}
          value={draft.text}
          onChange={(event) => write(id, event.target.value)}
          onKeyDown={keys}
          onPaste={paste}
        />
        <IconButton icon={SendHorizontal} label={t.composer.send} type="submit" className="send" disabled={!something || draft.sending} />
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
