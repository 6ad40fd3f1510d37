import type { Connection, Message } from '@lama/ipc-client';
import { Archive, ArrowLeftRight, Monitor, Unplug } from '../components/icons.ts';
import { useEffect, useState } from 'react';
import { Button, Notice, Sheet } from '../components/parts.tsx';
import { words_of } from '../lib/failure.ts';
import { bytes, duration, number } from '../lib/format.ts';
import { link_to } from '../lib/route.ts';
import { use_store } from '../lib/store.ts';
import { type NodeStatus, app, client } from '../state/app.ts';
import { load_connections, load_queue } from '../state/user.ts';
import { type Sample, most_samples, object_store_of, rates, with_sample } from '../state/samples.ts';
import { look_at_status } from '../state/session.ts';
import { t } from '../strings.ts';
import { why } from './where.tsx';

const every_ms = 2_000;

/** What the two parts of the node are doing, and what waits. */
export default function Sync() {
  const { status, link, archive_connections } = use_store(app, (x) => ({ status: x.status, link: x.link, archive_connections: x.archive_connections }));
  useEffect(() => {
    void load_connections();
    void load_queue();
  }, [link.name]);
  const { samples, round_trip } = use_samples();
  const open = link.name === 'open';
  const store = object_store_of(status);
  const bridge = open && status?.bridgeConnected === true;
  return (
    <Sheet title={t.sync.title} className="wide">
      <h1>{t.sync.title}</h1>
      <p className="lead">{t.sync.intro}</p>
      <div className="parts" role="group" aria-label={t.sync.title}>
        <div className={`part ${open ? 'good' : 'bad'}`}>
          <Monitor size={24} aria-hidden="true" />
          <h2>{t.sync.device}</h2>
          <p>{!open ? t.sync.away : status?.status === 'ok' ? t.sync.ok : status ? t.sync.degraded : t.loading}</p>
        </div>
        <div className={`wire ${bridge ? 'good' : 'bad'}`}>
          {bridge ? <ArrowLeftRight size={22} aria-hidden="true" /> : <Unplug size={22} aria-hidden="true" />}
          <span>{bridge ? t.sync.connected : t.sync.apart}</span>
        </div>
        <div className={`part ${bridge ? 'good' : 'bad'}`}>
          <Archive size={24} aria-hidden="true" />
          <h2>{t.sync.archive}</h2>
          <p>{bridge ? t.sync.connected : t.sync.apart}</p>
        </div>
      </div>
      <Numbers status={status} store={store} samples={samples} round_trip={round_trip} />
      <Waiting />
      <Kept />
      <section>
        <h2>{t.sync.connections}</h2>
        <Connections all={open ? [...(status?.connections ?? []), ...friends(archive_connections ?? [])] : []} />
      </section>
      <Verify />
      <Actors status={status} />
    </Sheet>
  );
}

function use_samples(): { samples: Sample[]; round_trip: number | null } {
  const [samples, set_samples] = useState<Sample[]>([]);
  const [round_trip, set_round_trip] = useState<number | null>(null);
  useEffect(() => {
    let ended = false;
    const look = async () => {
      const begun = performance.now();
      const answered = await client.call('one-core:init', {}, { deadline: 5_000 }).catch(() => null);
      if (ended) return;
      set_round_trip(answered === null ? null : performance.now() - begun);
      const store = object_store_of(await look_at_status());
      if (store && !ended) set_samples((all) => with_sample(all, { at: Date.now(), sequence: store.sequence }));
    };
    void look();
    const timer = setInterval(() => void look(), every_ms);
    return () => {
      ended = true;
      clearInterval(timer);
    };
  }, []);
  return { samples, round_trip };
}

function Numbers({ status, store, samples, round_trip }: { status: NodeStatus | null; store: ReturnType<typeof object_store_of>; samples: Sample[]; round_trip: number | null }) {
  const all = rates(samples);
  const now = all.at(-1) ?? 0;
  return (
    <div className="numbers">
      <dl className="tiles">
        <Tile name={t.sync.objects} value={store ? number(store.objects) : '–'} />
        <Tile name={t.sync.rate} value={number(now, 1)} />
        <Tile name={t.sync.roundTrip} value={round_trip === null ? '–' : `${number(round_trip, 1)} ms`} />
        <Tile name={t.sync.uptime} value={status ? duration(status.uptimeMs) : '–'} />
      </dl>
      <Chart values={all} now={now} />
    </div>
  );
}

