import { type ReactNode, useId, useState } from 'react';
import { Button, Sheet } from '../components/parts.tsx';
import { Switch } from '../components/switch.tsx';
import { kept_keys, keep } from '../lib/kept.ts';
import { use_store } from '../lib/store.ts';
import { app, notify } from '../state/app.ts';
import { load_drafts } from '../state/drafts.ts';
import { type Preferences, prefer, preferences } from '../state/preferences.ts';
import { leave_browser, log_out } from '../state/session.ts';
import { t } from '../strings.ts';
import { Backup } from './backup.tsx';
import { Id } from './contacts.tsx';
import { ExportChats } from './export.tsx';
import { Reset } from './reset.tsx';

export default function Settings() {
  const me = use_store(app, (x) => x.me);
  const wishes = use_store(preferences, (x) => x);
  const [busy, set_busy] = useState(false);
  if (!me) return null;
  const forget = () => {
    for (const key of kept_keys(`draft.${me.username}.`)) keep(key, undefined);
    load_drafts();
    notify(t.settings.forgotten);
  };
  const out = async () => {
    set_busy(true);
    await log_out().catch(() => set_busy(false));
  };
  return (
    <Sheet title={t.settings.title}>
      <h1>{t.settings.title}</h1>
      <Group title={t.settings.look}>
        <fieldset className="segments">
          <legend>{t.settings.theme}</legend>
          {(Object.keys(t.settings.themes) as Preferences['theme'][]).map((x) => (
            <label key={x} className="segment">
              <input type="radio" name="theme" checked={wishes.theme === x} onChange={() => prefer({ theme: x })} />
              <span>{t.settings.themes[x]}</span>
            </label>
          ))}
        </fieldset>
      </Group>
      <Group title={t.settings.writing}>
        <Switch label={t.settings.enterSends} hint={t.settings.enterSendsHint} on={wishes.enterSends} set={(enterSends) => prefer({ enterSends })} />
        <Switch label={t.settings.announce} on={wishes.announce} set={(announce) => prefer({ announce })} />
      </Group>
      <Group title={t.settings.account}>
        <dl className="facts">
          <div>
            <dt>{t.settings.user}</dt>
            <dd>{me.username}</dd>
          </div>
          <Id name={t.settings.person} id={me.publicPersonId} />
          <Id name={t.settings.instance} id={me.instanceId} />
        </dl>
        <Action hint={t.settings.logOutHint}>
          <Button busy={busy} onClick={() => void out()}>
            {t.login.logOut}
          </Button>
        </Action>
      </Group>
      <Group title={t.settings.thisBrowser}>
        <Action hint={t.settings.forgetHint}>
          <Button onClick={forget}>{t.settings.forget}</Button>
        </Action>
        <Action hint={t.settings.leaveHint}>
          <Button look="danger" onClick={() => void leave_browser()}>
            {t.settings.leave}
          </Button>
        </Action>
      </Group>
      <Group title={t.exporting.title}>
        <ExportChats username={me.username} />
      </Group>
      <Group title={t.backup.title}>
        <Backup username={me.username} />
      </Group>
      <Group title={t.reset.group}>
        <Action hint={t.reset.hint}>
          <Reset username={me.username} />
        </Action>
      </Group>
    </Sheet>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className="group-card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

function Action({ hint, children }: { hint: string; children: ReactNode }) {
  return (
    <div className="action">
      <p className="field-hint">{hint}</p>
      {children}
    </div>
  );
}
