import type { Connection, Message } from '@lama/ipc-client';
import { useEffect, useState } from 'react';
import { Button, Notice, Sheet } from '../components/parts.tsx';
import { words_of } from '../lib/failure.ts';
import { bytes, duration, number } from '../lib/format.ts';
import { link_to } from '../lib/route.ts';
import { use_store } from '../lib/store.ts';
import { type NodeStatus, app, client } from '../state/app.ts';
import { load_connections, load_queue } from '../state/user.ts';
import { type Sample, type SyncState, look_every_ms, sample_of, with_sample } from '../state/samples.ts';
import { look_at_status } from '../state/session.ts';
import { t } from '../strings.ts';
import { Charts, Instances, standing_of } from './instances.tsx';
import { why } from './where.tsx';

/** What the two instances of the user's node are doing, and what waits. */
export default function Sync() {
  const { status, link, archive_connections } = use_store(app, (x) => ({ status: x.status, link: x.link, archive_connections: x.archive_connections }));
  useEffect(() => {
    void load_connections();
    void load_queue();
  }, [link.name]);
  const { sync, samples, round_trip } = use_sync();
  const open = link.name === 'open';
  const known = open ? sync : null;
  // Without its archive a device is well; that the archive is away is told beside it.
  const degraded = open && status?.status === 'degraded' && known?.bridgeConnected === true;
  return (
    <Sheet title={t.sync.title} className="wide">
      <h1>{t.sync.title}</h1>
      <p className="lead">{t.sync.intro}</p>
      <Instances standing={standing_of(open, known)} sync={known} degraded={degraded} />
      <Charts samples={samples} current={known !== null} />
      <dl className="tiles">
        <Tile name={t.sync.waiting} value={known ? number(known.outbox) : '–'} />
        <Tile name={t.sync.roundTrip} value={open && round_trip !== null ? `${number(round_trip, 1)} ms` : '–'} />
        <Tile name={t.sync.uptime} value={open && status ? duration(status.uptimeMs) : '–'} />
      </dl>
      <Waiting sync={known} />
      <Kept />
      <section>
        <h2>{t.sync.connections}</h2>
        {open ? <Connections all={[...(status?.connections ?? []), ...friends(archive_connections ?? [])]} /> : <Notice kind="hint">{t.sync.connectionsUnknown}</Notice>}
      </section>
      <Verify />
      <Actors status={status} />
    </Sheet>
  );
}

/** Looks again and again, a while after the last answer, while the page is seen. */
function use_sync(): { sync: SyncState | null; samples: Sample[]; round_trip: number | null } {
  const [sync, set_sync] = useState<SyncState | null>(null);
  const [samples, set_samples] = useState<Sample[]>([]);
  const [round_trip, set_round_trip] = useState<number | null>(null);
  useEffect(() => {
    let ended = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      if (!document.hidden) {
        const begun = performance.now();
        const answered = await client.call('one-core:init', {}, { deadline: 5_000 }).catch(() => null);
        const trip = performance.now() - begun;
        const [found] = await Promise.all([client.call('query:getSync', {}, { deadline: 10_000 }).catch(() => null), look_at_status()]);
        if (ended) return;
        set_round_trip(answered === null ? null : trip);
        set_sync(found);
        if (found) set_samples((all) => with_sample(all, sample_of(found, Date.now())));
      }
      timer = setTimeout(() => void look(), look_every_ms);
    };
    void look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, []);
  return { sync, samples, round_trip };
}

