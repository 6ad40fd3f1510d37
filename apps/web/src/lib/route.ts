import { useSyncExternalStore } from 'react';

export type Section = 'chats' | 'contacts' | 'pair' | 'sync' | 'settings' | 'about';
export interface Route {
  section: Section;
  /** Of a conversation or a contact. */
  id: string | null;
}

const sections: Section[] = ['chats', 'contacts', 'pair', 'sync', 'settings', 'about'];

export function read_route(hash: string): Route {
  const [, first, ...rest] = hash.replace(/^#/, '').split('/');
  const section = sections.find((x) => x === first) ?? 'chats';
  let id: string | null = rest.join('/') || null;
  try {
    id = id === null ? null : decodeURIComponent(id);
  } catch {
    id = null;
  }
  return { section, id };
}

export const link_to = (section: Section, id?: string) => `#/${section}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`;
export const go_to = (section: Section, id?: string) => {
  window.location.hash = link_to(section, id);
};

let known_hash = '';
let known: Route = read_route('');
function current(): Route {
  if (window.location.hash !== known_hash) {
    known_hash = window.location.hash;
    known = read_route(known_hash);
  }
  return known;
}

export function use_route(): Route {
  return useSyncExternalStore((changed) => {
    window.addEventListener('hashchange', changed);
    return () => window.removeEventListener('hashchange', changed);
  }, current);
}
