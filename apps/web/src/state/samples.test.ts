import { describe, expect, it } from 'vitest';
import { type Sample, type SyncState, look_every_ms, pieces, sample_of, top_of_scale, window_ms, with_sample } from './samples.ts';

const figures = { sequence: 9, objects: 3, bytes: 100, lost: 0, entriesPerSecond: 2.5, commitsPerSecond: 1 };
const apart: SyncState = {
  sequence: 9,
  bridgeConnected: false,
  outbox: 1,
  outboxAgeMs: 10,
  status: 'offline',
  instances: [
    { side: 'sparse', here: true, figures },
    { side: 'archive', here: false, behind: { entries: 4, ageMs: 10 } },
  ],
};
const sample = (at: number, rate: number | null = 0): Sample => ({ at, rates: { sparse: rate, archive: null }, behind: { sparse: null, archive: null } });
const rate = (x: Sample) => x.rates.sparse;

describe('samples', () => {
  it('tell of both instances, and what is not known', () => {
    expect(sample_of(apart, 5)).toEqual({ at: 5, rates: { sparse: 2.5, archive: null }, behind: { sparse: null, archive: 4 } });
  });

  it('are kept for two minutes', () => {
    let all: Sample[] = [];
    for (let i = 0; i < 100; i++) all = with_sample(all, sample(i * look_every_ms));
    expect(all.length).toBe(window_ms / look_every_ms);
    expect(all.at(-1)?.at).toBe(99 * look_every_ms);
  });

  it('begin anew where the clock was put back', () => {
    expect(with_sample([sample(10)], sample(3)).map((x) => x.at)).toEqual([3]);
  });

  it('make a line that breaks where nothing is known', () => {
    const all = [sample(0, 1), sample(2_000, 2), sample(4_000, null), sample(6_000, 3), sample(60_000, 4), sample(62_000, 5)];
    expect(pieces(all, rate).map((x) => x.map(({ y }) => y))).toEqual([[1, 2], [3], [4, 5]]);
  });

  it('are drawn on a scale of round numbers', () => {
    expect([0, 0.4, 1, 1.1, 3, 12, 50, 51, 99].map(top_of_scale)).toEqual([1, 1, 1, 2, 5, 20, 50, 100, 100]);
  });
});
