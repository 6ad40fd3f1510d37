/** Client of a LAMA node: docs/ipc.md. */
export { NodeClient } from './client.ts';
export type { CallOptions, ClientEvents, ClientOptions, Outcome, Params, Result } from './client.ts';
export { NodeError, error_of } from './errors.ts';
export type { ErrorData, ErrorKind } from './errors.ts';
export { BrowserStorage, MemoryStorage, Outbox } from './outbox.ts';
export type { OutboxEntry, OutboxEvents, OutboxOptions, OutboxStorage } from './outbox.ts';
export { Link } from './socket.ts';
export type { Endpoint, LinkOptions, LinkState, SocketConstructor, SocketLike } from './socket.ts';
export type * from './types.gen.ts';
export { errorCodes, needsLogin } from './types.gen.ts';
