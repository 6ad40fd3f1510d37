// Written by config/ipc_generate.py from config/ipc.schema.json.

/** SHA-256 of an object, an id object or a blob. */
export type Hash = string;

/** ISO 8601 in UTC with milliseconds. */
export type Time = string;

/** A version of an object: its node, its data, how it came to be. */
export type Version = {
  node: Hash;
  hash: Hash;
  kind: "edge" | "change" | "merge";
  time: Time;
  current: boolean;
};

/** ISO 8601, or milliseconds since 1970. */
export type When = string | number;

/** 1 to 64 of a-z 0-9 . _ -, not beginning with a dot. */
export type Username = string;

export type Password = string;

/** As `query:getConversations` gives it. */
export type ConversationId = string;

/** An object of the store: its fields, and its type in `$type$`. */
export type StoredObject = {
  "$type$": string;
  [field: string]: unknown;
};

export type Attachment = {
  blob: Hash;
  name?: string;
  type?: string;
};

export type ShownAttachment = {
  blob: Hash;
  name: string;
  type: string;
  size: number;
  /** Its bytes are not on this side. */
  missing?: boolean;
};

export type Participant = {
  personId: Hash;
  name: string;
  me: boolean;
};

export type Message = {
  messageHash: Hash;
  conversationId: string;
  time: Time;
  sender: Hash;
  senderName: string;
  me: boolean;
  text: string;
  /** `on-this-device`: it waits in the outbox. `in-archive`: the archive has it. `delivered`: another participant's node has it on its disk, and said so. `refused`: the archive did not post it; it stays on this device until it is deleted. */
  state: "on-this-device" | "in-archive" | "delivered" | "refused";
  /** Why it was refused. */
  reason?: string;
  /** When its sender last changed it; `text` is what it says now. */
  edited?: Time;
  /** When its sender deleted it: `text` is empty, and there are no attachments. */
  deleted?: Time;
  attachments?: ShownAttachment[];
  /** Whose signature it bears, and whether that is good. */
  signedBy?: {
    personId: Hash;
    verified: boolean;
  };
  /** Of a message with attachments: where it stands, by which a device has its archive fetch them. */
  entry?: {
    channel: Hash;
    hash: Hash;
  };
  /** Of history from elsewhere (docs/import.md). */
  imported?: {
    source: string;
    author: string;
    line: number;
  };
};

export type Conversation = {
  conversationId: string;
  title: string;
  kind: "direct" | "group" | "ai" | "imported";
  participants: Participant[];
  takesMessages: boolean;
  /** Messages can be edited and deleted: every participant's node understands it (docs/annotations.md). */
  takesChanges: boolean;
  /** Others' messages since the user last read or wrote, on whatever device; 100: as many or more. */
  unread: number;
  /** The newest message was deleted. */
  lastDeleted?: boolean;
  lastText?: string;
  lastTime?: Time;
  count?: number;
  importedFrom?: string;
};

export type Contact = {
  personId: Hash;
  name: string;
  state: "contact" | "blocked" | "ai";
  since: Time;
  instanceId?: Hash;
};

/** How far the user's other instance is behind: entries of the change log that it has not acknowledged, and how long the oldest has waited. */
export type Lag = {
  entries: number;
  ageMs: number;
};

/** One of the user's two instances: what it says of itself, and how far it is behind the other, which says that. */
export type InstanceSync = {
  side: "sparse" | "archive";
  /** It is the one that was asked. */
  here: boolean;
  figures?: {
    /** Entries of its change log. */
    sequence: number;
    objects: number;
    /** Of all objects and files, without indexes. */
    bytes: number;
    /** Damaged, and not healed yet. */
    lost: number;
    /** Over the last ten seconds, as all rates. */
    entriesPerSecond: number;
    commitsPerSecond: number;
  };
  behind?: Lag;
};

export type Connection = {
  id: string;
  /** Empty for incoming ones. */
  url: string;
  status: "connecting" | "handshake" | "established" | "waiting";
  group: "chum" | "pairing" | "ipc" | "";
  user: string;
  /** Empty while it is not known. */
  personId: string;
  /** The protocol in use, or the last error. */
  detail: string;
  lag?: Lag;
};

export type Channel = {
  channelId: Hash;
  conversationId: string;
  name: string;
  type: "direct" | "group" | "ai" | "imported";
  takesMessages: boolean;
};

