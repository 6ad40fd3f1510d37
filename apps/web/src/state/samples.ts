import type { InstanceSync, Result } from '@lama/ipc-client';

/** What the dashboard draws: how the two instances stood, look by look. */

export type SyncState = Result<'query:getSync'>;
export type Side = InstanceSync['side'];

/** Null: not known then. */
export type BothSides = Record<Side, number | null>;

export interface Sample {
  at: number; // milliseconds
  /** Changes a second. */
  rates: BothSides;
  /** Changes of the other one that it does not have yet. */
  behind: BothSides;
}

export const look_every_ms = 2_000;
export const window_ms = 120_000;

/** Between looks this far apart nothing is known: the page was hidden, or the node away. */
const silence_ms = 5 * look_every_ms;

export const instance_of = (sync: SyncState | null, side: Side) => sync?.instances.find((x) => x.side === side);

export function sample_of(sync: SyncState, at: number): Sample {
  const both = (choose: (x: InstanceSync) => number | undefined): BothSides => {
    const of = (side: Side) => {
      const x = instance_of(sync, side);
      return (x && choose(x)) ?? null;
    };
    return { sparse: of('sparse'), archive: of('archive') };
  };
  return { at, rates: both((x) => x.figures?.entriesPerSecond), behind: both((x) => x.behind?.entries) };
}

export function with_sample(all: Sample[], x: Sample): Sample[] {
  return [...all.filter((before) => before.at < x.at && before.at > x.at - window_ms), x];
}

export interface Point {
  at: number;
  y: number;
}

/** The pieces of a line: it ends where a value is not known, and goes on where one is known again. */
export function pieces(all: Sample[], choose: (x: Sample) => number | null): Point[][] {
  const found: Point[][] = [];
  let piece: Point[] = [];
  for (const x of all) {
    const y = choose(x);
    const last = piece.at(-1);
    if (y === null || (last && x.at - last.at > silence_ms)) piece = [];
    if (y === null) continue;
    if (piece.length === 0) found.push(piece);
    piece.push({ at: x.at, y });
  }
  return found;
}

/** The top of a scale that does not jump with every value: 1, 2 or 5 and noughts. */
export function top_of_scale(highest: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, highest)));
  return [1, 2, 5, 10].map((x) => x * power).find((x) => x >= highest) ?? 10 * power;
}
