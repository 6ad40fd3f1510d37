import type { NodeStatus } from './app.ts';

/** What the dashboard draws: how fast the store changes, measured from its counter. */

export interface Sample {
  at: number; // milliseconds
  sequence: number;
}

/** Two minutes, one every two seconds. */
export const most_samples = 61;

export function object_store_of(status: NodeStatus | null): { objects: number; sequence: number } | null {
  const found = Object.entries(status?.actors ?? {}).find(([role]) => role.startsWith('object-store'))?.[1];
  if (typeof found !== 'object' || found === null) return null;
  const { objects, sequence } = found as { objects?: unknown; sequence?: unknown };
  return typeof objects === 'number' && typeof sequence === 'number' ? { objects, sequence } : null;
}

export function with_sample(all: Sample[], x: Sample): Sample[] {
  // A counter that fell is another store's, or that of a node that was started again.
  const last = all.at(-1);
  const kept = last && last.sequence > x.sequence ? [] : all;
  return [...kept, x].slice(-most_samples);
}

/** Changes a second, between each two samples. */
export function rates(all: Sample[]): number[] {
  return all.slice(1).map((x, i) => {
    const before = all[i]!;
    return x.at > before.at ? ((x.sequence - before.sequence) * 1000) / (x.at - before.at) : 0;
  });
}
