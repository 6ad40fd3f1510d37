import { Tab, TabList, TabPanel, TabProvider } from '@ariakit/react';
import { type Contact, NodeError } from '@lama/ipc-client';
import { Camera, CircleCheck, ImageUp, MessageSquare } from '../components/icons.ts';
import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react';
import { Button, CopyButton, Field, Notice, Sheet } from '../components/parts.tsx';
import { words_of } from '../lib/failure.ts';
import { use_store } from '../lib/store.ts';
import { app, client, notify } from '../state/app.ts';
import { chat_with } from '../state/user.ts';
import { t } from '../strings.ts';

/** Two persons get to know each other: one invites, the other accepts. */
export default function Pair() {
  return (
    <Sheet title={t.pair.title}>
      <h1>{t.pair.title}</h1>
      <TabProvider>
        <TabList className="tabs" aria-label={t.pair.title}>
          <Tab id="invite" className="tab">
            {t.pair.invite}
          </Tab>
          <Tab id="accept" className="tab">
            {t.pair.accept}
          </Tab>
        </TabList>
        <TabPanel tabId="invite" className="tab-panel">
          <Invite />
        </TabPanel>
        <TabPanel tabId="accept" className="tab-panel" unmountOnHide>
          <Accept />
        </TabPanel>
      </TabProvider>
    </Sheet>
  );
}

interface Made {
  json: string;
  link: string;
  qr: string[];
}

function Invite() {
  const [made, set_made] = useState<Made | null>(null);
  const [busy, set_busy] = useState(false);
  const [problem, set_problem] = useState<string | null>(null);
  const [known, set_known] = useState<Set<string>>(new Set());
  const contacts = use_store(app, (x) => x.contacts);
  const fresh = made ? contacts?.find((x) => !known.has(x.personId)) : undefined;
  const make = async () => {
    set_busy(true);
    set_problem(null);
    try {
      const before = new Set((app.get().contacts ?? []).map((x) => x.personId));
      const { invitation, link, qr } = await client.call('pairing:createInvitation', {});
      set_known(before);
      set_made({ json: typeof invitation === 'string' ? invitation : JSON.stringify(invitation, null, 2), link, qr });
    } catch (failure) {
      set_problem(app.get().status?.bridgeConnected === false ? t.pair.offline : words_of(failure));
    } finally {
      set_busy(false);
    }
  };
  if (fresh) return <Paired contact={fresh} again={() => set_made(null)} />;
  return (
    <>
      <p className="lead">{t.pair.inviteIntro}</p>
      {problem ? <Notice kind="error">{problem}</Notice> : null}
      {made ? (
        <div className="invitation">
          <figure>
            <QrPicture rows={made.qr} label={t.pair.qr} />
            <figcaption>{t.pair.qrHint}</figcaption>
          </figure>
          <div className="invitation-texts">
            <Shown label={t.pair.link} text={made.link} rows={4} />
            <details>
              <summary>{t.pair.json}</summary>
              <p className="field-hint">{t.pair.jsonHint}</p>
              <Shown label={t.pair.json} text={made.json} rows={6} />
            </details>
            <p className="waiting-for" role="status">
              <span className="spinner" aria-hidden="true" />
              {t.pair.waiting}
            </p>
          </div>
        </div>
      ) : null}
      <Button look={made ? 'plain' : 'primary'} busy={busy} onClick={() => void make()}>
        {busy ? t.pair.making : made ? t.pair.another : t.pair.make}
      </Button>
    </>
  );
}

function Shown({ label, text, rows }: { label: string; text: string; rows: number }) {
  return (
    <div className="shown">
      <Field label={label}>{(ids) => <textarea {...ids} className="input code" readOnly rows={rows} value={text} onFocus={(e) => e.target.select()} />}</Field>
      <CopyButton text={text} />
    </div>
  );
}

/** One path for all dark squares; dark on light in every theme, since cameras expect it. */
function QrPicture({ rows, label }: { rows: string[]; label: string }) {
  const path = useMemo(() => rows.flatMap((row, y) => [...row].map((x, i) => (x === '1' ? `M${i + 4} ${y + 4}h1v1h-1z` : ''))).join(''), [rows]);
  const size = rows.length + 8;
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#111" />
    </svg>
  );
}