/** What the other side showed: the link, or the JSON. */
export type Invitation = string | Record<string, unknown>;

/** The invitation of docs/protocol/02 §6.1. */
export type PairingInvite = {
  token: string;
  publicKey: string;
  url: string;
};

export type LoginResult = {
  success: boolean;
  instanceId?: Hash;
  ownerId?: Hash;
  publicPersonId?: Hash;
  /** For people. */
  error?: string;
  reason?: "wrong_secret" | "conflict" | "bad_input" | "offline" | "not_found" | "corrupt";
};

/** By name; any JSON. */
export type Settings = Record<string, unknown>;

export type QueuedCall = {
  id: string;
  method: string;
  params: Record<string, unknown>;
  since: Time;
  /** `waiting` for the archive, or `running`. */
  state: "waiting" | "running";
};

/** Numbers of errors (docs/ipc.md). */
export const errorCodes = {
  "-32700": "not JSON",
  "-32600": "not a call",
  "-32601": "no such channel",
  "-32602": "parameters that do not fit: `data.path`, `data.reason`",
  "-32001": "not logged in",
  "-32002": "forbidden",
  "-32003": "not found",
  "-32004": "conflict",
  "-32005": "rate limited: `data.retryAfterMs`",
  "-32006": "overloaded",
  "-32007": "the archive is not connected; `data.queued` is the id of the call that was kept for later, where it was",
  "-32008": "corrupt",
  "-32009": "no AI model",
  "-32010": "timeout",
  "-32099": "internal: `data.logId`, under which the log says more",
} as const;

