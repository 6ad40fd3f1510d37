import type { Page } from '@playwright/test';
import axe from 'axe-core';
import { type Person, composer, enter, expect, faults_of, message, newcomer, pair, part, password, say, test } from './support/people.ts';

/** Every view in light, dark and narrow: no serious accessibility problem, and the picture that was looked at and found good. */

const looks = [
  { name: 'light', width: 1280, height: 800, scheme: 'light' as const },
  { name: 'dark', width: 1280, height: 800, scheme: 'dark' as const },
  { name: 'narrow', width: 360, height: 720, scheme: 'light' as const },
];

test.describe.configure({ timeout: 600_000 });

/** What differs from run to run, made the same as soon as it is drawn, so that a picture shows all of the view. In the page. */
function keep_still(): void {
  const texts: [string, string][] = [
    ['time', '12:34'],
    ['.facts code', '0123 4567 … 89ab cdef'],
    ['td.detail', 'ws://127.0.0.1:8765'],
    ['form .path code', '/home/anna/.lama/exports/anna-2026-01-02'],
    ['.scale', '20'],
    ['.banner p > [aria-hidden]', 'Trying again in 3 s.'],
  ];
  /** By what stands before them; those that are not known stay so. */
  const figures: Record<string, string> = {
    Objects: '1,234',
    Size: '5.6\u00a0MB',
    'Changes a second': '0',
    'Writes a second': '0',
    'Answer time': '1.2\u00a0ms',
    'Running for': '3\u00a0min',
  };
  /** Parts of texts, wherever those stand. */
  const parts: [string, RegExp, string][] = [
    ['.facts dd, .row-text, .person-head p', /since .*/, 'since 1 January 2026'],
    ['.figures .lag dd', /^\d.*/, '3 changes, for 5\u00a0s'],
    ['.legend .told', /^now \d.*/, 'now 0, at most 13'],
    ['.legend .told', /^(now not known, at most) .*/, '$1 13'],
    ['.lagging', /^\d+ changes? of (.*) ha(s|ve) /, '3 changes of $1 have '],
    ['.waiting-out, .kept .field-hint', /\d+\s(s|min)$/, '5\u00a0s'],
  ];
  const write = (node: Node, text: string) => {
    if (node.nodeValue !== text) node.nodeValue = text;
  };
  const texts_of = (x: Element) => [...x.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
  const still = () => {
    for (const [place, text] of texts) for (const x of document.querySelectorAll(place)) texts_of(x).forEach((node, i) => write(node, i ? '' : text));
    for (const [place, from, to] of parts) for (const x of document.querySelectorAll(place)) for (const node of texts_of(x)) write(node, (node.nodeValue ?? '').replace(from, to));
    for (const x of document.querySelectorAll('.figures dt, .tile dt')) {
      const text = figures[x.textContent ?? ''];
      const value = x.nextElementSibling;
      if (text && value && /\d/.test(value.textContent ?? '')) texts_of(value).forEach((node, i) => write(node, i ? '' : text));
    }
    for (const x of document.querySelectorAll<HTMLInputElement>('input[name=folder]')) x.value = x.value.replace(/\d{4}-\d\d-\d\d/, '2026-01-02');
    for (const x of document.querySelectorAll<HTMLInputElement>('.input.code')) if (x.readOnly) x.value = 'lama://invite/'.padEnd(400, '0123456789abcdef');
    const drawings: [string, string, string][] = [
      ['.qr path', 'd', 'M4 4h7v7h-7zM30 4h7v7h-7zM4 30h7v7h-7zM14 14h6v6h-6zM22 24h9v3h-9z'],
      ['.plot .chart-line.sparse', 'points', '300,118 400,40 500,80 600,118'],
      ['.plot .chart-line.archive', 'points', '300,118 400,70 500,100 600,118'],
    ];
    for (const [place, name, drawn] of drawings) for (const x of document.querySelectorAll(place)) if (x.getAttribute(name) !== drawn) x.setAttribute(name, drawn);
    for (const x of document.querySelectorAll('.avatar[class*=hue-]')) {
      const fixed = x.className.replace(/hue-\d/, `hue-${(x.textContent ?? '').charCodeAt(0) % 8}`);
      if (fixed !== x.className) x.className = fixed;
    }
  };
  still();
  if ('kept_still' in window) return;
  Object.assign(window, { kept_still: true });
  new MutationObserver(still).observe(document.body, { subtree: true, childList: true, characterData: true, attributeFilter: ['class', 'd', 'points'] });
}

/** `height`: for what is longer than a screen, by the name of the look. */
async function look_at(page: Page, view: string, height: Record<string, number> = {}): Promise<void> {
  await page.evaluate(keep_still);
  await page.mouse.move(0, 0); // nothing is pointed at
  for (const look of looks) {
    await page.setViewportSize({ width: look.width, height: height[look.name] ?? look.height });
    await page.emulateMedia({ colorScheme: look.scheme, reducedMotion: 'reduce' });
    await page.evaluate(() => document.fonts.ready);
    await page.evaluate(axe.source); // by the debugger: the page's own policy allows no such script
    const serious = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
      return violations
        .filter((x) => x.impact === 'serious' || x.impact === 'critical')
        .map((x) => `${x.id}: ${x.nodes.map((n) => n.target.join(' ')).join(', ')}`);
    });
    expect(serious, `${view}, ${look.name}`).toEqual([]);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wide, `${view} ${look.name} scrolls sideways`).toBeLessThanOrEqual(0);
    await expect(page).toHaveScreenshot(`${view}-${look.name}.png`, { timeout: 90_000 });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
}

