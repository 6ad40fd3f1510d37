import type { Conversation, Message, OutboxEntry } from '@lama/ipc-client';
import { Archive, Check, CheckCheck, CircleAlert, Clock, ShieldAlert } from '../components/icons.ts';
import { memo, useState } from 'react';
import { Avatar, Button } from '../components/parts.tsx';
import { day_title, same_day, time_of_day, whole_time } from '../lib/format.ts';
import { use_store } from '../lib/store.ts';
import { app, current_outbox } from '../state/app.ts';
import { change_of } from '../state/user.ts';
import { t } from '../strings.ts';
import { Attachments } from './attachments.tsx';
import { Linked } from './linked.tsx';
import { MessageMenu } from './message_menu.tsx';
import { WhereIsIt } from './where.tsx';

/** Messages of one person so close together are one group. */
const together_ms = 5 * 60_000;

export const state_icons = {
  queued: Clock,
  failed: CircleAlert,
  'on-this-device': Check,
  'in-archive': Archive,
  delivered: CheckCheck,
};

interface Row {
  message: Message;
  before: Message | undefined;
  conversation: Conversation;
  /** A search led here. */
  found: boolean;
}

export const MessageRow = memo(function MessageRow({ message: x, before, conversation, found }: Row) {
  const change = use_store(app, (s) => change_of(s.waiting, x.messageHash));
  const deleted = x.deleted !== undefined || change?.method === 'action:deleteMessage';
  const text = change?.method === 'action:editMessage' ? (change.params as { text: string }).text : x.text;
  const new_day = !before || !same_day(before.time, x.time);
  const grouped = !new_day && before !== undefined && before.sender === x.sender && before.senderName === x.senderName && Date.parse(x.time) - Date.parse(before.time) < together_ms;
  const several = conversation.participants.length > 2 || conversation.kind === 'imported';
  return (
    <div className="message-row">
      {new_day ? (
        <div className="day" role="separator" aria-label={day_title(x.time)}>
          <span aria-hidden="true">{day_title(x.time)}</span>
        </div>
      ) : null}
      <article className={`message${x.me ? ' mine' : ''}${grouped ? ' grouped' : ''}${found ? ' found' : ''}`} aria-label={`${x.me ? t.you : x.senderName}, ${whole_time(x.time)}`}>
        {!x.me && several ? grouped ? <span className="avatar-room" /> : <Avatar name={x.senderName} id={x.sender} small /> : null}
        <div className="bubble-frame">
          {!x.me && several && !grouped ? <p className="sender">{x.senderName}</p> : null}
          <div className="bubble">
            {deleted ? <p className="text gone">{x.me ? t.chat.deletedByYou : t.chat.deleted}</p> : null}
            {text && !deleted ? (
              <p className="text">
                <Linked text={text} />
              </p>
            ) : null}
            {x.attachments?.length && !deleted ? <Attachments all={x.attachments} /> : null}
            <p className="under">
              {x.signedBy && !x.signedBy.verified ? (
                <span className="unverified">
                  <ShieldAlert size={14} aria-hidden="true" />
                  <span className="unseen">{t.chat.unverified}</span>
                </span>
              ) : null}
              {x.imported ? <span>{t.chat.importedFrom(x.imported.source)}</span> : null}
              {!deleted && (x.edited || change) ? <span title={x.edited ? whole_time(x.edited) : undefined}>{t.chat.edited}</span> : null}
              <time dateTime={x.time} title={whole_time(x.time)}>
                {time_of_day(x.time)}
              </time>
              {x.me && !x.imported ? <StateButton message={x} conversation={conversation} /> : null}
            </p>
          </div>
          {change?.state === 'failed' ? <FailedChange entry={change} /> : null}
          {deleted ? null : <MessageMenu message={x} text={text} conversation={conversation} />}
        </div>
      </article>
    </div>
  );
});

function FailedChange({ entry }: { entry: OutboxEntry }) {
  return (
    <div className="failed-actions" role="alert">
      <p>{t.chat.changeFailed(entry.error?.message ?? '')}</p>
      <Button look="quiet" onClick={() => current_outbox()?.retry(entry.id)}>
        {t.tryAgain}
      </Button>
      <Button look="quiet" onClick={() => current_outbox()?.remove(entry.id)}>
        {t.state.discard}
      </Button>
    </div>
  );
}

function StateButton({ message: x, conversation }: { message: Message; conversation: Conversation }) {
  const [open, set_open] = useState(false);
  const { changing, refused } = use_store(app, (s) => ({ changing: change_of(s.waiting, x.messageHash)?.state, refused: s.refused[x.messageHash] ?? (x.state === 'refused' ? (x.reason ?? '') : undefined) }));
  const state = refused !== undefined || x.state === 'refused' ? 'failed' : changing !== undefined && changing !== 'failed' ? 'queued' : x.state;
  const Icon = state_icons[state] ?? Check;
  const name = t.state[state] ?? state;
  return (
    <>
      <button type="button" className={`state ${state}`} aria-label={t.state.open(name)} title={name} onClick={() => set_open(true)}>
        <Icon size={15} aria-hidden="true" />
      </button>
      {open ? <WhereIsIt close={() => set_open(false)} state={state} reason={refused} conversation={conversation} /> : null}
    </>
  );
}

/** What this browser keeps until the node has it. */
export const WaitingRow = memo(function WaitingRow({ entry, conversation }: { entry: OutboxEntry; conversation: Conversation }) {
  const [open, set_open] = useState(false);
  const { text, attachments = [] } = entry.params as { text: string; attachments?: { blob: string; name: string; type: string }[] };
  const failed = entry.state === 'failed';
  const Icon = state_icons[failed ? 'failed' : 'queued'];
  const name = failed ? t.state.failed : t.state.queued;
  return (
    <div className="message-row">
      <article className="message mine waiting" aria-label={`${t.you}, ${name}`}>
        <div className="bubble-frame">
          <div className="bubble">
            {text ? (
              <p className="text">
                <Linked text={text} />
              </p>
            ) : null}
            {attachments.length ? <p className="text">{attachments.map((x) => x.name).join(', ')}</p> : null}
            <p className="under">
              <time dateTime={new Date(entry.addedAt).toISOString()}>{time_of_day(new Date(entry.addedAt).toISOString())}</time>
              <button type="button" className={`state ${failed ? 'failed' : 'queued'}`} aria-label={t.state.open(name)} title={name} onClick={() => set_open(true)}>
                <Icon size={15} aria-hidden="true" />
              </button>
            </p>
          </div>
          {failed ? (
            <p className="failed-actions">
              <Button look="quiet" onClick={() => current_outbox()?.retry(entry.id)}>
                {t.state.resend}
              </Button>
              <Button look="quiet" onClick={() => current_outbox()?.remove(entry.id)}>
                {t.state.discard}
              </Button>
            </p>
          ) : null}
        </div>
      </article>
      {open ? <WhereIsIt close={() => set_open(false)} state={failed ? 'failed' : 'queued'} reason={entry.error?.message} conversation={conversation} /> : null}
    </div>
  );
});
