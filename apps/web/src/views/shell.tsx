import { Menu, MenuButton, MenuItem, MenuProvider, MenuSeparator } from '@ariakit/react';
import { Activity, Info, LogOut, MessagesSquare, QrCode, Settings as SettingsIcon, Users } from '../components/icons.ts';
import { Suspense, lazy, useEffect } from 'react';
import { Avatar, Modal } from '../components/parts.tsx';
import { type Section, go_to, link_to, use_route } from '../lib/route.ts';
import { use_store } from '../lib/store.ts';
import { app } from '../state/app.ts';
import { log_out } from '../state/session.ts';
import { t } from '../strings.ts';
import { Banner } from './banner.tsx';
import { Chats, search_id } from './chats.tsx';
import { Login } from './login.tsx';

const Contacts = lazy(() => import('./contacts.tsx'));
const Pair = lazy(() => import('./pair.tsx'));
const Sync = lazy(() => import('./sync.tsx'));
const Settings = lazy(() => import('./settings.tsx'));
const About = lazy(() => import('./about.tsx'));

const places = [
  { section: 'chats', label: t.nav.chats, icon: MessagesSquare },
  { section: 'contacts', label: t.nav.contacts, icon: Users },
  { section: 'pair', label: t.nav.pair, icon: QrCode },
  { section: 'sync', label: t.nav.sync, icon: Activity },
] as const;

/** The page of who is logged in: where one can go, what is there, and how the node is. */
export function Shell() {
  const { section, id } = use_route();
  const { me, locked } = use_store(app, (x) => ({ me: x.me, locked: x.locked }));
  const unread = use_store(app, (x) => Object.values(x.unread).reduce((a, b) => a + b, 0));
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${t.product}` : t.product;
  }, [unread]);
  use_search_key();
  if (!me) return null;
  return (
    <div className={`shell${id ? ' has-detail' : ''}`}>
      <a className="skip" href="#content" onClick={(e) => skip(e)}>
        {t.skip}
      </a>
      <nav className="rail" aria-label={t.nav.label}>
        <img className="rail-brand" src="/icon.svg" alt="" width="36" height="36" />
        <ul className="rail-places">
          {places.map(({ section: to, label, icon: Icon }) => (
            <li key={to}>
              <a className="rail-link" href={link_to(to)} aria-current={section === to ? 'page' : undefined}>
                <span className="rail-icon">
                  <Icon size={22} aria-hidden="true" />
                  {to === 'chats' && unread > 0 ? (
                    <span className="badge corner">
                      <span aria-hidden="true">{unread > 99 ? '99+' : unread}</span>
                      <span className="unseen">{t.nav.unread(unread)}</span>
                    </span>
                  ) : null}
                  {to === 'sync' ? <Health /> : null}
                </span>
                <span>{label}</span>
              </a>
            </li>
          ))}
        </ul>
        <Account name={me.username} id={me.publicPersonId} section={section} />
      </nav>
      <div className="stage">
        <Banner />
        <div className="content" id="content" tabIndex={-1}>
          <Suspense fallback={<p className="page-loading">{t.loading}</p>}>{view_of(section, id)}</Suspense>
        </div>
      </div>
      <Modal open={locked} onClose={() => undefined} title={t.login.lockedTitle} closable={false}>
        <Login locked={me.username} />
      </Modal>
    </div>
  );
}

/** Ctrl K, wherever one is. */
function use_search_key(): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return;
      event.preventDefault();
      const find = () => document.getElementById(search_id);
      if (!find()) go_to('chats');
      requestAnimationFrame(() => requestAnimationFrame(() => find()?.focus()));
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}

function view_of(section: Section, id: string | null) {
  switch (section) {
    case 'chats':
      return <Chats id={id} />;
    case 'contacts':
      return <Contacts id={id} />;
    case 'pair':
      return <Pair />;
    case 'sync':
      return <Sync />;
    case 'settings':
      return <Settings />;
    case 'about':
      return <About />;
  }
}

function skip(event: React.MouseEvent) {
  event.preventDefault(); // the address is the route
  document.getElementById('content')?.focus();
}

/** A dot where something is not as it should be. */
function Health() {
  const bad = use_store(app, (x) => x.link.name !== 'open' || (x.status !== null && x.status.status !== 'ok'));
  return bad ? <span className="dot warn" role="img" aria-label={t.sync.degraded} /> : null;
}

function Account({ name, id, section }: { name: string; id: string; section: Section }) {
  return (
    <MenuProvider placement="right-end">
      <MenuButton className="rail-account" aria-label={t.nav.account(name)}>
        <Avatar name={name} id={id} />
        <span className="rail-account-name">{name}</span>
      </MenuButton>
      <Menu className="menu" gutter={8} portal>
        <MenuItem className="menu-item" onClick={() => go_to('settings')} aria-current={section === 'settings' ? 'page' : undefined}>
          <SettingsIcon size={18} aria-hidden="true" />
          {t.nav.settings}
        </MenuItem>
        <MenuItem className="menu-item" onClick={() => go_to('about')} aria-current={section === 'about' ? 'page' : undefined}>
          <Info size={18} aria-hidden="true" />
          {t.nav.about}
        </MenuItem>
        <MenuSeparator className="menu-line" />
        <MenuItem className="menu-item" onClick={() => void log_out()}>
          <LogOut size={18} aria-hidden="true" />
          {t.login.logOut}
        </MenuItem>
      </Menu>
    </MenuProvider>
  );
}
