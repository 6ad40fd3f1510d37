import type { Conversation, Message, OutboxEntry } from '@lama/ipc-client';
import { ArrowDown, ArrowLeft, Lock } from '../components/icons.ts';
import { type DragEvent, type HTMLAttributes, forwardRef, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Virtuoso, type VirtuosoHandle } from 'react-virtuoso';
import { Button, IconButton, Notice } from '../components/parts.tsx';
import { go_to } from '../lib/route.ts';
import { use_store } from '../lib/store.ts';
import { app, notify } from '../state/app.ts';
import { attach } from '../state/drafts.ts';
import { type Thread, empty_thread } from '../state/threads.ts';
import { load_back_to, load_newest, load_older, mark_read, open_conversation, thread_of } from '../state/user.ts';
import { t } from '../strings.ts';
import { Picture, title_of } from './chats.tsx';
import { Composer } from './composer.tsx';
import { MessageRow, WaitingRow } from './message.tsx';

type Item = Message | OutboxEntry;
const is_message = (x: Item): x is Message => 'messageHash' in x;

/** One conversation. Messages come a page at a time, as far back as one scrolls; only what is on the screen is drawn. */
export function Chat({ conversation }: { conversation: Conversation }) {
  const id = conversation.conversationId;
  const title = title_of(conversation);
  useEffect(() => open_conversation(id), [id]);
  const [over, set_over] = useState(0);
  const files = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  const drop = {
    onDragEnter: (event: DragEvent) => files(event) && set_over((x) => x + 1),
    onDragLeave: (event: DragEvent) => files(event) && set_over((x) => Math.max(0, x - 1)),
    onDragOver: (event: DragEvent) => files(event) && event.preventDefault(),
    onDrop: (event: DragEvent) => {
      if (!files(event)) return;
      event.preventDefault();
      set_over(0);
      attach(id, [...event.dataTransfer.files]);
    },
  };
  const others = conversation.participants.filter((x) => !x.me);
  return (
    <div className="chat" {...(conversation.takesMessages ? drop : {})}>
      <header className="chat-head">
        <IconButton icon={ArrowLeft} label={t.back} className="narrow-only" onClick={() => go_to('chats')} />
        <Picture conversation={conversation} />
        <div className="chat-names">
          <h2>{title}</h2>
          <p>{others.length === 0 ? t.chats.notesToSelf : others.length === 1 ? <Presence personId={others[0]!.personId} /> : others.map((x) => x.name).join(', ')}</p>
        </div>
      </header>
      <Messages conversation={conversation} title={title} />
      {conversation.takesMessages ? (
        <Composer conversationId={id} title={title} takesChanges={conversation.takesChanges} />
      ) : (
        <p className="read-only">
          <Lock size={16} aria-hidden="true" />
          {conversation.kind === 'imported' ? t.chat.readOnly : t.chat.closed}
        </p>
      )}
      {over > 0 ? <div className="drop-here">{t.composer.drop}</div> : null}
    </div>
  );
}

function Presence({ personId }: { personId: string }) {
  const { online, known } = use_store(app, (x) => ({ online: x.online[personId] ?? false, known: x.archive_connections !== null }));
  if (!known) return null;
  return (
    <>
      <span className={`dot ${online ? 'good' : 'idle'}`} aria-hidden="true" /> {online ? t.contacts.online : t.contacts.offline}
    </>
  );
}

const Scroller = forwardRef<HTMLDivElement, HTMLAttributes<HTMLDivElement>>(function Scroller(props, ref) {
  return <div {...props} ref={ref} className="messages" role="region" aria-label={t.chat.messages} tabIndex={0} />;
});

interface ListContext {
  id: string;
  title: string;
  loading: boolean;
  failed: boolean;
  more: boolean;
}

function Head({ context }: { context?: ListContext }) {
  if (!context) return null;
  if (context.failed)
    return (
      <p className="older">
        {t.chat.olderFailed}{' '}
        <Button look="quiet" onClick={() => void load_older(context.id)}>
          {t.tryAgain}
        </Button>
      </p>
    );
  if (context.more)
    return (
      <p className="older" role="status">
        {context.loading ? t.chat.older : ' '}
      </p>
    );
  return null;
}

const Foot = () => <div className="messages-foot" />;

const components = { Scroller, Header: Head, Footer: Foot };

