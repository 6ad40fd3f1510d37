import { type Message, NodeError, type Params } from '@lama/ipc-client';
import { useEffect, useState } from 'react';
import { Button, Notice } from '../components/parts.tsx';
import { words_of } from '../lib/failure.ts';
import { list_time } from '../lib/format.ts';
import { link_to } from '../lib/route.ts';
import { use_store } from '../lib/store.ts';
import { app, client } from '../state/app.ts';
import { t } from '../strings.ts';
import { title_of } from './chats.tsx';

const page_size = 30;
const pause_ms = 250;

interface Answer {
  messages: Message[];
  more: boolean;
  before?: string;
  everywhere: boolean;
}

const busy_ms = 1_000;
let turn: Promise<unknown> = Promise.resolve();

/** One after the other: a search that nobody waits for any more is not begun, but what the node has begun it ends, and it has few places for searches. */
function search(text: string, signal: AbortSignal, before?: string): Promise<Answer> {
  const mine = turn.then(() => ask({ text, limit: page_size, ...(before ? { before } : {}) }, signal));
  turn = mine.catch(() => undefined);
  return mine;
}

/** Where all its places are taken, by a backup or another page, it is asked again. */
async function ask(params: Params<'query:search'>, signal: AbortSignal): Promise<Answer> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await client.call('query:search', params);
    } catch (failure) {
      if (!(failure instanceof NodeError && failure.kind === 'overloaded')) throw failure;
      await new Promise((done) => setTimeout(done, busy_ms));
    }
  }
}

/** Messages with these words, newest first, a page at a time. */
export function Found({ words }: { words: string }) {
  const [answer, set_answer] = useState<Answer | null>(null);
  const [problem, set_problem] = useState<string | null>(null);
  const [busy, set_busy] = useState(false);
  useEffect(() => {
    const controller = new AbortController();
    set_answer(null);
    set_problem(null);
    const timer = setTimeout(() => {
      search(words, controller.signal).then(
        (found) => {
          if (!controller.signal.aborted) set_answer(found);
        },
        (failure: unknown) => {
          if (!controller.signal.aborted) set_problem(words_of(failure));
        },
      );
    }, pause_ms);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [words]);
  const more = async () => {
    if (!answer?.before) return;
    set_busy(true);
    try {
      const next = await search(words, new AbortController().signal, answer.before);
      set_answer({ ...next, messages: [...answer.messages, ...next.messages] });
    } catch (failure) {
      set_problem(words_of(failure));
    } finally {
      set_busy(false);
    }
  };
  return (
    <section className="found-messages" aria-label={t.found.title}>
      <h2>{t.found.title}</h2>
      {problem ? <Notice kind="error">{problem}</Notice> : null}
      {!answer && !problem ? <p className="page-loading">{t.loading}</p> : null}
      {answer && !answer.everywhere ? <Notice kind="hint">{t.found.onlyHere}</Notice> : null}
      {answer?.messages.length === 0 ? <p className="field-hint">{t.found.none}</p> : null}
      {answer?.messages.length ? (
        <ul className="rows plain" aria-label={t.found.title}>
          {answer.messages.map((x) => (
            <Row key={x.messageHash} message={x} words={words} />
          ))}
        </ul>
      ) : null}
      {answer?.more && answer.before ? (
        <Button look="quiet" className="wide" busy={busy} onClick={() => void more()}>
          {t.found.more}
        </Button>
      ) : null}
    </section>
  );
}

function Row({ message: x, words }: { message: Message; words: string }) {
  const conversation = use_store(app, (s) => s.conversations?.find((c) => c.conversationId === x.conversationId));
  const target = { conversationId: x.conversationId, messageHash: x.messageHash, time: x.time };
  return (
    <li>
      <a className="row" href={link_to('chats', x.conversationId)} onClick={() => app.set({ target })}>
        <span className="row-main">
          <span className="row-line">
            <span className="row-title">{conversation ? title_of(conversation) : x.senderName}</span>
            <time dateTime={x.time}>{list_time(x.time)}</time>
          </span>
          <span className="row-line">
            <span className="row-text">
              {x.me ? t.you : x.senderName}: <Marked text={around(x.text, words)} words={words} />
            </span>
          </span>
        </span>
      </a>
    </li>
  );
}

/** Begins a little before the first word that was found. */
function around(text: string, words: string): string {
  const line = text.replace(/\s+/g, ' ');
  const at = line.toLowerCase().indexOf(words.toLowerCase().split(/\s+/)[0] ?? '');
  return at > 16 ? `…${line.slice(at - 8)}` : line;
}

function Marked({ text, words }: { text: string; words: string }) {
  const wanted = words.split(/\s+/).filter(Boolean).map((x) => x.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const parts = text.slice(0, 200).split(new RegExp(`(${wanted.join('|')})`, 'i'));
  return <>{parts.map((part, i) => (i % 2 ? <mark key={i}>{part}</mark> : part))}</>;
}
