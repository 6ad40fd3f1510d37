import { type LoginResult, NodeError, type Result } from '@lama/ipc-client';
import { words_of } from '../lib/failure.ts';
import { kept, kept_keys, keep } from '../lib/kept.ts';
import { go_to } from '../lib/route.ts';
import { t } from '../strings.ts';
import { type NodeStatus, app, client, current_outbox, notify } from './app.ts';
import { leave_user, resume_user, use_user } from './user.ts';

/** How this browser gets in, and who is logged in. */

type Exchange = 'in' | 'refused' | 'too-often' | 'away';

/** The one-time token of a login link, for a cookie. */
export async function exchange(token: string): Promise<Exchange> {
  try {
    const answer = await fetch('/session', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    if (answer.ok) return 'in';
    return answer.status === 429 ? 'too-often' : answer.status === 403 || answer.status === 401 || answer.status === 400 ? 'refused' : 'away';
  } catch {
    return 'away';
  }
}

export function token_of(text: string): string | null {
  return /(?:#|^)token=([A-Za-z0-9_-]{16,256})\s*$/.exec(text.trim())?.[1] ?? null;
}

/** A token in the address is used at once, and taken out of it, so that it stays in no history. */
async function use_address(): Promise<void> {
  const token = token_of(window.location.hash);
  if (window.location.hash.includes('token=')) window.history.replaceState(null, '', window.location.pathname);
  if (token && (await exchange(token)) === 'refused') app.set({ notice: { text: t.start.usedUp, number: 0 } });
}

export async function begin(): Promise<void> {
  client.on('state', (link) => {
    const was = app.get().link.name;
    app.set({ link });
    if (link.name === 'unauthorized') app.set({ phase: 'no-session' });
    if (link.name !== 'open') current_outbox()?.pause();
    if (was === 'open' && link.name !== 'open') app.set({ status: null });
  });
  client.on('ready', (x) => void arrived(x.again, x.complete));
  window.addEventListener('online', () => client.retry());
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) client.retry();
  });
  window.addEventListener('hashchange', () => {
    if (token_of(window.location.hash)) void use_address().then(() => client.retry());
  });
  setInterval(() => void look_at_status(), 5_000);
  await use_address();
  client.start();
}

/** The pasted link; null when it worked, else what to tell. */
export async function let_in(text: string): Promise<string | null> {
  const token = token_of(text);
  if (!token) return t.start.noToken;
  const outcome = await exchange(token);
  if (outcome === 'in') {
    app.set({ phase: 'starting', notice: null });
    client.retry();
    return null;
  }
  return { refused: t.start.usedUp, 'too-often': t.start.tooOften, away: t.link.away }[outcome];
}

async function arrived(again: boolean, complete: boolean): Promise<void> {
  try {
    const [me, users, status] = await client.batch([
      { method: 'one-core:getInstance', params: {} },
      { method: 'node:users', params: {} },
      { method: 'node:status', params: {} },
    ]);
    if (users.ok) app.set({ users: users.result.users });
    if (status.ok) app.set({ status: status.result });
    const { phase, me: known } = app.get();
    if (me.ok && me.result) {
      app.set({ locked: false });
      if (phase === 'ready' && known?.username === me.result.username) {
        await resume_user(complete);
        if (again) notify(t.link.back);
      } else {
        await use_user(me.result);
      }
    } else if (phase === 'ready' && known && users.ok && !users.result.users.some((x) => x.username === known.username)) {
      await part_from(known.username, t.reset.gone(known.username)); // the answer of a reset was lost
    } else if (phase === 'ready') {
      app.set({ locked: true }); // what is on the screen stays there
    } else {
      app.set({ phase: 'signed-out' });
    }
  } catch (problem) {
    if (!(problem instanceof NodeError && problem.kind === 'disconnected')) client.retry();
  }
}

let asking = false;
export async function look_at_status(): Promise<NodeStatus | null> {
  if (asking || client.state.name !== 'open' || document.hidden || app.get().phase !== 'ready') return null;
  asking = true;
  try {
    const status = await client.call('node:status', {}, { deadline: 10_000 });
    app.set({ status });
    const { me } = app.get();
    if (me && !status.users.includes(me.username)) await leave_if_gone(me.username);
    return status;
  } catch {
    return null;
  } finally {
    asking = false;
  }
}