function Messages({ conversation, title }: { conversation: Conversation; title: string }) {
  const id = conversation.conversationId;
  const thread = use_store(app, (x) => x.threads[id] ?? empty_thread);
  const waiting = use_store(app, (x) => x.waiting.filter((w) => w.method === 'action:sendMessage' && (w.params as { conversationId?: string }).conversationId === id));
  const list = useRef<VirtuosoHandle>(null);
  const [bottom, set_bottom] = useState(true);
  const [missed, set_missed] = useState(0);

  const items = useMemo<Item[]>(() => (waiting.length ? [...thread.messages, ...waiting] : thread.messages), [thread.messages, waiting]);

  const newest = items.at(-1);
  const newest_key = newest ? key_of(newest) : '';
  const mine = newest !== undefined && (!is_message(newest) || newest.me);
  const seen = useRef(newest_key);
  const count = useRef(items.length);
  useEffect(() => {
    if (newest_key === seen.current) return;
    if (!bottom && seen.current !== '' && !mine && items.length > count.current) set_missed((x) => x + 1);
    if (mine && !bottom) list.current?.scrollToIndex({ index: 'LAST', align: 'end' });
    seen.current = newest_key;
    count.current = items.length;
  }, [newest_key, bottom, mine, items.length]);

  useEffect(() => {
    const read = () => mark_read(id, bottom && thread.loaded && !document.hidden);
    read();
    if (bottom) set_missed(0);
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [id, bottom, thread.loaded, newest_key]);
  const found = use_target(id, thread, list);

  const { messages, first, more } = thread;
  const draw = useCallback(
    (index: number, item: Item) => (
      <>
        {index === first && !more ? <p className="older beginning">{t.chat.begin(title)}</p> : null}
        {is_message(item) ? <MessageRow message={item} before={messages[index - first - 1]} conversation={conversation} found={item.messageHash === found} /> : <WaitingRow entry={item} conversation={conversation} />}
      </>
    ),
    [conversation, messages, first, more, title, found],
  );

  if (thread.failed && items.length === 0)
    return (
      <div className="messages">
        <Notice kind="error">{thread.failed}</Notice>
        <Button onClick={() => void load_newest(id)}>{t.tryAgain}</Button>
      </div>
    );
  if (items.length === 0)
    return (
      <div className="messages blank">{thread.loading ? <p className="older">{t.loading}</p> : conversation.takesMessages ? <p className="older beginning">{conversation.participants.some((x) => !x.me) ? t.chat.first : t.chat.begin(title)}</p> : null}</div>
    );
  return (
    <div className="messages-frame">
      <Virtuoso<Item, ListContext>
        ref={list}
        className="messages-list"
        data={items}
        context={{ id, title, loading: thread.loading === 'older', failed: thread.failed !== null, more: thread.more }}
        components={components}
        computeItemKey={(_, item) => key_of(item)}
        firstItemIndex={thread.first}
        initialTopMostItemIndex={{ index: 'LAST', align: 'end' }}
        alignToBottom
        followOutput={(at_bottom) => (at_bottom ? 'auto' : false)}
        atBottomThreshold={80}
        atBottomStateChange={set_bottom}
        startReached={() => void load_older(id)}
        increaseViewportBy={{ top: 1200, bottom: 600 }}
        itemContent={draw}
      />
      {!bottom ? (
        <button type="button" className="to-newest" onClick={() => list.current?.scrollToIndex({ index: 'LAST', align: 'end' })}>
          <ArrowDown size={18} aria-hidden="true" />
          {missed > 0 ? t.chat.newMessages(missed) : t.chat.newest}
        </button>
      ) : null}
    </div>
  );
}

/** Goes to the message that a search found, loading back to it; answers which it is. */
function use_target(id: string, thread: Thread, list: RefObject<VirtuosoHandle>): string | null {
  const target = use_store(app, (x) => (x.target?.conversationId === id ? x.target : null));
  const [found, set_found] = useState<string | null>(null);
  const ready = thread.loaded && thread.loading === null;
  useEffect(() => {
    if (!target || !ready) return;
    const index = thread.messages.findIndex((x) => x.messageHash === target.messageHash);
    if (index >= 0) {
      set_found(target.messageHash);
      app.set({ target: null });
      requestAnimationFrame(() => list.current?.scrollToIndex({ index, align: 'center' }));
      return;
    }
    void load_back_to(id, target.time).then((reached) => {
      if (reached && thread_of(id).messages.some((x) => x.messageHash === target.messageHash)) return; // drawn again with it
      app.set({ target: null });
      notify(t.found.tooFar);
    });
  }, [id, target, ready, thread.messages, list]);
  return found;
}

const key_of = (x: Item) => (is_message(x) ? x.messageHash : x.id);
