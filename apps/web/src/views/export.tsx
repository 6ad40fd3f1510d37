import { type FormEvent, useEffect, useState } from 'react';
import { Button, Field, Notice, Path } from '../components/parts.tsx';
import { Switch } from '../components/switch.tsx';
import { bytes } from '../lib/format.ts';
import { use_store } from '../lib/store.ts';
import { app } from '../state/app.ts';
import { export_chats, exporting } from '../state/exporting.ts';
import { t } from '../strings.ts';

const good_name = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/;

/** Chats and their files into a folder beside the node's data. */
export function ExportChats({ username }: { username: string }) {
  const { running, progress, result, problem } = use_store(exporting, (x) => x);
  const conversations = use_store(app, (x) => x.conversations) ?? [];
  const [folder, set_folder] = useState(() => `${username}-${new Date().toISOString().slice(0, 10)}`);
  const [html, set_html] = useState(true);
  const [some, set_some] = useState(false);
  const [chosen, choose] = useState<string[]>([]);
  const [told, tell] = useState(problem);
  useEffect(() => tell(problem), [problem]);
  const begin = (event: FormEvent) => {
    event.preventDefault();
    if (!good_name.test(folder)) return tell({ text: t.exporting.badName, of_name: true });
    if (some && chosen.length === 0) return tell({ text: t.exporting.noneChosen, of_name: false });
    tell(null);
    void export_chats({ folder, html, ...(some ? { conversations: chosen } : {}) });
  };
  return (
    <form onSubmit={begin} noValidate>
      <p className="field-hint">{t.exporting.hint}</p>
      <Field label={t.exporting.folder} hint={t.exporting.folderHint} error={told?.of_name ? told.text : undefined}>
        {(ids) => <input {...ids} className="input" name="folder" value={folder} onChange={(e) => set_folder(e.target.value)} autoComplete="off" spellCheck={false} maxLength={128} />}
      </Field>
      <Switch label={t.exporting.html} hint={t.exporting.htmlHint} on={html} set={set_html} />
      <Switch label={t.exporting.some} on={some} set={set_some} />
      {some ? (
        <fieldset className="choices">
          <legend className="unseen">{t.exporting.some}</legend>
          {conversations.map((x) => (
            <label key={x.conversationId} className="choice">
              <input
                type="checkbox"
                checked={chosen.includes(x.conversationId)}
                onChange={(e) => choose(e.target.checked ? [...chosen, x.conversationId] : chosen.filter((id) => id !== x.conversationId))}
              />
              <span>{x.title}</span>
            </label>
          ))}
        </fieldset>
      ) : null}
      <div className="actions">
        <Button type="submit" busy={running}>
          {running ? t.exporting.running : t.exporting.begin}
        </Button>
      </div>
      {running ? (
        <p className="progress">
          <progress aria-label={t.exporting.running} {...(progress ? { value: progress.done, max: Math.max(1, progress.all) } : {})} />
          <span>{progress ? t.exporting.progress(progress.done, progress.all) : ''}</span>
        </p>
      ) : null}
      {told && !told.of_name ? <Notice kind="error">{told.text}</Notice> : null}
      {result && !told ? (
        <Notice kind="good">
          <p>{t.exporting.done(result.conversations, result.messages, result.files, bytes(result.bytes))}</p>
          {result.missingFiles > 0 ? <p>{t.exporting.missing(result.missingFiles)}</p> : null}
          <Path path={result.folder} />
        </Notice>
      ) : null}
    </form>
  );
}
