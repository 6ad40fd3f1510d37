import type { Contact } from '@lama/ipc-client';
import { ArrowLeft, MessageSquare, Pencil, QrCode, SearchX, Users } from '../components/icons.ts';
import { type FormEvent, useState } from 'react';
import { Avatar, Button, CopyButton, Empty, IconButton, SearchBox, Sheet } from '../components/parts.tsx';
import { words_of } from '../lib/failure.ts';
import { short_id, whole_day } from '../lib/format.ts';
import { go_to, link_to } from '../lib/route.ts';
import { use_store } from '../lib/store.ts';
import { app, notify } from '../state/app.ts';
import { chat_with, rename_contact } from '../state/user.ts';
import { t } from '../strings.ts';
import { walk } from './chats.tsx';

export default function Contacts({ id }: { id: string | null }) {
  const { contacts, online } = use_store(app, (x) => ({ contacts: x.contacts, online: x.online }));
  const [words, set_words] = useState('');
  const wanted = words.trim().toLowerCase();
  const shown = contacts?.filter((x) => x.name.toLowerCase().includes(wanted));
  const contact = contacts?.find((x) => x.personId === id);
  return (
    <div className={`split${contacts?.length === 0 ? ' nothing' : ''}`}>
      <section className="list-pane" aria-label={t.contacts.title}>
        <header className="pane-head">
          <h1>{t.contacts.title}</h1>
          <IconButton icon={QrCode} label={t.contacts.pair} onClick={() => go_to('pair')} />
        </header>
        {contacts?.length ? <SearchBox label={t.contacts.search} value={words} onChange={set_words} /> : null}
        {!contacts ? <p className="page-loading">{t.loading}</p> : null}
        {contacts?.length === 0 ? (
          <Empty
            icon={Users}
            title={t.contacts.none}
            action={
              <Button look="primary" onClick={() => go_to('pair')}>
                {t.contacts.pair}
              </Button>
            }
          >
            {t.contacts.noneHint}
          </Empty>
        ) : null}
        {contacts?.length && shown?.length === 0 ? <Empty icon={SearchX} title={t.contacts.noMatch(words.trim())} /> : null}
        {shown?.length ? (
          <ul className="rows" aria-label={t.contacts.title} onKeyDown={walk}>
            {shown.map((x) => (
              <li key={x.personId}>
                <a className="row" href={link_to('contacts', x.personId)} aria-current={x.personId === id ? 'page' : undefined}>
                  <Avatar name={x.name} id={x.personId} />
                  <span className="row-main">
                    <span className="row-line">
                      <span className="row-title">{x.name}</span>
                    </span>
                    <span className="row-line">
                      <span className="row-text">{told(x, online[x.personId] ?? false)}</span>
                    </span>
                  </span>
                </a>
              </li>
            ))}
          </ul>
        ) : null}
      </section>
      <section className="detail-pane" aria-label={contact?.name ?? t.contacts.choose}>
        {contact ? <Card contact={contact} /> : contacts?.length ? (
          <Empty icon={Users} title={t.contacts.choose}>
            {t.contacts.chooseHint}
          </Empty>
        ) : null}
      </section>
    </div>
  );
}

function told(x: Contact, online: boolean): string {
  if (online) return t.contacts.online;
  return `${t.contacts.states[x.state] ?? x.state}, ${t.contacts.since(whole_day(x.since))}`;
}

function Card({ contact: x }: { contact: Contact }) {
  const online = use_store(app, (s) => s.online[x.personId] ?? false);
  const [busy, set_busy] = useState(false);
  const chat = async () => {
    set_busy(true);
    try {
      await chat_with(x.personId);
    } catch (problem) {
      notify(words_of(problem));
      set_busy(false);
    }
  };
  return (
    <Sheet title={x.name} className="person">
      <IconButton icon={ArrowLeft} label={t.back} className="narrow-only" onClick={() => go_to('contacts')} />
      <div className="person-head">
        <Avatar name={x.name} id={x.personId} />
        <div>
          <Named contact={x} />
          <p>{told(x, online)}</p>
        </div>
      </div>
      <Button look="primary" icon={MessageSquare} busy={busy} onClick={() => void chat()}>
        {t.contacts.chat}
      </Button>
      <dl className="facts">
        <Id name={t.contacts.id} id={x.personId} />
        {x.instanceId ? <Id name={t.contacts.instance} id={x.instanceId} /> : null}
        <div>
          <dt>{t.contacts.known}</dt>
          <dd>{t.contacts.since(whole_day(x.since))}</dd>
        </div>
      </dl>
      <p className="field-hint">{t.contacts.keyHint}</p>
    </Sheet>
  );
}

/** Whatever a person calls themselves, one may call them otherwise. */
function Named({ contact: x }: { contact: Contact }) {
  const [name, set_name] = useState<string | null>(null);
  const [busy, set_busy] = useState(false);
  if (name === null)
    return (
      <h2>
        {x.name} <IconButton icon={Pencil} label={t.contacts.rename(x.name)} className="small" onClick={() => set_name(x.name)} />
      </h2>
    );
  const save = async (event: FormEvent) => {
    event.preventDefault();
    set_busy(true);
    try {
      await rename_contact(x.personId, name.trim());
      set_name(null);
    } catch (problem) {
      notify(words_of(problem));
    } finally {
      set_busy(false);
    }
  };
  return (
    <form className="rename" onSubmit={(event) => void save(event)} onKeyDown={(event) => event.key === 'Escape' && set_name(null)}>
      <input className="input" aria-label={t.contacts.nameOf} value={name} maxLength={200} autoFocus onFocus={(e) => e.target.select()} onChange={(e) => set_name(e.target.value)} />
      <Button type="submit" look="primary" busy={busy}>
        {t.save}
      </Button>
      <Button onClick={() => set_name(null)}>{t.cancel}</Button>
      <p className="field-hint">{t.contacts.renameHint}</p>
    </form>
  );
}

export function Id({ name, id }: { name: string; id: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code title={id}>{short_id(id)}</code>
        <CopyButton text={id} />
      </dd>
    </div>
  );
}