async function go(page: Page, section: string): Promise<void> {
  await page.evaluate((x) => {
    window.location.hash = `#/${x}`;
  }, section);
}

test('the gate', async ({ person, browser }) => {
  const anna = await person('anna');
  const stranger = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await stranger.goto(new URL('/', anna.node.login_url()).href);
  await expect(stranger.getByRole('heading', { level: 1 })).toBeVisible();
  await look_at(stranger, 'let-in');
  await stranger.context().close();
  await enter(anna);
  const { page } = anna;
  await look_at(page, 'register');
  await page.getByLabel('User name').fill('not a name');
  await page.getByRole('button', { name: 'Create user' }).click();
  await look_at(page, 'register-refused');
  expect(faults_of(page)).toEqual([]);
});

test('without anything yet', async ({ person }) => {
  const { page } = await newcomer(await person('anna'));
  await look_at(page, 'chats-empty');
  await go(page, 'contacts');
  await expect(page.getByText('No contacts yet')).toBeVisible();
  await look_at(page, 'contacts-empty');
  await go(page, 'chats');
  await page.getByRole('button', { name: 'New chat' }).click();
  await look_at(page, 'new-chat');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Account of anna' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
  await look_at(page, 'login');
});

async function talk(anna: Person, bert: Person): Promise<void> {
  await say(anna.page, 'Hello Bert, did the parcel arrive?');
  await expect(message(bert.page, 'did the parcel arrive')).toBeVisible();
  await say(bert.page, 'Yes, this morning. See https://example.org/parcel for what is in it.');
  await say(bert.page, 'Shall I open it, or do you want to be there when I do? I could also wait until the weekend, when everybody is around.');
  await expect(message(anna.page, 'Shall I open it')).toBeVisible();
  await anna.page.locator('input[type=file]').setInputFiles([
    { name: 'list.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(300_000, 7) },
    { name: 'a-rather-long-name-of-a-file-that-does-not-fit-into-any-bubble-of-a-chat.txt', mimeType: 'text/plain', buffer: Buffer.from('x') },
  ]);
  await expect(anna.page.getByRole('list', { name: 'Attachments' }).getByText('Ready')).toHaveCount(2);
  await say(anna.page, 'Wait for me! The list:');
  for (const text of ['Hello Bert', 'Wait for me!']) await expect(message(anna.page, text).getByRole('button', { name: /At the other person/ })).toBeVisible();
  await expect(message(bert.page, 'Wait for me!')).toBeVisible();
}

test('with a friend', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const bert = await newcomer(await person('bert'));
  const { page } = anna;
  await pair(anna, bert);
  await talk(anna, bert);
  await expect(page.getByText('Connected now').first()).toBeVisible();
  await composer(page).fill('And a draft that is\non two lines');
  await look_at(page, 'chat');
  await composer(page).fill('');
  await go(page, 'chats');
  await look_at(page, 'chats');
  await go(page, 'contacts');
  await look_at(page, 'contacts');
  await page.getByRole('link', { name: /bert/ }).click();
  await expect(page.getByRole('heading', { name: 'bert' })).toBeVisible();
  await look_at(page, 'contact');
  await go(page, 'pair');
  await page.getByRole('button', { name: 'Make an invitation' }).click();
  await expect(page.getByRole('img', { name: 'QR code of the invitation' })).toBeVisible();
  await look_at(page, 'pair-invite');
  await page.getByRole('tab', { name: 'Accept an invitation' }).click();
  await page.getByLabel('Invitation', { exact: true }).fill('not one');
  await page.getByRole('button', { name: 'Accept', exact: true }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await look_at(page, 'pair-accept');
  await go(page, 'sync');
  await expect(page.getByText('Nothing is waiting')).toBeVisible();
  await expect(page.getByText('Both are in step')).toBeVisible();
  await expect(page.locator('.plot .chart-line')).toHaveCount(4);
  await look_at(page, 'sync', { light: 1340, dark: 1340, narrow: 2250 });
  await go(page, 'settings');
  await look_at(page, 'settings', { light: 1760, dark: 1760, narrow: 2330 });
  await go(page, 'about');
  await expect(page.getByText('Version of the node')).toBeVisible();
  await look_at(page, 'about');
  expect(faults_of(page)).toEqual([]);
});

test('without its node', async ({ person }) => {
  const { page, node } = await newcomer(await person('anna'));
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, 'before');
  await expect(message(page, 'before').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await node.end('SIGKILL');
  await say(page, 'written while it is away');
  await expect(page.getByText('Your node does not answer.')).toBeVisible();
  await look_at(page, 'away');
  await message(page, 'written while it is away').getByRole('button', { name: /Why/ }).click();
  await expect(page.getByRole('dialog')).toContainText('Your node does not answer at the moment');
  await look_at(page, 'where');
  expect(faults_of(page)).toEqual([]);
});

test('the dashboard while the archive is away, and while the node is', async ({ person }) => {
  const { page, node } = await newcomer(await person('anna', { apart: true }));
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, 'before');
  await expect(message(page, 'before').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await go(page, 'sync');
  await expect(page.getByText('Both are in step')).toBeVisible();
  await node.end('SIGTERM', ['archive']);
  await page.getByRole('link', { name: 'Chats' }).click();
  await page.getByRole('link', { name: /Notes/ }).click();
  await say(page, 'written while the archive is away');
  await expect(message(page, 'written while').getByRole('button', { name: /On this device/ })).toBeVisible();
  await page.getByRole('link', { name: 'Chats' }).click();
  await page.getByRole('button', { name: 'New chat' }).click();
  await page.getByLabel('Name').fill('Plans');
  await page.getByRole('button', { name: 'Start chat' }).click();
  await expect(page.getByText('This is kept and done when it is back')).toBeVisible();
  await page.keyboard.press('Escape');
  await go(page, 'sync');
  await expect(page.getByText('The archive is not connected. What you do')).toBeVisible();
  await expect(page.getByText('The archive is not connected. Messages wait')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Kept for the archive' })).toBeVisible();
  await expect(page.locator('.held-text')).toBeVisible();
  await expect(page.locator('.lagging')).toHaveCount(1);
  await look_at(page, 'sync-apart', { light: 1540, dark: 1540, narrow: 2450 });
  await node.end('SIGKILL');
  await expect(page.getByText('Your node does not answer. Its figures')).toBeVisible();
  await expect(page.getByText('What you write is kept here')).toBeVisible();
  await look_at(page, 'sync-away', { light: 1150, dark: 1150, narrow: 1850 });
  expect(faults_of(page)).toEqual([]);
});

test('taking data along and deleting it', async ({ person }) => {
  const { page } = await newcomer(await person('anna'));
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, 'something');
  await expect(message(page, 'something').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await go(page, 'settings');
  const form = part(page, 'Export chats');
  await form.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(form.getByText('1 chat, 1 message and 0 files')).toBeVisible();
  await form.getByText('Only some chats').click();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await look_at(page, 'exported', { light: 1840, dark: 1840, narrow: 2480 });
  await form.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(form.getByText('Choose at least one chat.')).toBeVisible();
  await look_at(page, 'export-refused', { light: 1840, dark: 1840, narrow: 2480 });
  await page.getByRole('button', { name: 'Delete my data' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete your data?' });
  await expect(dialog.getByLabel('On this device', { exact: true })).toBeFocused();
  await look_at(page, 'reset');
  await dialog.getByLabel('On this device and in the archive').check();
  await dialog.getByLabel(/^Type your user name/).fill('anna');
  await dialog.getByLabel('Password', { exact: true }).fill('wrong');
  await dialog.getByRole('button', { name: 'Delete everything' }).click();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await look_at(page, 'reset-refused');
  await dialog.getByLabel('Password', { exact: true }).fill(password);
  await dialog.getByRole('button', { name: 'Delete everything' }).click();
  await expect(page.getByText('The data of anna is deleted')).toBeVisible();
  await look_at(page, 'reset-done');
  expect(faults_of(page)).toEqual([]);
});