/** Every channel: what it takes and what it answers. */
export interface Channels {
  /** The node is there. */
  "one-core:init": { params: Record<string, never>; result: boolean };
  /** The instance of who is logged in; with the password, the data dir's only user is logged in first. */
  "one-core:createInstance": { params: {
    password?: Password;
  }; result: {
    instanceId: Hash;
    ownerId: Hash;
  } };
  /** Makes a user on this device and its archive, and logs in. */
  "one-core:register": { params: {
    username: Username;
    password: Password;
    email?: string;
  }; result: LoginResult };
  /** Unlocks a user, and binds the user to the websocket or cookie. */
  "one-core:login": { params: {
    username: Username;
    password: Password;
  }; result: LoginResult };
  /** Locks the user's keys on this side and closes its connections; its data stays. */
  "one-core:logout": { params: Record<string, never>; result: {
    success: boolean;
  } };
  /** Who is logged in; null: nobody. */
  "one-core:getInstance": { params: Record<string, never>; result: {
    instanceId: Hash;
    ownerId: Hash;
    publicKey: string;
    username: string;
    publicPersonId: Hash;
  } | null };
  /** An object by its hash; by an id's hash, its current version. Null: not here. */
  "one-core:storage:get": { params: {
    hash: Hash;
  }; result: {
    data: StoredObject;
    hash: Hash;
  } | null };
  /** Stores an object; a versioned one becomes the current version. */
  "one-core:storage:set": { params: {
    type?: string;
    data: Record<string, unknown>;
  }; result: {
    hash: Hash;
  } };
  /** Objects of a type in the order of writing. `filter` names fields and what they must be. */
  "one-core:storage:query": { params: {
    type: string;
    filter?: Record<string, unknown>;
    limit?: number;
    /** Of an earlier answer. */
    cursor?: string;
  }; result: {
    objects: {
      hash: Hash;
      data: StoredObject;
      idHash?: Hash;
    }[];
    /** Where to go on; absent: that was all. */
    cursor?: string;
  } };
  /** Stores an object and gives it back as stored. */
  "one-core:createObject": { params: {
    type?: string;
    data: Record<string, unknown>;
  }; result: {
    hash: Hash;
    object: StoredObject;
  } };
  /** As `one-core:storage:get`. */
  "one-core:getObject": { params: {
    hash: Hash;
  }; result: {
    object: StoredObject;
    hash: Hash;
  } | null };
  /** Stores the object with some fields changed; a field that is set to null goes. A versioned object gets a new version. */
  "one-core:updateObject": { params: {
    hash: Hash;
    updates: Record<string, unknown>;
  }; result: {
    newHash: Hash;
    object: StoredObject;
  } };
  /** Versions of a versioned object, newest first, at most 1000; `hash` is its id, or an object that is one of them. A device has the current version of what its archive writes; of types that a user registered it asks the archive for the others, while that is connected. */
  "storage:log": { params: {
    hash: Hash;
  }; result: {
    versions: Version[];
  } };
  /** What differs between two versions of an object, field by field. A version is named by the beginning of its node's or its data's hash, or by how many steps it is back; left out, `from` is 1 and `to` is 0, the current one. */
  "storage:diff": { params: {
    hash: Hash;
    from?: string;
    to?: string;
  }; result: {
    type: string;
    from: Version;
    to: Version;
    changes: {
      path: string;
      before?: unknown;
      after?: unknown;
    }[];
    /** False: there are more changes than are listed. */
    complete: boolean;
  } };
  /** Makes an older version of an object the current one, as a change on top of the present one. */
  "storage:restore": { params: {
    hash: Hash;
    /** As in `storage:diff`. */
    version: string;
  }; result: {
    hash: Hash;
    node: Hash;
  } };
  /** Makes a conversation and answers with its channel. */
  "one-core:channel:create": { params: {
    name: string;
    /** What the channel is for; `chat` where it is left out. */
    type?: "chat";
  }; result: {
    channelId: Hash;
    channel: Channel;
  } };
  /** The channel, if it is known here; channels are shared by their owners' grants, not by asking. */
  "one-core:channel:join": { params: {
    channelId: Hash;
  }; result: {
    success: boolean;
    channel?: Channel;
    error?: string;
  } };
  /** Posts a message to the channel's conversation. */
  "one-core:channel:post": { params: {
    channelId: Hash;
    message: string | {
      text: string;
      attachments?: Attachment[];
    };
  }; result: {
    messageHash: Hash;
  } };
  /** A channel's messages, oldest first: `limit` of them before the newest `offset`. */
  "one-core:channel:getMessages": { params: {
    channelId: Hash;
    limit?: number;
    offset?: number;
  }; result: {
    messages: Message[];
  } };
  /** Dials a person's node whose address is known, now rather than after its pause. Strangers are met by invitation. */
  "one-core:network:connect": { params: {
    url: string;
    options?: Record<string, unknown>;
  }; result: {
    connectionId: string;
    status: string;
  } };
  /** Closes a connection; one that is kept up comes back after a pause. */
  "one-core:network:disconnect": { params: {
    connectionId: string;
  }; result: {
    success: boolean;
  } };
  /** Connections of the user, and those that are nobody's yet. The archive's, where `side` says so. */
  "one-core:network:status": { params: {
    side?: "here" | "archive";
  }; result: {
    connections: Connection[];
    listeningPort: number;
  } };
  /** As `one-core:login`. */
  "action:login": { params: {
    username: Username;
    password: Password;
  }; result: LoginResult };
  /** As `one-core:logout`. */
  "action:logout": { params: Record<string, never>; result: {
    success: boolean;
  } };
  /** Writes a message. On the device it is finished in the outbox, connected or not. */
  "action:sendMessage": { params: {
    conversationId: ConversationId;
    text: string;
    attachments?: Attachment[];
    needsAI?: boolean;
    /** Chosen by the caller, one a message: given again to the same side, also after a restart, the first message's hash answers and nothing is written. */
    requestId?: string;
  }; result: {
    messageHash: Hash;
    conversation: Conversation | null;
  } };
  /** Changes the text of a message of one's own, offline too. -32002: another's; -32004: a participant's node does not understand it (`takesChanges`), imported, or deleted. */
  "action:editMessage": { params: {
    conversationId: ConversationId;
    messageHash: Hash;
    text: string;
    /** As in `action:sendMessage`. */
    requestId?: string;
  }; result: {
    message: Message;
  } };
  /** Deletes a message of one's own for all who have it: nothing of it is shown any more. Errors as of `action:editMessage`. */
  "action:deleteMessage": { params: {
    conversationId: ConversationId;
    messageHash: Hash;
    /** As in `action:sendMessage`. */
    requestId?: string;
  }; result: {
    message: Message;
  } };
  /** The user has seen the conversation up to this message; all their devices learn it, others do not. */
  "action:markRead": { params: {
    conversationId: ConversationId;
    messageHash: Hash;
  }; result: {
    conversation: Conversation;
  } };
  /** How the user calls a contact, which nobody else sees; an empty name: as they call themselves. */
  "action:renameContact": { params: {
    personId: Hash;
    name: string;
  }; result: {
    personId: Hash;
    name: string;
  } };
  /** How the user is called, in their own profile: all contacts see it. `query:getState` tells it (`user.name`). */
  "action:setName": { params: {
    name: string;
  }; result: {
    name: string;
  } };
  /** Makes a conversation; with one participant and no name, a one-to-one one. `ai`: with that model's person. */
  "action:createConversation": { params: {
    name?: string;
    participants?: Hash[];
    ai?: string;
    /** As in `action:sendMessage`, on the archive. */
    requestId?: string;
  }; result: {
    conversationId: string;
    conversation: Conversation | null;
  } };
  /** Pairs with an invitation, or notes a person by email who has no node (yet). */
  "action:addContact": { params: {
    invitation: Invitation;
  } | {
    email: string;
    name?: string;
  }; result: {
    personId: Hash;
  } };
  /** Changes settings by name (of at most 128 characters); null takes one away. Answers all. */
  "action:updateSettings": { params: Record<string, unknown>; result: {
    settings: Settings;
  } };
  /** The user's settings on this side. */
  "query:getSettings": { params: Record<string, never>; result: {
    settings: Settings;
  } };
  /** All that a page needs at its start. */
  "query:getState": { params: Record<string, never>; result: {
    user: {
      username: string;
      /** As others see it; the user name where none was set (`action:setName`). */
      name: string;
      /** The person that others know: the archive's. */
      personId: string;
      ownerId: Hash;
      instanceId: Hash;
    };
    conversations: Conversation[];
    contacts: Contact[];
    connections: Connection[];
    sync: {
      sequence: number;
      /** Archive and device are connected. */
      bridgeConnected: boolean;
      /** Messages that the archive has not taken yet. */
      outbox: number;
      /** How long the oldest of them has waited. */
      outboxAgeMs: number;
    };
    ai: {
      models: Record<string, unknown>[];
    };
    queue: QueuedCall[];
    settings: Settings;
    node: {
      side: "archive" | "sparse";
      version: string;
      channelWindow: number;
    };
  } };
  /** One conversation. */
  "query:getConversation": { params: {
    conversationId: ConversationId;
  }; result: {
    conversation: Conversation;
  } };
  /** All conversations, newest first. */
  "query:getConversations": { params: Record<string, never>; result: {
    conversations: Conversation[];
  } };
  /** All contacts, by name. */
  "query:getContacts": { params: Record<string, never>; result: {
    contacts: Contact[];
  } };
  /** Messages of a conversation, oldest first; what the device does not keep comes from the archive. Without `after` the newest, or the newest before `before`; with `after` the oldest after it. `more`: there are others in the direction that was asked for. */
  "query:getMessages": { params: {
    conversationId: ConversationId;
    limit?: number;
    before?: When;
    after?: When;
  }; result: {
    messages: Message[];
    more: boolean;
  } };
  /** Both instances of the user in numbers, and how far each is behind the other. The archive's own come from the archive: absent while it is not connected. */
  "query:getSync": { params: Record<string, never>; result: {
    sequence: number;
    /** Archive and device are connected. */
    bridgeConnected: boolean;
    /** Messages that the archive has not taken yet. */
    outbox: number;
    /** How long the oldest of them has waited. */
    outboxAgeMs: number;
    status: "offline" | "syncing" | "idle";
    /** The device, then the archive. */
    instances: InstanceSync[];
  } };
  /** The newest message that has this file attached, by its place: the conversation, and the entry of its channel. What the device does not keep is looked for in the archive; a conversation is read through (some 100 to 300 µs a message). `GET /blob/HASH` looks by itself. */
  "query:findAttachment": { params: {
    blob: Hash;
  }; result: {
    conversationId: string;
    channel: Hash;
    entry: Hash;
    time: Time;
  } };
  /** Messages in which every word of `text` occurs, newest first; case and accents do not matter. The archive looks through all; without it the device through what it keeps (`everywhere` false). With `more`, ask again with `before`. */
  "query:search": { params: {
    text: string;
    conversationId?: ConversationId;
    limit?: number;
    before?: When;
  }; result: {
    messages: Message[];
    more: boolean;
    before?: Time;
    everywhere: boolean;
  } };
  /** Makes or unlocks a user's archive instance; `secret` stands in bridge.json. On the archive's port only. */
  "provision:node": { params: {
    secret: string;
    username: Username;
    password: Password;
  }; result: {
    nodeId: Hash;
    endpoint: string;
    pairingInvite: PairingInvite;
  } };
  /** An invitation for a friend, good for 15 minutes. `qr` are rows of `1` (dark) and `0`. */
  "pairing:createInvitation": { params: Record<string, never>; result: {
    invitation: PairingInvite;
    link: string;
    qr: string[];
    expires: Time;
  } };
  /** Dials who made the invitation and pairs. */
  "pairing:acceptInvitation": { params: {
    invitation: Invitation;
  }; result: {
    personId: Hash;
    instanceId: Hash;
  } };
  /** My devices. */
  "iom:devices": { params: Record<string, never>; result: unknown };
  /** Another device of mine. */
  "iom:addDevice": { params: Record<string, unknown>; result: unknown };
  /** Takes a device away. */
  "iom:removeDevice": { params: Record<string, unknown>; result: unknown };
  /** Lets a person or group see an object or conversation. */
  "access:grant": { params: Record<string, unknown>; result: unknown };
  /** Takes it back. */
  "access:revoke": { params: Record<string, unknown>; result: unknown };
  /** Who may see what. */
  "access:list": { params: Record<string, unknown>; result: unknown };
  /** Models that are there. */
  "ai:models": { params: Record<string, unknown>; result: unknown };
  /** Loads one. */
  "ai:loadModel": { params: Record<string, unknown>; result: unknown };
  /** Lets it go. */
  "ai:unloadModel": { params: Record<string, unknown>; result: unknown };
  /** Goes on with a text; streams. */
  "ai:complete": { params: Record<string, unknown>; result: unknown };
  /** Vectors of texts. */
  "ai:embed": { params: Record<string, unknown>; result: unknown };
  /** Search by meaning. */
  "ai:search": { params: Record<string, unknown>; result: unknown };
  /** A short form of a conversation. */
  "ai:summarize": { params: Record<string, unknown>; result: unknown };
  /** Lines of history from elsewhere (docs/import.md), files as `blob:HASH`. Repeating it is harmless. */
  "app:import": { params: {
    source: string;
    conversation?: string;
    firstLine?: number;
    lines: string[];
    /** Author in the file → person. */
    people?: Record<string, Hash>;
  }; result: {
    conversationId: string;
    stored: number;
    alreadyThere: number;
    problems: string[];
  } };
  /** Reads the whole store, hashes everything again, and checks every reference and head. */
  "app:verify": { params: Record<string, never>; result: {
    user: string;
    side: string;
    objects: number;
    idObjects: number;
    blobs: number;
    bytes: number;
    heads: number;
    references: number;
    /** Objects that are kept without the recipe of their type; they are blobs, too. */
    keptTexts: number;
    /** Of these, what does not fit the recipe that its type has by now, a line each. */
    refused: string[];
    problemCount: number;
    problems: string[];
  } };
  /** Writes a user's store of this side to a new file in the data dir's folder `backups` (docs/backup.md); `base`: only what came since that backup. `seal`: encrypted by this key. */
  "app:backup": { params: {
    file: string;
    base?: {
      id: string;
      store: string;
      sequence: number;
    };
    seal?: {
      salt: string;
      check: string;
      key: string;
    };
  }; result: {
    file: string;
    id: string;
    base: string;
    sequence: number;
    entries: number;
    bytes: number;
    digest: Hash;
  } };
  /** Writes conversations, all or those that are named, with their files as JSON Lines into a new folder in the data dir's folder `exports` (docs/export.md), from where `lama import` takes them back; `html`: also as pages. -32004 where the folder exists. It appears when it is whole; `update:progress` tells how far it is. The device asks its archive for what it does not keep. */
  "app:export": { params: {
    folder: string;
    conversations?: ConversationId[];
    html?: boolean;
  }; result: {
    /** Its path at the node. */
    folder: string;
    conversations: number;
    messages: number;
    files: number;
    /** Those that are nowhere. */
    missingFiles: number;
    /** Of all that was written. */
    bytes: number;
  } };
  /** Makes a user's store out of a backup in the data dir's folder `backups`, where this side has none of that user: -32004 where it has (docs/backup.md). Earlier backups that it goes on from are found beside it. `seals`: keys of sealed files, as `app:backup` took them. Only for who bears the node's token. */
  "app:restore": { params: {
    file: string;
    username?: Username;
    seals?: {
      salt: string;
      check: string;
      key: string;
    }[];
    /** Also where the store had problems when it was backed up. */
    damaged?: boolean;
  }; result: {
    user: string;
    side: string;
    /** False: it had problems, and nothing was put into place without `damaged`. */
    restored: boolean;
    digest: Hash;
    objects: number;
    blobs: number;
    heads: number;
    problemCount: number;
    problems: string[];
  } };
  /** Deletes the user's data on this side for good, after the password was checked, and logs the user out (docs/backup.md). `username`: somebody who need not be logged in. `archive`: on the device, the archive's data too, which must be connected. */
  "app:reset": { params: {
    username?: Username;
    password: Password;
    archive?: boolean;
  }; result: {
    success: boolean;
    error?: string;
    reason?: string;
  } };
  /** One hash of all that this side's store holds (docs/backup.md); with `tree` the node of all names that begin with `prefix`, and what is right below it. `grantedTo` and `receivedFrom` count only what is shared with that person's instance. */
  "app:digest": { params: {
    tree?: "objects" | "heads";
    prefix?: string;
    grantedTo?: Hash;
    receivedFrom?: Hash;
  }; result: {
    user: string;
    side: string;
    personId: Hash;
    partnerId?: Hash;
    sequence: number;
    digest?: Hash;
    objects?: Record<string, unknown>;
    heads?: Record<string, unknown>;
    node?: Record<string, unknown>;
  } };
  /** Keeps the text (microdata) of an object whose type has no recipe here, as it is (docs/store.md, "Types that nobody registered"), and shares it with the user's other instance. A text of a type with a recipe is refused, and one that refers to what is not here. */
  "storage:keep": { params: {
    text: string;
  }; result: {
    hash: Hash;
  } };
  /** A pinned conversation stays on this device whatever its budget (docs/chum-extension.md). */
  "storage:pin": { params: {
    conversationId: string;
    pinned: boolean;
  }; result: {
    conversationId: string;
    pinned: boolean;
  } };
  /** Where the user's notifications stand. With `since`, the last number seen: those after it are sent again, right behind the answer; `complete` false: some are no longer known (the node was started anew, or it was long ago), so ask again for what you show. On a websocket only. */
  "events:subscribe": { params: {
    since?: number;
  }; result: {
    sequence: number;
    complete: boolean;
  } };
  /** Calls that wait for the archive, oldest first. */
  "queue:list": { params: Record<string, never>; result: {
    entries: QueuedCall[];
  } };
  /** Takes a waiting call away; false: it is not there (any more). */
  "queue:cancel": { params: {
    id: string;
  }; result: {
    success: boolean;
  } };
  /** The next pieces of a streamed answer; nothing is made before it is asked for. With `credit` on a websocket, that many pieces come as `stream:chunk` instead, and none in the answer. */
  "stream:next": { params: {
    stream: string;
    credit?: number;
  }; result: {
    chunks: unknown[];
    done: boolean;
  } };
  /** Ends a stream. */
  "stream:cancel": { params: {
    stream: string;
  }; result: {
    success: boolean;
  } };
  /** What every part of this side says of itself. */
  "node:status": { params: Record<string, never>; result: {
    status: "ok" | "degraded";
    side: string;
    version: string;
    uptimeMs: number;
    bridgeConnected: boolean;
    users: string[];
    /** By user: how far the other instance is behind this one. */
    lag: Record<string, unknown>;
    actors: Record<string, unknown>;
    connections: Connection[];
  } };
  /** Users of this data dir. */
  "node:users": { params: Record<string, never>; result: {
    users: {
      username: string;
      unlocked: boolean;
    }[];
  } };
  /** For `http://HOST:PORT/#token=…`. Only for who bears the node's token. */
  "node:createLoginToken": { params: Record<string, never>; result: {
    token: string;
    lifetimeMs: number;
  } };
}