function Accept() {
  const [text, set_text] = useState('');
  const [problem, set_problem] = useState<string | null>(null);
  const [busy, set_busy] = useState(false);
  const [person, set_person] = useState<string | null>(null);
  const [camera, set_camera] = useState(false);
  const contact = use_store(app, (x) => x.contacts?.find((c) => c.personId === person));
  const picker = useRef<HTMLInputElement>(null);

  const accept = async (invitation: string) => {
    if (!looks_right(invitation)) return set_problem(t.pair.bad);
    set_busy(true);
    set_problem(null);
    try {
      const { personId } = await client.call('pairing:acceptInvitation', { invitation: invitation.trim() }, { deadline: 60_000 });
      set_person(personId);
      set_text('');
    } catch (failure) {
      set_problem(failure instanceof NodeError && failure.kind === 'offline' ? words_of(failure) : t.pair.failed(words_of(failure)));
    } finally {
      set_busy(false);
    }
  };
  const found = (code: string) => {
    set_camera(false);
    set_text(code);
    void accept(code);
  };
  const picture = async (file: Blob | undefined) => {
    if (!file) return;
    const { code_in_picture } = await import('../lib/scan.ts');
    const code = await code_in_picture(file).catch(() => null);
    if (code) found(code);
    else set_problem(t.pair.noCode);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void accept(text);
  };
  if (person && contact) return <Paired contact={contact} again={() => set_person(null)} />;
  return (
    <>
      <p className="lead">{t.pair.acceptIntro}</p>
      {problem ? <Notice kind="error">{problem}</Notice> : null}
      <form onSubmit={submit}>
        <Field label={t.pair.paste} hint={t.pair.pasteHint}>
          {(ids) => (
            <textarea
              {...ids}
              className="input code"
              rows={5}
              value={text}
              spellCheck={false}
              onChange={(e) => set_text(e.target.value)}
              onPaste={(e) => {
                const image = [...e.clipboardData.files].find((x) => x.type.startsWith('image/'));
                if (image) {
                  e.preventDefault();
                  void picture(image);
                }
              }}
              required
            />
          )}
        </Field>
        <div className="actions">
          <Button type="submit" look="primary" busy={busy || (person !== null && !contact)}>
            {busy ? t.pair.accepting : t.pair.acceptIt}
          </Button>
          <Button icon={Camera} onClick={() => set_camera(!camera)} aria-pressed={camera}>
            {camera ? t.pair.stopScan : t.pair.scan}
          </Button>
          <Button icon={ImageUp} onClick={() => picker.current?.click()}>
            {t.pair.fromImage}
          </Button>
          <input ref={picker} type="file" accept="image/*" hidden onChange={(e) => void picture(e.target.files?.[0])} />
        </div>
      </form>
      {camera ? (
        <CameraView
          found={found}
          failed={() => {
            set_camera(false);
            set_problem(t.pair.noCamera);
          }}
        />
      ) : null}
    </>
  );
}

function CameraView({ found, failed }: { found: (x: string) => void; failed: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const told = useRef({ found, failed });
  told.current = { found, failed };
  useEffect(() => {
    const controller = new AbortController();
    const look = async () => {
      const { code_in_camera } = await import('../lib/scan.ts');
      if (!video.current) return;
      const code = await code_in_camera(video.current, controller.signal);
      if (code) told.current.found(code);
    };
    look().catch(() => {
      if (!controller.signal.aborted) told.current.failed();
    });
    return () => controller.abort();
  }, []);
  return <video ref={video} className="camera" aria-label={t.pair.camera} muted playsInline />;
}

/** The node looks closer; this spares the question where something else was pasted. */
function looks_right(text: string): boolean {
  let plain = text.trim();
  try {
    plain = decodeURIComponent(plain);
  } catch {
    // no link, then
  }
  return ['token', 'publicKey', 'url'].every((name) => plain.includes(`"${name}"`));
}

function Paired({ contact, again }: { contact: Contact; again: () => void }) {
  const [busy, set_busy] = useState(false);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // What had the focus is gone with the invitation.
    if (document.activeElement === document.body) title.current?.focus();
  }, []);
  const chat = async () => {
    set_busy(true);
    try {
      await chat_with(contact.personId);
    } catch (problem) {
      notify(words_of(problem));
      set_busy(false);
    }
  };
  return (
    <div className="paired" role="status">
      <CircleCheck size={40} aria-hidden="true" />
      <h2 ref={title} tabIndex={-1}>
        {t.pair.paired(contact.name)}
      </h2>
      <div className="actions">
        <Button look="primary" icon={MessageSquare} busy={busy} onClick={() => void chat()}>
          {t.pair.openChat}
        </Button>
        <Button onClick={again}>{t.back}</Button>
      </div>
    </div>
  );
}