function Tile({ name, value }: { name: string; value: string }) {
  return (
    <div className="tile">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

interface Held {
  key: string;
  conversation: string;
  title: string;
  text: string;
  since: number;
  reason: string;
}

/** What is not where it goes yet, and what holds it up: messages one by one, the rest in numbers. */
function Waiting({ sync }: { sync: SyncState | null }) {
  const x = use_store(app, (s) => ({ waiting: s.waiting, threads: s.threads, conversations: s.conversations, locked: s.locked, status: s.status, online: s.online }));
  const title_of = (id: string) => x.conversations?.find((c) => c.conversationId === id)?.title ?? '';
  const held: Held[] = x.waiting.map((entry) => {
    const { conversationId, text = t.chat.deletedByYou } = entry.params as { conversationId: string; text?: string };
    return { key: entry.id, conversation: conversationId, title: title_of(conversationId), text, since: entry.addedAt, reason: why(entry.state === 'failed' ? 'failed' : 'queued', entry.error?.message, undefined, x) };
  });
  for (const [id, thread] of Object.entries(x.threads))
    for (const message of thread.messages.filter(is_held))
      held.push({ key: message.messageHash, conversation: id, title: title_of(id), text: message.text, since: Date.parse(message.time), reason: why(message.state === 'refused' ? 'failed' : message.state, message.reason, undefined, x) });
  const lagging = (sync?.instances ?? []).filter((x) => x.behind && x.behind.entries > 0);
  const here = x.waiting.length + (sync?.outbox ?? 0);
  // The node may know of messages in chats that were not opened here.
  const count = Math.max(held.length, here);
  const oldest = Math.max(sync?.outboxAgeMs ?? 0, ...held.map((h) => Date.now() - h.since));
  return (
    <section aria-labelledby="why-not-there">
      <h2 id="why-not-there">{t.sync.whyTitle}</h2>
      {lagging.map(({ side, behind }) => (
        <p key={side} className="lagging">
          {(sync?.bridgeConnected ? t.sync.whyOnTheWay : t.sync.whyApart)[side](behind!.entries)}
        </p>
      ))}
      {count === 0 && lagging.length === 0 ? <Notice kind={sync ? 'good' : 'hint'}>{sync ? t.sync.whyNothing : t.sync.whyUnknown}</Notice> : null}
      {count > 0 ? (
        <>
          <p className="waiting-out">
            {t.sync.waitingOut(count)}. {t.sync.lag}: {duration(oldest)}
          </p>
          <ul className="held">
            {held.slice(0, 50).map((h) => (
              <li key={h.key}>
                <a href={link_to('chats', h.conversation)}>{h.title}</a>
                <p className="held-text">{h.text}</p>
                <p className="held-why">{h.reason}</p>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </section>
  );
}

/** What the device keeps for the archive besides messages: pairing, new chats. */
function Kept() {
  const queue = use_store(app, (x) => x.queue);
  if (queue.length === 0) return null;
  return (
    <section>
      <h2>{t.queue.title}</h2>
      <ul className="held">
        {queue.map((x) => (
          <li key={x.id} className="kept">
            <span>
              {t.queue.methods[x.method] ?? x.method}
              {typeof x.params['name'] === 'string' ? ` “${x.params['name']}”` : null}
              <span className="field-hint">{t.queue.since(duration(Date.now() - Date.parse(x.since)))}</span>
            </span>
            <Button onClick={() => void client.call('queue:cancel', { id: x.id }).then(load_queue, () => undefined)}>{t.cancel}</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const is_held = (x: Message) => x.me && x.state === 'on-this-device';

/** The archive's connections but those with this very device, which stand in the list already. */
const friends = (all: Connection[]) => all.filter((x) => x.group !== 'ipc' && x.personId !== app.get().me?.ownerId).map((x) => ({ ...x, id: `archive-${x.id}` }));

function Connections({ all }: { all: Connection[] }) {
  const { contacts, me } = use_store(app, (x) => ({ contacts: x.contacts, me: x.me }));
  if (all.length === 0) return <Notice kind="hint">{t.sync.noConnections}</Notice>;
  const name_of = (x: Connection) => {
    if (!x.personId || x.personId === me?.publicPersonId || x.personId === me?.ownerId) return t.sync.you;
    return contacts?.find((c) => c.personId === x.personId)?.name ?? x.personId.slice(0, 8);
  };
  return (
    <div className="table-frame" role="region" aria-label={t.sync.connections} tabIndex={0}>
      {/* On a narrow page its rows are drawn one part below the other, so that the roles have to be said. */}
      <table className="connections" role="table">
        <thead role="rowgroup">
          <tr role="row">
            {[t.sync.with, t.sync.what, t.sync.status, t.sync.detail].map((x) => (
              <th key={x} scope="col" role="columnheader">
                {x}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {all.map((x) => (
            <tr key={x.id} role="row">
              <td role="cell">{name_of(x)}</td>
              <td role="cell">{t.sync.groups[x.group] ?? x.group}</td>
              <td role="cell" className="standing">
                <span className={`dot ${x.status === 'established' ? 'good' : 'warn'}`} aria-hidden="true" /> {t.sync.statuses[x.status] ?? x.status}
              </td>
              <td role="cell" className="detail">
                {x.detail || x.url}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Verify() {
  const [busy, set_busy] = useState(false);
  const [found, set_found] = useState<{ objects: number; bytes: number; problems: string[]; count: number } | null>(null);
  const [problem, set_problem] = useState<string | null>(null);
  const run = async () => {
    set_busy(true);
    set_problem(null);
    try {
      const x = await client.call('app:verify', {}, { deadline: 30 * 60_000 });
      set_found({ objects: x.objects, bytes: x.bytes, problems: x.problems, count: x.problemCount });
    } catch (failure) {
      set_problem(words_of(failure));
    } finally {
      set_busy(false);
    }
  };
  return (
    <section className="verify">
      <h2>{t.sync.verify}</h2>
      <p className="field-hint">{t.sync.verifyHint}</p>
      {problem ? <Notice kind="error">{problem}</Notice> : null}
      {found ? (
        <Notice kind={found.count === 0 ? 'good' : 'error'}>
          {t.sync.verified(found.objects, found.count)} ({bytes(found.bytes)})
          {found.problems.slice(0, 5).map((x) => (
            <code key={x}>{x}</code>
          ))}
        </Notice>
      ) : null}
      <Button busy={busy} onClick={() => void run()}>
        {busy ? t.sync.verifying : t.sync.verify}
      </Button>
    </section>
  );
}

/** For who wants to know it exactly: what each part says of itself. */
function Actors({ status }: { status: NodeStatus | null }) {
  if (!status) return null;
  return (
    <details className="actors">
      <summary>{t.sync.parts}</summary>
      <div className="table-frame" role="region" aria-label={t.sync.parts} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.sync.part}</th>
              <th scope="col">{t.sync.says}</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(status.actors).map(([role, said]) => (
              <tr key={role}>
                <th scope="row">{role}</th>
                <td className="detail">{typeof said === 'object' ? facts(said) : t.sync.silent}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function facts(said: unknown): string {
  return Object.entries(said ?? {})
    .filter(([, x]) => x !== '')
    .map(([name, x]) => `${name} ${typeof x === 'object' ? JSON.stringify(x) : String(x)}`)
    .join(' · ');
}
