import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Button, Field, Modal, Notice } from '../components/parts.tsx';
import { SecretInput } from '../components/secret.tsx';
import { use_store } from '../lib/store.ts';
import { app, client } from '../state/app.ts';
import { reset } from '../state/session.ts';
import type { SyncState } from '../state/samples.ts';
import { t } from '../strings.ts';

type Scope = 'device' | 'both';

/** Deletes what the node has of the user: said plainly before, and only with name and password. */
export function Reset({ username }: { username: string }) {
  const [open, set_open] = useState(false);
  const [busy, set_busy] = useState(false);
  return (
    <>
      <Button look="danger" onClick={() => set_open(true)}>
        {t.reset.open}
      </Button>
      <Modal open={open} onClose={() => set_open(false)} title={t.reset.title} closable={!busy}>
        <Form username={username} busy={busy} set_busy={set_busy} close={() => set_open(false)} />
      </Modal>
    </>
  );
}

function Form({ username, busy, set_busy, close }: { username: string; busy: boolean; set_busy: (x: boolean) => void; close: () => void }) {
  const [scope, set_scope] = useState<Scope>('device');
  const [typed, type] = useState('');
  const [password, set_password] = useState('');
  const [problem, set_problem] = useState<string | null>(null);
  const secret = useRef<HTMLInputElement>(null);
  const sync = use_now();
  const in_page = use_store(app, (x) => x.waiting.length);
  const waiting = in_page + (sync?.outbox ?? 0);
  const ready = typed === username && password !== '';
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready || busy) return;
    set_busy(true);
    set_problem(null);
    const refused = await reset(password, scope === 'both');
    set_busy(false);
    if (refused === null) return; // the login stands here by now
    set_problem(refused);
    requestAnimationFrame(() => {
      secret.current?.focus();
      secret.current?.select();
      secret.current?.scrollIntoView({ block: 'center' });
    });
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <fieldset className="scopes" disabled={busy}>
        <legend>{t.reset.which}</legend>
        {(['device', 'both'] as const).map((x) => (
          <label key={x} className="choice">
            <input type="radio" name="scope" checked={scope === x} onChange={() => set_scope(x)} data-autofocus={scope === x || undefined} />
            <span>{t.reset.scopes[x]}</span>
          </label>
        ))}
      </fieldset>
      <ul className="losses" aria-live="polite">
        {t.reset.losses[scope].map((x) => (
          <li key={x}>{x}</li>
        ))}
        {scope === 'device' && waiting > 0 ? <li className="worst">{t.reset.notInArchive(waiting)}</li> : null}
      </ul>
      {scope === 'both' && sync?.bridgeConnected === false ? <Notice kind="hint">{t.reset.archiveAway}</Notice> : null}
      <Field label={t.reset.name(username)}>
        {(ids) => <input {...ids} className="input" value={typed} onChange={(e) => type(e.target.value.trim())} autoComplete="off" autoCapitalize="none" spellCheck={false} disabled={busy} />}
      </Field>
      <Field label={t.login.password}>{(ids) => <SecretInput {...ids} ref_={secret} value={password} onChange={set_password} autoComplete="current-password" />}</Field>
      {problem ? <Notice kind="error">{problem}</Notice> : null}
      <div className="modal-actions">
        <Button onClick={close} disabled={busy}>
          {t.cancel}
        </Button>
        <Button type="submit" look="danger" busy={busy} disabled={!ready}>
          {busy ? t.reset.deleting : t.reset.delete[scope]}
        </Button>
      </div>
    </form>
  );
}

/** How the two instances stand at the moment of asking. */
function use_now(): SyncState | null {
  const [sync, set_sync] = useState<SyncState | null>(null);
  useEffect(() => {
    let ended = false;
    client.call('query:getSync', {}, { deadline: 10_000 }).then(
      (x) => {
        if (!ended) set_sync(x);
      },
      () => undefined,
    );
    return () => {
      ended = true;
    };
  }, []);
  return sync;
}