export type ChannelName = keyof Channels;

/** Channels that need a user who is logged in. */
export const needsLogin: ReadonlySet<string> = new Set([
  "one-core:storage:get",
  "one-core:storage:set",
  "one-core:storage:query",
  "one-core:createObject",
  "one-core:getObject",
  "one-core:updateObject",
  "storage:log",
  "storage:diff",
  "storage:restore",
  "one-core:channel:create",
  "one-core:channel:join",
  "one-core:channel:post",
  "one-core:channel:getMessages",
  "one-core:network:connect",
  "one-core:network:disconnect",
  "one-core:network:status",
  "action:sendMessage",
  "action:editMessage",
  "action:deleteMessage",
  "action:markRead",
  "action:renameContact",
  "action:setName",
  "action:createConversation",
  "action:addContact",
  "action:updateSettings",
  "query:getSettings",
  "query:getState",
  "query:getConversation",
  "query:getConversations",
  "query:getContacts",
  "query:getMessages",
  "query:getSync",
  "query:findAttachment",
  "query:search",
  "pairing:createInvitation",
  "pairing:acceptInvitation",
  "iom:devices",
  "iom:addDevice",
  "iom:removeDevice",
  "access:grant",
  "access:revoke",
  "access:list",
  "ai:models",
  "ai:loadModel",
  "ai:unloadModel",
  "ai:complete",
  "ai:embed",
  "ai:search",
  "ai:summarize",
  "app:import",
  "app:verify",
  "app:backup",
  "app:export",
  "app:digest",
  "storage:keep",
  "storage:pin",
  "events:subscribe",
  "queue:list",
  "queue:cancel",
  "stream:next",
  "stream:cancel",
]);

