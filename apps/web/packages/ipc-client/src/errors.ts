/** Every way in which asking a node can fail. The first ones are the node's (docs/ipc.md, Errors), the last four the client's own. */
export type ErrorKind =
  | 'parse'
  | 'invalid-request'
  | 'unknown-channel'
  | 'bad-parameter'
  | 'not-logged-in'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'rate-limited'
  | 'overloaded'
  | 'offline'
  | 'corrupt'
  | 'no-model'
  | 'timeout'
  | 'internal'
  /** The connection to the node is not there, or ended before the answer came: it may have been carried out. */
  | 'disconnected'
  /** The node does not know our token or cookie. */
  | 'unauthorized'
  /** The caller gave up. */
  | 'cancelled'
  /** The node said what nobody can understand. */
  | 'protocol';

const kinds = new Map<number, ErrorKind>([
  [-32700, 'parse'],
  [-32600, 'invalid-request'],
  [-32601, 'unknown-channel'],
  [-32602, 'bad-parameter'],
  [-32603, 'internal'],
  [-32001, 'not-logged-in'],
  [-32002, 'forbidden'],
  [-32003, 'not-found'],
  [-32004, 'conflict'],
  [-32005, 'rate-limited'],
  [-32006, 'overloaded'],
  [-32007, 'offline'],
  [-32008, 'corrupt'],
  [-32009, 'no-model'],
  [-32010, 'timeout'],
  [-32099, 'internal'],
]);

export interface ErrorData {
  /** -32602: which parameter, as a JSON pointer, and what is wrong with it. */
  path?: string;
  reason?: string;
  /** -32005: when to ask again. */
  retryAfterMs?: number;
  /** -32099: the node's log says more under it. */
  logId?: string;
  [name: string]: unknown;
}

export class NodeError extends Error {
  override readonly name = 'NodeError';

  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly data: ErrorData = {},
    readonly code?: number,
  ) {
    super(message);
  }

  /** The same call may work later without anybody changing anything. */
  get passing(): boolean {
    return ['disconnected', 'overloaded', 'rate-limited', 'offline', 'timeout'].includes(this.kind);
  }
}

/** Of the `error` member of an answer, whatever it is. */
export function error_of(x: unknown): NodeError {
  if (typeof x !== 'object' || x === null) return new NodeError('protocol', 'The node answered with an error that is no object.');
  const { code, message, data } = x as { code?: unknown; message?: unknown; data?: unknown };
  const number = typeof code === 'number' ? code : 0;
  const details = typeof data === 'object' && data !== null ? (data as ErrorData) : {};
  return new NodeError(kinds.get(number) ?? 'internal', typeof message === 'string' ? message : 'The node did not say why.', details, number);
}
