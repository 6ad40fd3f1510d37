/** What travels over a node's JSON-RPC, as docs/ipc.md describes it. Hashes are 64 lower-case hex digits, times ISO 8601 in UTC with milliseconds. */

export type Hash = string;
export type Time = string;

/** How far a message has come: it waits in the outbox, the archive has posted it, another person's node has fetched it, or the archive refused it. */
export type MessageState = 'on-this-device' | 'in-archive' | 'delivered' | 'refused';

export interface Attachment {
  blob: Hash;
  name: string;
  type: string;
  size: number;
  /** The bytes are not on this side (yet). */
  missing?: boolean;
}

export interface Message {
  messageHash: Hash;
  conversationId: string;
  time: Time;
  sender: Hash;
  senderName: string;
  me: boolean;
  text: string;
  state: MessageState;
  /** Why it was refused. */
  reason?: string;
  attachments?: Attachment[];
  signedBy?: { personId: Hash; verified: boolean };
  imported?: { source: string; author: string; line: number };
}

export interface Participant {
  personId: Hash;
  name: string;
  me: boolean;
}

export interface Conversation {
  conversationId: string;
  title: string;
  kind: string;
  participants: Participant[];
  takesMessages: boolean;
  lastText?: string;
  lastTime?: Time;
  count?: number;
  importedFrom?: string;
}

export interface Contact {
  personId: Hash;
  name: string;
  state: string;
  since: Time;
  instanceId?: Hash;
  online?: boolean;
}

export interface Connection {
  id: string;
  url: string;
  status: string;
  group: string;
  user: string;
  personId: string;
  detail: string;
}

export interface NodeUser {
  username: string;
  unlocked: boolean;
}

/** Who is logged in. `publicPersonId` is the person whom friends know, `ownerId` this device's own. */
export interface Instance {
  instanceId: Hash;
  ownerId: Hash;
  publicKey: string;
  username: string;
  publicPersonId: Hash;
}

export interface LoginResult {
  success: boolean;
  instanceId?: Hash;
  ownerId?: Hash;
  publicPersonId?: Hash;
  error?: string;
  reason?: string;
}

export interface NodeStatus {
  status: string;
  side: string;
  version: string;
  uptimeMs: number;
  bridgeConnected: boolean;
  users: string[];
  /** What each actor says of itself, by role. */
  actors: Record<string, unknown>;
  connections: Connection[];
}

export interface Invitation {
  token: string;
  publicKey: string;
  url: string;
}

export interface State {
  user: { username: string; personId: Hash; ownerId: Hash; instanceId: Hash };
  conversations: Conversation[];
  contacts: Contact[];
  connections: Connection[];
  sync: Record<string, unknown>;
  ai: Record<string, unknown>;
  settings: Record<string, unknown>;
}

/** What a call takes and what it answers, by the name of its channel. */
export interface Channels {
  'one-core:init': { params: Record<string, never>; result: boolean };
  'one-core:register': { params: { username: string; password: string; email?: string }; result: LoginResult };
  'one-core:login': { params: { username: string; password: string }; result: LoginResult };
  'one-core:logout': { params: Record<string, never>; result: { success: boolean } };
  'one-core:getInstance': { params: Record<string, never>; result: Instance | null };
  'one-core:getObject': { params: { hash: Hash }; result: { object: Record<string, unknown>; hash: Hash } | null };
  'one-core:createObject': { params: { type: string; data: unknown }; result: { hash: Hash; object: unknown } };
  'one-core:updateObject': { params: { hash: Hash; updates: Record<string, unknown> }; result: { newHash: Hash; object: unknown } };
  'one-core:storage:query': {
    params: { type: string; filter?: Record<string, unknown>; limit?: number; cursor?: string };
    result: { objects: { hash: Hash; data: unknown; idHash?: Hash }[]; cursor?: string };
  };
  'one-core:network:status': { params: Record<string, never>; result: { connections: Connection[]; listeningPort: number } };
  'action:sendMessage': {
    params: { conversationId: string; text: string; attachments?: { blob: Hash; name: string; type: string }[]; needsAI?: boolean };
    result: { messageHash: Hash; conversation: Conversation | null };
  };
  'action:createConversation': {
    params: { name?: string; participants?: Hash[] };
    result: { conversationId: string; conversation: Conversation | null };
  };
  'query:getState': { params: Record<string, never>; result: State };
  'query:getConversation': { params: { conversationId: string }; result: { conversation: Conversation } };
  'query:getConversations': { params: Record<string, never>; result: { conversations: Conversation[] } };
  'query:getContacts': { params: Record<string, never>; result: { contacts: Contact[] } };
  'query:getMessages': {
    params: { conversationId: string; limit?: number; before?: Time };
    result: { messages: Message[]; more: boolean };
  };
  'pairing:createInvitation': { params: Record<string, never>; result: { invitation: Invitation | string; link: string; qr: string[] } };
  'pairing:acceptInvitation': { params: { invitation: string | Invitation }; result: { personId: Hash; instanceId: Hash } };
  'app:verify': {
    params: Record<string, never>;
    result: {
      user: string;
      side: string;
      objects: number;
      idObjects: number;
      blobs: number;
      bytes: number;
      heads: number;
      references: number;
      problemCount: number;
      problems: string[];
    };
  };
  'node:status': { params: Record<string, never>; result: NodeStatus };
  'node:users': { params: Record<string, never>; result: { users: NodeUser[] } };
}

/** What the node says unasked. */
export interface Notifications {
  'update:messageReceived': { conversationId: string; message: Message };
  'update:messageState': { conversationId: string; messageHash: Hash; state: MessageState; reason?: string };
  'update:stateChanged': { changed: string[] };
  'update:contactOnline': { personId: Hash; online: boolean };
  'one-core:event:connectionStatus': { connectionId: string; status: string };
  'one-core:event:channelMessage': { channelId: string; message: Message };
}
