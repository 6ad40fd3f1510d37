import { type FormEvent, useState } from 'react';
import { Avatar, Button, Field, Modal, Notice } from '../components/parts.tsx';
import { words_of } from '../lib/failure.ts';
import { go_to } from '../lib/route.ts';
import { use_store } from '../lib/store.ts';
import { app } from '../state/app.ts';
import { chat_with, start_conversation } from '../state/user.ts';
import { t } from '../strings.ts';

/** A chat with one contact, with several, or with oneself. */
export function NewChat({ open, close }: { open: boolean; close: () => void }) {
  return (
    <Modal open={open} onClose={close} title={t.newChat.title}>
      <Form close={close} />
    </Modal>
  );
}

function Form({ close }: { close: () => void }) {
  const contacts = use_store(app, (x) => x.contacts) ?? [];
  const [name, set_name] = useState('');
  const [chosen, choose] = useState<string[]>([]);
  const [problem, set_problem] = useState<string | null>(null);
  const [busy, set_busy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim() && chosen.length !== 1) return set_problem(t.newChat.needsName);
    set_busy(true);
    try {
      if (!name.trim() && chosen[0]) await chat_with(chosen[0]);
      else go_to('chats', await start_conversation(name.trim(), chosen));
      close();
    } catch (failure) {
      set_problem(words_of(failure));
      set_busy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      {problem ? <Notice kind="error">{problem}</Notice> : null}
      <Field label={t.newChat.name} hint={t.newChat.nameHint}>
        {(ids) => <input {...ids} className="input" value={name} maxLength={200} onChange={(e) => set_name(e.target.value)} data-autofocus="true" />}
      </Field>
      <fieldset className="choices">
        <legend>{t.newChat.with}</legend>
        {contacts.length === 0 ? <p className="field-hint">{t.newChat.nobody}</p> : null}
        {contacts.map((x) => (
          <label key={x.personId} className="choice">
            <input
              type="checkbox"
              checked={chosen.includes(x.personId)}
              onChange={(e) => choose(e.target.checked ? [...chosen, x.personId] : chosen.filter((id) => id !== x.personId))}
            />
            <Avatar name={x.name} id={x.personId} small />
            <span>{x.name}</span>
          </label>
        ))}
      </fieldset>
      <div className="modal-actions">
        <Button onClick={close}>{t.cancel}</Button>
        <Button type="submit" look="primary" busy={busy}>
          {t.newChat.create}
        </Button>
      </div>
    </form>
  );
}