function Tile({ name, value }: { name: string; value: string }) {
  return (
    <div className="tile">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const chart_width = 600;
const chart_height = 120;

/** Newest at the right; the scale is that of the highest value, at least one. */
function Chart({ values, now }: { values: number[]; now: number }) {
  const highest = Math.max(0, ...values);
  const peak = Math.max(1, highest);
  const step = chart_width / (most_samples - 2);
  const x_of = (i: number) => chart_width - (values.length - 1 - i) * step;
  const points = values.map((y, i) => `${x_of(i).toFixed(1)},${(chart_height - 4 - (y / peak) * (chart_height - 16)).toFixed(1)}`);
  const area = points.length > 1 ? `M${x_of(0).toFixed(1)},${chart_height}L${points.join('L')}L${chart_width},${chart_height}Z` : '';
  return (
    <figure className="chart">
      <svg viewBox={`0 0 ${chart_width} ${chart_height}`} preserveAspectRatio="none" role="img" aria-label={`${t.sync.chart}: ${t.sync.chartText(number(now, 1), number(highest, 1))}`}>
        <line className="chart-base" x1="0" x2={chart_width} y1={chart_height - 0.5} y2={chart_height - 0.5} />
        <path className="chart-area" d={area} />
        {points.length > 1 ? <polyline className="chart-line" points={points.join(' ')} /> : null}
      </svg>
      <figcaption>
        <span>{t.sync.chart}</span>
        <span>{t.sync.chartText(number(now, 1), number(highest, 1))}</span>
      </figcaption>
    </figure>
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

/** Own messages that are not in the archive yet, and what holds them up. */
function Waiting() {
  const x = use_store(app, (s) => ({ waiting: s.waiting, threads: s.threads, conversations: s.conversations, locked: s.locked, status: s.status, online: s.online }));
  const title_of = (id: string) => x.conversations?.find((c) => c.conversationId === id)?.title ?? '';
  const held: Held[] = x.waiting.map((entry) => {
    const { conversationId, text = t.chat.deletedByYou } = entry.params as { conversationId: string; text?: string };
    return { key: entry.id, conversation: conversationId, title: title_of(conversationId), text, since: entry.addedAt, reason: why(entry.state === 'failed' ? 'failed' : 'queued', entry.error?.message, undefined, x) };
  });
  for (const [id, thread] of Object.entries(x.threads))
    for (const message of thread.messages.filter(is_held))
      held.push({ key: message.messageHash, conversation: id, title: title_of(id), text: message.text, since: Date.parse(message.time), reason: why(message.state === 'refused' ? 'failed' : message.state, message.reason, undefined, x) });
  const oldest = Math.min(...held.map((h) => h.since));
  return (
    <section>
      <h2>{t.sync.whyTitle}</h2>
      {held.length === 0 ? (
        <Notice kind="good">{t.sync.whyNothing}</Notice>
      ) : (
        <>
          <p>
            {t.sync.waitingOut(held.length)}. {t.sync.lag}: {duration(Date.now() - oldest)}
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
      )}
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
      <table>
        <thead>
          <tr>
            <th scope="col">{t.sync.with}</th>
            <th scope="col">{t.sync.what}</th>
            <th scope="col">{t.sync.status}</th>
            <th scope="col">{t.sync.detail}</th>
          </tr>
        </thead>
        <tbody>
          {all.map((x) => (
            <tr key={x.id}>
              <td>{name_of(x)}</td>
              <td>{t.sync.groups[x.group] ?? x.group}</td>
              <td>
                <span className={`dot ${x.status === 'established' ? 'good' : 'warn'}`} aria-hidden="true" /> {t.sync.statuses[x.status] ?? x.status}
              </td>
              <td className="detail">{x.detail || x.url}</td>
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
    <section>
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