/** Null when it worked, else what to tell. */
export async function log_in(username: string, password: string): Promise<string | null> {
  return enter('one-core:login', username, password);
}

export async function register(username: string, password: string): Promise<string | null> {
  return enter('one-core:register', username, password);
}

async function enter(method: 'one-core:login' | 'one-core:register', username: string, password: string): Promise<string | null> {
  try {
    const answer = await client.call(method, { username, password }, { wait: true, deadline: 90_000 });
    if (!answer.success) return refusal(answer);
    const me = await client.call('one-core:getInstance', {});
    if (!me) return t.errors.byKind['not-logged-in'] ?? '';
    keep('last-user', me.username);
    const { phase, me: known, locked } = app.get();
    app.set({ locked: false });
    if (phase === 'ready' && locked && known?.username === me.username) await resume_user(false);
    else await use_user(me);
    return null;
  } catch (problem) {
    if (!(problem instanceof NodeError)) return String(problem);
    if (problem.kind === 'rate-limited') return too_often(problem);
    return t.errors.byKind[problem.kind] ?? problem.message;
  }
}

const too_often = (problem: NodeError) => t.login.tooOften(Math.ceil((problem.data.retryAfterMs ?? 60_000) / 1000));

function refusal(answer: LoginResult): string {
  const known: Record<string, string> = { wrong_secret: t.login.wrong, conflict: t.login.exists, offline: t.login.offline };
  return known[answer.reason ?? ''] ?? answer.error ?? t.errors.title;
}

export const last_user = () => kept<string>('last-user', '');

export async function log_out(): Promise<void> {
  try {
    await client.call('one-core:logout', {});
  } finally {
    await leave_user();
    const users = await client.call('node:users', {}).catch(() => ({ users: app.get().users }));
    app.set({ phase: 'signed-out', users: users.users });
  }
}

/** Deletes the user's data on the device, and in the archive where `both`. Null when it worked (then nobody is logged in), else what to tell. */
export async function reset(password: string, both: boolean): Promise<string | null> {
  const { me } = app.get();
  if (!me) return null;
  try {
    const answer = await client.call('app:reset', { password, ...(both ? { archive: true } : {}) }, { deadline: 180_000 });
    if (!answer.success) return not_reset(answer);
  } catch (problem) {
    if (!(problem instanceof NodeError)) return String(problem);
    if (problem.kind === 'rate-limited') return too_often(problem);
    if (problem.kind === 'offline') return t.reset.offline;
    return problem.kind === 'disconnected' ? t.reset.lost : words_of(problem);
  }
  await part_from(me.username, t.reset.done[both ? 'both' : 'device'](me.username));
  return null;
}

function not_reset({ reason, error }: Result<'app:reset'>): string {
  const known: Record<string, string> = { wrong_secret: t.reset.wrong, offline: t.reset.offline };
  return known[reason ?? ''] ?? t.reset.refused(error ?? t.errors.title);
}

/** In another tab, or from elsewhere. */
async function leave_if_gone(username: string): Promise<void> {
  const { users } = await client.call('node:users', {});
  if (app.get().me?.username === username && !users.some((x) => x.username === username)) await part_from(username, t.reset.gone(username));
}

/** The user is gone from this device; a new one of that name may not meet what this browser kept of the old one. */
async function part_from(username: string, farewell: string): Promise<void> {
  await leave_user();
  for (const key of [`draft.${username}.`, `outbox.${username}.`].flatMap(kept_keys)) keep(key, undefined);
  if (last_user() === username) keep('last-user', undefined);
  const users = await client.call('node:users', {}).catch(() => ({ users: app.get().users.filter((x) => x.username !== username) }));
  go_to('chats'); // where the next one begins
  app.set({ phase: 'signed-out', users: users.users, farewell });
}

/** Gives the cookie back. */
export async function leave_browser(): Promise<void> {
  await fetch('/session', { method: 'DELETE' });
  client.stop();
  await leave_user();
  app.set({ phase: 'no-session' });
  client.start();
}
