import { Store } from '../lib/store.ts';
import { keep, kept, on_kept } from '../lib/kept.ts';

/** How this browser likes it; nothing of it is told to the node. */
export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  enterSends: boolean;
  announce: boolean;
}

const usual: Preferences = { theme: 'system', enterSends: true, announce: true };
const read = (): Preferences => ({ ...usual, ...kept<Partial<Preferences>>('preferences', {}) });

export const preferences = new Store<Preferences>(read());

export function prefer(change: Partial<Preferences>): void {
  preferences.set(change);
  keep('preferences', preferences.get());
  apply_theme();
}

export function apply_theme(): void {
  const { theme } = preferences.get();
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

on_kept('preferences', () => {
  preferences.set(read());
  apply_theme();
});
