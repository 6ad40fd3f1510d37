import type { Page } from '@playwright/test';
import { type Person, composer, enter, expect, message, messages, password, tab_to, test } from './support/people.ts';

/** The same journeys without a pointer: Tab, Enter, Escape and arrows alone. */

async function attach_by_keys(page: Page, file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
  await tab_to(page, /^Attach files/, 10, true);
  const [picker] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Enter')]);
  await picker.setFiles(file);
  await expect(composer(page)).toBeFocused();
}

async function log_in_again_by_keys(page: Page): Promise<void> {
  const login = page.getByRole('dialog', { name: 'Your node was started again' });
  await expect(login.getByLabel('Password', { exact: true })).toBeFocused();
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await expect(login).toHaveCount(0);
}

async function notes_by_keys({ page, node, name }: Person): Promise<void> {
  await enter({ page, node, name });
  await register_by_keys(page, name);
  await tab_to(page, /^Start notes to yourself/);
  await page.keyboard.press('Enter');
  await expect(composer(page)).toBeFocused();
}

async function register_by_keys(page: Page, name: string): Promise<void> {
  await tab_to(page, /^User name/);
  await page.keyboard.type(name);
  await tab_to(page, /^Password$/);
  await page.keyboard.type(password);
  await tab_to(page, /^Password again/);
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Chats', exact: true })).toBeVisible();
}

test('first start to first message, by keys', async ({ person }) => {
  const anna = await person('anna');
  const { page } = anna;
  await notes_by_keys(anna);
  await page.keyboard.type('first line');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('second line');
  await page.keyboard.press('Enter');
  await expect(message(page, 'first line')).toContainText('second line');
  await expect(message(page, 'first line').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await tab_to(page, /In the archive\. Why/, 20, true);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Where is this message?' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(message(page, 'first line').getByRole('button', { name: /Why/ })).toBeFocused();
});

test('a wrong password, and logging out and in, by keys', async ({ person }) => {
  const anna = await person('anna');
  const { page } = anna;
  await enter(anna);
  await register_by_keys(page, 'anna');
  await tab_to(page, /Account of anna/);
  await page.keyboard.press('Enter');
  for (const name of ['Settings', 'About']) {
    await expect(page.getByRole('menuitem', { name })).toBeFocused(); // a menu that is still opening takes no arrows
    await page.keyboard.press('ArrowDown');
  }
  await expect(page.getByRole('menuitem', { name: 'Log out' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  await page.keyboard.type('wrong');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('wrong');
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Chats', exact: true })).toBeVisible();
});

test('pairing by link and a chat, by keys', async ({ person }) => {
  const anna = await person('anna');
  const bert = await person('bert');
  for (const x of [anna, bert]) {
    await enter(x);
    await register_by_keys(x.page, x.name);
  }
  await tab_to(anna.page, /^Pair$/);
  await anna.page.keyboard.press('Enter');
  await tab_to(anna.page, /^Make an invitation/);
  await anna.page.keyboard.press('Enter');
  await tab_to(anna.page, /^Copy/);
  const link = await anna.page.getByLabel('Link').inputValue();

  await tab_to(bert.page, /^Pair$/);
  await bert.page.keyboard.press('Enter');
  await tab_to(bert.page, /^Invite/);
  await bert.page.keyboard.press('ArrowRight');
  await tab_to(bert.page, /^Invitation/);
  await bert.page.keyboard.insertText(link);
  await tab_to(bert.page, /^Accept$/);
  await bert.page.keyboard.press('Enter');
  await expect(bert.page.getByRole('heading', { name: /are paired/ })).toBeVisible();
  await tab_to(bert.page, /^Open the chat/);
  await bert.page.keyboard.press('Enter');
  await expect(composer(bert.page)).toBeFocused();
  await attach_by_keys(bert.page, { name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.from('one\ntwo\n') });
  await bert.page.keyboard.type('by keys alone');
  await bert.page.keyboard.press('Enter');

  await tab_to(anna.page, /Chats/, 40, true);
  await anna.page.keyboard.press('Enter');
  await anna.page.keyboard.press('Control+k');
  await expect(anna.page.getByRole('searchbox', { name: 'Search chats' })).toBeFocused();
  await anna.page.keyboard.type('ber');
  await expect(anna.page.getByRole('link', { name: /bert/ })).toBeVisible();
  await tab_to(anna.page, /bert/);
  await anna.page.keyboard.press('Enter');
  await expect(message(anna.page, 'by keys alone')).toBeVisible();
  await tab_to(anna.page, /^Download list.txt/, 20, true);
  const [download] = await Promise.all([anna.page.waitForEvent('download'), anna.page.keyboard.press('Enter')]);
  expect(download.suggestedFilename()).toBe('list.txt');
  await tab_to(anna.page, /^Messages/, 20, true);
  await expect(messages(anna.page)).toBeFocused();
});

test('the node killed while typing and while uploading, by keys', async ({ person }) => {
  const anna = await person('anna');
  const { page, node } = anna;
  await notes_by_keys(anna);
  await page.keyboard.type('kept ');
  await node.end('SIGKILL');
  await expect(page.getByText('Your node does not answer.')).toBeVisible();
  await page.keyboard.type('and sent');
  await page.keyboard.press('Enter');
  await node.start();
  await log_in_again_by_keys(page);
  await expect(message(page, 'kept and sent').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await expect(message(page, 'kept and sent')).toHaveCount(1);

  const line = await page.context().newCDPSession(page);
  await line.send('Network.enable');
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 2 << 20 });
  await expect(composer(page)).toBeFocused();
  await attach_by_keys(page, { name: 'film.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(24 << 20, 3) });
  await page.keyboard.type('A film');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('list', { name: 'Attachments' })).toContainText(/[1-9]\d? %/);
  await node.end('SIGKILL');
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await node.start();
  await log_in_again_by_keys(page);
  await expect(message(page, 'A film').getByRole('link', { name: 'Download film.bin' })).toBeVisible();
  await expect(message(page, 'A film')).toHaveCount(1);
});

test('offline and on again, and in a second tab, by keys', async ({ person }) => {
  const anna = await person('anna');
  const { page } = anna;
  await notes_by_keys(anna);
  await page.context().setOffline(true);
  await anna.node.end('SIGTERM');
  await page.keyboard.type('written offline');
  await page.keyboard.press('Enter');
  await expect(message(page, 'written offline').getByRole('button', { name: /Waiting for your node/ })).toBeVisible();
  await anna.node.start();
  await page.context().setOffline(false);
  await log_in_again_by_keys(page);
  await expect(message(page, 'written offline').getByRole('button', { name: /In the archive/ })).toBeVisible();

  await expect(composer(page)).toBeFocused();
  await page.keyboard.type('begun here');
  const second = await page.context().newPage();
  await second.goto(page.url());
  await expect(composer(second)).toBeFocused();
  await expect(composer(second)).toHaveValue('begun here');
  await second.keyboard.press('End');
  await second.keyboard.type(', ended there');
  await second.keyboard.press('Enter');
  for (const tab of [page, second]) {
    await expect(message(tab, 'begun here, ended there')).toHaveCount(1);
    await expect(messages(tab).getByRole('article')).toHaveCount(2);
  }
  await expect(composer(page)).toHaveValue('');
});
