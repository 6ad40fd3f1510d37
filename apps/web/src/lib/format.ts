import { t } from '../strings.ts';

const locale = 'en-GB';
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const day_name = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
const day_year = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' });
const short_day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
const short_year = new Intl.DateTimeFormat(locale, { day: '2-digit', month: '2-digit', year: 'numeric' });
const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short' });
const whole = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' });

const midnight = (x: Date) => new Date(x.getFullYear(), x.getMonth(), x.getDate()).getTime();
const days_ago = (x: Date, now: Date) => Math.round((midnight(now) - midnight(x)) / 86_400_000);

export const time_of_day = (time: string) => clock.format(new Date(time));
export const whole_time = (time: string) => whole.format(new Date(time));
export const whole_day = (time: string) => day_year.format(new Date(time));

export function same_day(a: string, b: string): boolean {
  return midnight(new Date(a)) === midnight(new Date(b));
}

/** Above the messages of one day. */
export function day_title(time: string, now = new Date()): string {
  const x = new Date(time);
  const ago = days_ago(x, now);
  if (ago === 0) return t.chat.today;
  if (ago === 1) return t.chat.yesterday;
  return (x.getFullYear() === now.getFullYear() ? day_name : day_year).format(x);
}

/** In a list: the time today, the day before that. */
export function list_time(time: string, now = new Date()): string {
  const x = new Date(time);
  const ago = days_ago(x, now);
  if (ago <= 0) return clock.format(x);
  if (ago === 1) return t.chat.yesterday;
  if (ago < 7) return weekday.format(x);
  return (x.getFullYear() === now.getFullYear() ? short_day : short_year).format(x);
}

/** Between a number and its unit. */
const no_break = '\u00a0';

export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let x = count;
  while (x >= 1000 && unit < units.length - 1) {
    x /= 1000;
    unit++;
  }
  return `${unit === 0 || x >= 100 ? Math.round(x) : x.toFixed(1)}${no_break}${units[unit]}`;
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const of = (count: number, unit: string) => `${Math.floor(count)}${no_break}${unit}`;
  if (seconds < 60) return of(seconds, 's');
  if (seconds < 3600) return of(seconds / 60, 'min');
  if (seconds < 86_400) return `${of(seconds / 3600, 'h')} ${of((seconds % 3600) / 60, 'min')}`;
  return `${of(seconds / 86_400, 'd')} ${of((seconds % 86_400) / 3600, 'h')}`;
}

export const number = (x: number, digits = 0) => x.toLocaleString('en', { maximumFractionDigits: digits });

/** Long ids, legible in groups of four at the ends. */
export const short_id = (id: string) => (id.length > 16 ? `${id.slice(0, 4)} ${id.slice(4, 8)} … ${id.slice(-8, -4)} ${id.slice(-4)}` : id);
