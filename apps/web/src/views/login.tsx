import { Plus } from '../components/icons.ts';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Avatar, Button, Field, Notice } from '../components/parts.tsx';
import { SecretInput } from '../components/secret.tsx';
import { use_store } from '../lib/store.ts';
import { app } from '../state/app.ts';
import { last_user, log_in, register } from '../state/session.ts';
import { t } from '../strings.ts';

const shortest_password = 8;
const good_name = /^(?!\.)[a-z0-9._-]{1,64}$/;

/** Log in as one of the node's users, or make a new one. `locked`: after a restart of the node, as the same one. */
export function Login({ locked }: { locked?: string }) {
  const users = use_store(app, (x) => x.users);
  const [chosen, choose] = useState<string>(() => locked ?? (users.some((x) => x.username === last_user()) ? last_user() : (users[0]?.username ?? '')));
  const [making, make] = useState(users.length === 0 && !locked);
  if (making) return <Register first={users.length === 0} back={() => make(false)} />;
  return (
    <>
      {locked ? null : <h1>{t.login.title}</h1>}
      <p className="lead">{locked ? t.login.locked : t.login.intro}</p>
      {locked || users.length < 2 ? null : (
        <fieldset className="users">
          <legend>{t.login.chooseUser}</legend>
          {users.map((x) => (
            <label key={x.username} className="user-choice">
              <input type="radio" name="user" checked={chosen === x.username} onChange={() => choose(x.username)} />
              <Avatar name={x.username} id={x.username} small />
              <span className="user-name">{x.username}</span>
            </label>
          ))}
        </fieldset>
      )}
      <Password key={chosen} username={chosen} fixed={locked !== undefined || users.length > 0} />
      {locked ? null : (
        <Button look="quiet" icon={Plus} className="wide" onClick={() => make(true)}>
          {t.login.newUser}
        </Button>
      )}
    </>
  );
}

function Password({ username, fixed }: { username: string; fixed: boolean }) {
  const [name, set_name] = useState(username);
  const [password, set_password] = useState('');
  const [problem, set_problem] = useState<string | null>(null);
  const [busy, set_busy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    set_busy(true);
    const refused = await log_in(name.trim(), password);
    if (refused === null) return; // another view stands here by now
    set_problem(refused);
    set_busy(false);
    field.current?.select();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      {problem ? <Notice kind="error">{problem}</Notice> : null}
      <Field label={t.login.username}>
        {(ids) => <input {...ids} className="input" name="username" autoComplete="username" value={name} readOnly={fixed} tabIndex={fixed ? -1 : undefined} onChange={(e) => set_name(e.target.value)} required />}
      </Field>
      <Field label={t.login.password}>
        {(ids) => <SecretInput {...ids} ref_={field} value={password} onChange={set_password} autoComplete="current-password" />}
      </Field>
      <Button type="submit" look="primary" busy={busy} className="wide">
        {busy ? t.login.loggingIn : t.login.logIn}
      </Button>
    </form>
  );
}

function Register({ first, back }: { first: boolean; back: () => void }) {
  const [name, set_name] = useState('');
  const [password, set_password] = useState('');
  const [again, set_again] = useState('');
  const [problem, set_problem] = useState<string | null>(null);
  const [busy, set_busy] = useState(false);
  const [tried, set_tried] = useState(false);
  const bad_name = tried && !good_name.test(name) ? t.login.badName : undefined;
  const too_short = tried && password.length < shortest_password ? t.login.tooShort : undefined;
  const form = useRef<HTMLFormElement>(null);
  const different = tried && again !== password ? t.login.different : undefined;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    set_tried(true);
    if (!good_name.test(name) || password.length < shortest_password || again !== password) {
      requestAnimationFrame(() => form.current?.querySelector<HTMLInputElement>('[aria-invalid=true]')?.focus());
      return;
    }
    set_busy(true);
    const refused = await register(name, password);
    if (refused === null) return;
    set_problem(refused);
    set_busy(false);
  };
  return (
    <>
      <h1>{first ? t.login.welcome : t.login.newUser}</h1>
      <p className="lead">{t.login.first}</p>
      <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
        {problem ? <Notice kind="error">{problem}</Notice> : null}
        <Field label={t.login.username} hint={t.login.usernameHint} error={bad_name}>
          {(ids) => (
            <input {...ids} className="input" name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} value={name} onChange={(e) => set_name(e.target.value.toLowerCase())} autoFocus required />
          )}
        </Field>
        <Field label={t.login.newPassword} hint={t.login.passwordHint} error={too_short}>
          {(ids) => <SecretInput {...ids} value={password} onChange={set_password} autoComplete="new-password" />}
        </Field>
        <Field label={t.login.repeat} error={different}>
          {(ids) => <SecretInput {...ids} value={again} onChange={set_again} autoComplete="new-password" />}
        </Field>
        <Button type="submit" look="primary" busy={busy} className="wide">
          {busy ? t.login.registering : t.login.register}
        </Button>
      </form>
      {first ? null : (
        <Button look="quiet" className="wide" onClick={back}>
          {t.login.haveUser}
        </Button>
      )}
    </>
  );
}
