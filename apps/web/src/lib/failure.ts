import { NodeError } from '@lama/ipc-client';
import { t } from '../strings.ts';

/** A failure in words that say what to do. */
export function words_of(problem: unknown): string {
  if (!(problem instanceof NodeError)) return problem instanceof Error ? problem.message : String(problem);
  if (problem.data.logId) return t.errors.log(problem.data.logId);
  if (problem.data['queued']) return t.queue.kept;
  return t.errors.byKind[problem.kind] ?? problem.message;
}
