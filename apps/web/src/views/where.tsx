import type { Conversation, Message } from '@lama/ipc-client';
import { Archive, Globe, Monitor, PanelTop } from '../components/icons.ts';
import { Modal } from '../components/parts.tsx';
import { use_store } from '../lib/store.ts';
import { type App, app } from '../state/app.ts';
import { t } from '../strings.ts';

type State = Exclude<Message['state'], 'refused'> | 'queued' | 'failed';

const stations = [
  ['page', PanelTop],
  ['device', Monitor],
  ['archive', Archive],
  ['other', Globe],
] as const;

const reached: Record<State, number> = { queued: 0, failed: 0, 'on-this-device': 1, 'in-archive': 2, delivered: 3 };

/** What keeps a message where it is. */
export function why(state: State, reason: string | undefined, conversation: Conversation | undefined, x: Pick<App, 'locked' | 'status' | 'online'>): string {
  const words = t.state.why;
  switch (state) {
    case 'failed':
      return words.refused(reason ?? '');
    case 'queued':
      return x.locked ? words.locked : words.nodeAway;
    case 'on-this-device':
      if (x.locked) return words.locked;
      if (!x.status) return words.deviceAway;
      return x.status.bridgeConnected ? words.archiveSoon : words.archiveAway;
    case 'delivered':
      return words.delivered;
    case 'in-archive': {
      const other = conversation?.participants.find((p) => !p.me);
      if (!other) return words.onlyMe;
      return x.online[other.personId] ? words.contactThere(other.name) : words.contactAway(other.name);
    }
  }
}

/** The stations of a message, how far it is, and why not further. */
export function WhereIsIt({ close, state, reason, conversation }: { close: () => void; state: State; reason?: string | undefined; conversation?: Conversation }) {
  const known = use_store(app, (x) => ({ locked: x.locked, status: x.status, online: x.online }));
  const alone = conversation !== undefined && conversation.participants.every((p) => p.me);
  return (
    <Modal open onClose={close} title={t.state.title}>
      <ol className="stations">
        {stations
          .filter(([name]) => !(alone && name === 'other'))
          .map(([name, Icon], i) => {
            const [title, text] = t.state.steps[name] as [string, string];
            const here = i === reached[state];
            return (
              <li key={name} className={i <= reached[state] ? 'reached' : 'ahead'} aria-current={here ? 'step' : undefined}>
                <span className="station-icon">
                  <Icon size={18} aria-hidden="true" />
                </span>
                <span>
                  <strong>{title}</strong>
                  <span className="station-text">{text}</span>
                </span>
              </li>
            );
          })}
      </ol>
      <p className="why">{why(state, reason, conversation, known)}</p>
    </Modal>
  );
}
