import { describe, expect, it } from 'vitest';
import type { NodeStatus } from './app.ts';
import { type Sample, most_samples, object_store_of, rates, with_sample } from './samples.ts';

describe('samples', () => {
  it('give changes a second', () => {
    const all = [
      { at: 0, sequence: 10 },
      { at: 2_000, sequence: 30 },
      { at: 4_000, sequence: 30 },
    ].reduce<Sample[]>(with_sample, []);
    expect(rates(all)).toEqual([10, 0]);
  });

  it('begin anew where the counter fell', () => {
    expect(with_sample([{ at: 0, sequence: 10 }], { at: 1, sequence: 3 })).toEqual([{ at: 1, sequence: 3 }]);
  });

  it('are kept for two minutes', () => {
    let all: Sample[] = [];
    for (let i = 0; i < 100; i++) all = with_sample(all, { at: i, sequence: i });
    expect(all.length).toBe(most_samples);
    expect(all.at(-1)?.at).toBe(99);
  });

  it('come from the store among the actors', () => {
    const status = { actors: { bridge: {}, 'object-store/anna': { objects: 3, sequence: 9, waiting: 0 } } } as unknown as NodeStatus;
    expect(object_store_of(status)).toEqual({ objects: 3, sequence: 9 });
    expect(object_store_of({ actors: { 'object-store/anna': 'no answer' } } as unknown as NodeStatus)).toBeNull();
    expect(object_store_of(null)).toBeNull();
  });
});