/** What the node tells without being asked. */
export interface Notifications {
  /** A connection came up, changed or went. */
  "one-core:event:connectionStatus": {
    connectionId: string;
    status: string;
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** An object of a type that is not the node's own bookkeeping was stored. */
  "one-core:event:objectCreated": {
    hash: Hash;
    type: string;
    object: StoredObject | null;
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** As `update:messageReceived`, by channel. */
  "one-core:event:channelMessage": {
    channelId: Hash;
    message: Message;
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** How far this device and its archive are in step. */
  "one-core:event:syncProgress": {
    progress: number;
    total: number;
    status: "offline" | "syncing" | "idle";
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** A new message, mine or another's. */
  "update:messageReceived": {
    conversationId: string;
    message: Message;
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** A message was edited or deleted: so it is shown from now on. */
  "update:messageChanged": {
    conversationId: string;
    message: Message;
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** A message of the user came further on its way. `postedAs`: its name from now on, where the archive had to give it a newer time; `refused`: the archive did not post it, and why. */
  "update:messageState": {
    conversationId?: string;
    messageHash: Hash;
    state: "in-archive" | "delivered" | "refused";
    postedAs?: Hash;
    reason?: string;
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** Ask again for what is named. */
  "update:stateChanged": {
    changed: ("conversations" | "contacts" | "settings" | "queue" | "connections" | "sync")[];
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** A person's node is connected, or no longer. */
  "update:contactOnline": {
    personId: Hash;
    online: boolean;
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** As `one-core:event:syncProgress`. */
  "update:syncProgress": {
    progress: number;
    total: number;
    status: "offline" | "syncing" | "idle";
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** How far a long call is: `app:export` in messages, `app:verify` in objects, `app:backup` in bytes. `total` is what is known of it, and may rise. An import is as far as its calls; a restore has no user yet whom it could tell. */
  "update:progress": {
    /** The channel that was called. */
    what: string;
    progress: number;
    total: number;
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** What came of a call that had waited for the archive: `result`, or `error`. */
  "update:queueFinished": {
    id: string;
    method: string;
    result?: unknown;
    error?: {
      code: number;
      message: string;
    };
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** A conversation changed: title, participants, newest message. */
  "state:conversationUpdated": {
    conversationId: string;
    participants: Participant[];
    messages: Message[];
    conversation: Conversation;
    /** Rises with each notification of the user, also across starts of the node; for `events:subscribe`. */
    sequence: number;
  };
  /** A piece of a streamed answer, after `stream:next` with `credit`. */
  "stream:chunk": {
    stream: string;
    chunk?: unknown;
    done: boolean;
  };
}

export type NotificationName = keyof Notifications;
