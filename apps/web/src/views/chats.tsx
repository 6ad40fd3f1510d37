import type { Conversation } from '@lama/ipc-client';
import { BookOpen, MessagesSquare, PenSquare, SearchX, Users } from '../components/icons.ts';
import { type KeyboardEvent, memo, useEffect, useMemo, useState } from 'react';
import { Avatar, Button, Empty, IconButton, SearchBox } from '../components/parts.tsx';
import { list_time } from '../lib/format.ts';
import { words_of } from '../lib/failure.ts';
import { go_to, link_to } from '../lib/route.ts';
import { use_store } from '../lib/store.ts';
import { app, notify } from '../state/app.ts';
import { draft_of, drafts } from '../state/drafts.ts';
import { is_change, start_conversation } from '../state/user.ts';
import { t } from '../strings.ts';
import { Chat } from './chat.tsx';
import { Found } from './found.tsx';
import { NewChat } from './new_chat.tsx';

export const search_id = 'search-chats';
/** From as many letters on, messages are searched too. */
const shortest_search = 2;

/** Who is in it besides me, or its name. */
export function title_of(x: Conversation): string {
  const others = x.participants.filter((p) => !p.me);
  return x.title || others.map((p) => p.name).join(', ') || t.chats.notesToSelf;
}

export function Chats({ id }: { id: string | null }) {
  const conversations = use_store(app, (x) => x.conversations);
  const [words, set_words] = useState('');
  const [making, make] = useState(false);
  const shown = useMemo(() => {
    const wanted = words.trim().toLowerCase();
    if (!wanted || !conversations) return conversations;
    return conversations.filter((x) => [title_of(x), x.lastText ?? '', ...x.participants.map((p) => p.name)].some((s) => s.toLowerCase().includes(wanted)));
  }, [conversations, words]);
  use_shortcuts(shown, id);
  const conversation = conversations?.find((x) => x.conversationId === id);
  return (
    <div className={`split${conversations?.length === 0 && !id ? ' nothing' : ''}`}>
      <section className="list-pane" aria-label={t.chats.title}>
        <header className="pane-head">
          <h1>{t.chats.title}</h1>
          <IconButton icon={PenSquare} label={t.chats.newChat} onClick={() => make(true)} />
        </header>
        {conversations && conversations.length > 0 ? <SearchBox id={search_id} label={t.chats.search} value={words} onChange={set_words} /> : null}
        {!shown ? <p className="page-loading">{t.loading}</p> : null}
        {conversations?.length === 0 ? <NoChats /> : null}
        <div className="list-scroll">
          {shown?.length === 0 && words.trim() ? <p className="field-hint no-match">{t.chats.noMatch(words.trim())}</p> : null}
          {shown && shown.length > 0 ? (
            <ul className="rows" aria-label={t.chats.list} onKeyDown={walk}>
              {shown.map((x) => (
                <Row key={x.conversationId} conversation={x} current={x.conversationId === id} />
              ))}
            </ul>
          ) : null}
          {words.trim().length >= shortest_search ? <Found words={words.trim()} /> : null}
        </div>
      </section>
      <section className="detail-pane" aria-label={conversation ? title_of(conversation) : t.chats.choose}>
        {conversation ? <Chat key={conversation.conversationId} conversation={conversation} /> : null}
        {!conversation && id && conversations ? (
          <Empty icon={SearchX} title={t.chats.missing} action={<Button onClick={() => go_to('chats')}>{t.chats.toList}</Button>}>
            {t.chats.missingHint}
          </Empty>
        ) : null}
        {!id && conversations && conversations.length > 0 ? (
          <Empty icon={MessagesSquare} title={t.chats.choose}>
            {t.chats.chooseHint}
          </Empty>
        ) : null}
      </section>
      <NewChat open={making} close={() => make(false)} />
    </div>
  );
}

function NoChats() {
  const [busy, set_busy] = useState(false);
  const notes = async () => {
    set_busy(true);
    try {
      go_to('chats', await start_conversation(t.chats.notesName, []));
    } catch (problem) {
      notify(words_of(problem));
    } finally {
      set_busy(false);
    }
  };
  return (
    <Empty
      icon={MessagesSquare}
      title={t.chats.none}
      action={
        <>
          <Button look="primary" onClick={() => go_to('pair')}>
            {t.chats.pairFirst}
          </Button>
          <Button busy={busy} onClick={() => void notes()}>
            {t.chats.startNotes}
          </Button>
        </>
      }
    >
      {t.chats.noneHint}
    </Empty>
  );
}

const Row = memo(function Row({ conversation: x, current }: { conversation: Conversation; current: boolean }) {
  const unread = use_store(app, (s) => s.unread[x.conversationId] ?? 0);
  const draft = use_store(drafts, (s) => draft_of(s, x.conversationId).text.trim());
  const waits = use_store(app, (s) => s.waiting.findLast((w) => !is_change(w) && (w.params as { conversationId?: string }).conversationId === x.conversationId));
  const others = x.participants.filter((p) => !p.me);
  const title = title_of(x);
  return (
    <li>
      <a className={`row${unread ? ' unread' : ''}`} href={link_to('chats', x.conversationId)} aria-current={current ? 'page' : undefined}>
        <Picture conversation={x} />
        <span className="row-main">
          <span className="row-line">
            <span className="row-title">{title}</span>
            {x.lastTime ? <time dateTime={x.lastTime}>{list_time(x.lastTime)}</time> : null}
          </span>
          <span className="row-line">
            <span className="row-text">
              {draft && !current ? (
                <>
                  <span className="row-draft">{t.chats.draft}</span> {draft}
                </>
              ) : (
                ((waits?.params as { text?: string } | undefined)?.text ?? (x.lastDeleted ? t.chat.deleted : undefined) ?? x.lastText ?? (others.length > 1 ? t.chats.people(x.participants.length) : t.chats.noMessages)) || ' '
              )}
            </span>
            {waits ? <span className="row-waits">{t.chats.waiting}</span> : null}
            {unread ? (
              <span className="badge">
                <span aria-hidden="true">{unread > 99 ? '99+' : unread}</span>
                <span className="unseen">{t.nav.unread(unread)}</span>
              </span>
            ) : null}
          </span>
        </span>
      </a>
    </li>
  );
});

export function Picture({ conversation: x }: { conversation: Conversation }) {
  const others = x.participants.filter((p) => !p.me);
  if (x.kind === 'imported' || others.length === 0)
    return (
      <span className="avatar book" aria-hidden="true">
        <BookOpen size={20} />
      </span>
    );
  if (others.length > 1)
    return (
      <span className="avatar group" aria-hidden="true">
        <Users size={20} />
      </span>
    );
  return <Avatar name={others[0]!.name} id={others[0]!.personId} />;
}

/** Arrow keys go from row to row. */
export function walk(event: KeyboardEvent<HTMLElement>): void {
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  const step = steps[event.key];
  if (step === undefined) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a[href]')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = links[Math.min(links.length - 1, Math.max(0, at + step))];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function use_shortcuts(shown: Conversation[] | null, id: string | null): void {
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => {
      if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown') && shown?.length) {
        event.preventDefault();
        const at = shown.findIndex((x) => x.conversationId === id);
        const next = shown[Math.min(shown.length - 1, Math.max(0, at + (event.key === 'ArrowDown' ? 1 : -1)))];
        if (next) go_to('chats', next.conversationId);
      }
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [shown, id]);
}
