import type { InstanceSync } from '@lama/ipc-client';
import { Archive, ArrowLeftRight, Monitor, Unplug } from '../components/icons.ts';
import { type ReactNode, useId } from 'react';
import { bytes, duration, number } from '../lib/format.ts';
import { type Point, type Sample, type Side, type SyncState, instance_of, pieces, top_of_scale, window_ms } from '../state/samples.ts';
import { t } from '../strings.ts';

const sides: Side[] = ['sparse', 'archive'];

/** How it stands between the two. */
export type Standing = 'away' | 'apart' | 'unknown' | 'behind' | 'in-step';

export function standing_of(open: boolean, sync: SyncState | null): Standing {
  if (!open) return 'away';
  if (!sync) return 'unknown';
  if (!sync.bridgeConnected) return 'apart';
  if (sync.outbox > 0 || sync.instances.some((x) => (x.behind?.entries ?? 0) > 0)) return 'behind';
  return sync.instances.every((x) => x.behind) ? 'in-step' : 'unknown';
}

/** The device, the archive, and what is between them. */
export function Instances({ standing, sync, degraded }: { standing: Standing; sync: SyncState | null; degraded: boolean }) {
  const connected = sync?.bridgeConnected === true;
  const link = standing === 'away' ? t.sync.notKnown : !sync ? t.loading : connected ? t.sync.connected : t.sync.apart;
  return (
    <>
      <p className={`verdict ${standing}`}>{t.sync.standing[standing]}</p>
      <div className="parts">
        <Instance side="sparse" x={instance_of(sync, 'sparse')} connected={connected} good={standing !== 'away' && !degraded} icon={<Monitor size={24} aria-hidden="true" />}>
          {standing === 'away' ? t.sync.away : degraded ? t.sync.degraded : t.sync.running}
        </Instance>
        <div className={`wire ${connected ? 'good' : 'bad'}`}>
          {connected ? <ArrowLeftRight size={22} aria-hidden="true" /> : <Unplug size={22} aria-hidden="true" />}
          <span>{link}</span>
        </div>
        <Instance side="archive" x={instance_of(sync, 'archive')} connected={connected} good={connected} icon={<Archive size={24} aria-hidden="true" />}>
          {link}
        </Instance>
      </div>
    </>
  );
}

function Instance({ side, x, connected, good, icon, children }: { side: Side; x: InstanceSync | undefined; connected: boolean; good: boolean; icon: ReactNode; children: ReactNode }) {
  const id = useId();
  const { figures, behind } = x ?? {};
  const lost = figures?.lost ?? 0;
  return (
    <section className={`part ${good ? 'good' : 'bad'}`} aria-labelledby={id}>
      <header>
        {icon}
        <div>
          <h2 id={id}>{t.sync.sides[side]}</h2>
          <p>{children}</p>
        </div>
      </header>
      <dl className="figures">
        <Figure name={t.sync.behind[side]} className={`lag${behind?.entries ? ' waits' : ''}`}>
          {!behind ? t.sync.notKnown : behind.entries === 0 ? t.sync.nothing : t.sync.behindBy(behind.entries, duration(behind.ageMs))}
        </Figure>
        {figures ? (
          <>
            <Figure name={t.sync.objects}>{number(figures.objects)}</Figure>
            <Figure name={t.sync.size}>{bytes(figures.bytes)}</Figure>
            <Figure name={t.sync.rate}>{number(figures.entriesPerSecond, 1)}</Figure>
            <Figure name={t.sync.commits}>{number(figures.commitsPerSecond, 1)}</Figure>
            <Figure name={t.sync.damaged} className={lost ? 'lost' : ''}>
              {lost ? t.sync.lost(lost) : t.sync.nothing}
            </Figure>
          </>
        ) : null}
      </dl>
      {x && !figures ? <p className="no-figures">{connected ? t.sync.figuresLate : t.sync.figuresAway}</p> : null}
    </section>
  );
}

function Figure({ name, className = '', children }: { name: string; className?: string; children: ReactNode }) {
  return (
    <div className={className}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The last two minutes of both, drawn. `current`: the last sample tells how it is now. */
export function Charts({ samples, current }: { samples: Sample[]; current: boolean }) {
  return (
    <div className="charts">
      <Chart title={t.sync.chartBehind} samples={samples} current={current} choose={(x, side) => x.behind[side]} />
      <Chart title={t.sync.chartRate} samples={samples} current={current} choose={(x, side) => x.rates[side]} />
    </div>
  );
}

const chart_width = 600;
const chart_height = 120;

/** Newest at the right. A line breaks where nothing is known. */
function Chart({ title, samples, current, choose }: { title: string; samples: Sample[]; current: boolean; choose: (x: Sample, side: Side) => number | null }) {
  const now = samples.at(-1);
  const values = (side: Side) => samples.map((x) => choose(x, side)).filter((x) => x !== null);
  const top = top_of_scale(Math.max(0, ...sides.flatMap(values)));
  const place = ({ at, y }: Point) => `${(chart_width - (((now?.at ?? 0) - at) / window_ms) * chart_width).toFixed(1)},${(chart_height - 2 - (y / top) * (chart_height - 6)).toFixed(1)}`;
  const told = (side: Side) => {
    const value = current && now ? choose(now, side) : null;
    return t.sync.chartText(value === null ? t.sync.notKnown : number(value, 1), number(Math.max(0, ...values(side)), 1));
  };
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <div className="plot">
        <span className="scale" aria-hidden="true">
          {number(top)}
        </span>
        <svg viewBox={`0 0 ${chart_width} ${chart_height}`} preserveAspectRatio="none" role="img" aria-label={`${title}. ${sides.map((side) => `${t.sync.sides[side]}: ${told(side)}`).join('. ')}`}>
          <line className="chart-grid" x1="0" x2={chart_width} y1="4" y2="4" />
          <line className="chart-base" x1="0" x2={chart_width} y1={chart_height - 0.5} y2={chart_height - 0.5} />
          {sides.map((side) =>
            pieces(samples, (x) => choose(x, side)).map((piece) => <polyline key={`${side}-${piece[0]!.at}`} className={`chart-line ${side}`} points={piece.map(place).join(' ')} />),
          )}
        </svg>
      </div>
      <p className="chart-time" aria-hidden="true">
        <span>{t.sync.chartFrom}</span>
        <span>{t.sync.chartTo}</span>
      </p>
      <ul className="legend" aria-hidden="true">
        {sides.map((side) => (
          <li key={side}>
            <svg className="swatch" viewBox="0 0 24 4">
              <line className={`chart-line ${side}`} x1="0" x2="24" y1="2" y2="2" />
            </svg>
            {t.sync.sides[side]}: <span className="told">{told(side)}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}
