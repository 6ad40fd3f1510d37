import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { composer, expect, faults_of, message, newcomer, part, password, register, say, tab_to, test } from './support/people.ts';

/** Taking one's data along, and being rid of it. */

async function notes(page: Page, text: string): Promise<void> {
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, text);
  await expect(message(page, text).getByRole('button', { name: /In the archive/ })).toBeVisible();
}

async function to_settings(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
}

interface Listed {
  conversations: { title: string; messages: number }[];
}

test('chats are exported with their files, and nothing is overwritten', async ({ person }) => {
  const { page, node } = await newcomer(await person('anna'));
  await notes(page, 'to be taken along');
  await page.locator('input[type=file]').setInputFiles({ name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.from('one\ntwo\n') });
  await expect(page.getByRole('list', { name: 'Attachments' }).getByText('Ready')).toBeVisible();
  await say(page, 'with a file');
  await expect(message(page, 'with a file').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await to_settings(page);
  const form = part(page, 'Export chats');
  await form.getByLabel('Name of the new folder').fill('../elsewhere');
  await form.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(form.getByText('A name has 1 to 128 letters')).toBeVisible();
  await form.getByLabel('Name of the new folder').fill('mine');
  await form.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(form.getByText('1 chat, 2 messages and 1 file')).toBeVisible();
  const folder = (await form.locator('.path code').textContent()) ?? '';
  expect(folder).toBe(join(node.folder, 'exports', 'mine'));
  const listed = JSON.parse(readFileSync(join(folder, 'export.json'), 'utf8')) as Listed;
  expect(listed.conversations).toMatchObject([{ title: 'Notes', messages: 2 }]);
  expect(readFileSync(join(folder, 'index.html'), 'utf8')).toContain('Notes');

  await form.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(form.getByText('A folder of this name is there already')).toBeVisible();
  await expect(form.getByLabel('Name of the new folder')).toHaveAttribute('aria-invalid', 'true');
  await form.getByLabel('Name of the new folder').fill('mine-2');
  await form.getByText('Also as pages to read').click();
  await form.getByText('Only some chats').click();
  await form.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(form.getByText('Choose at least one chat.')).toBeVisible();
  await form.getByLabel('Notes').check();
  await form.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(form.getByText('1 chat, 2 messages and 1 file')).toBeVisible();
  expect(existsSync(join(node.folder, 'exports', 'mine-2', 'export.json'))).toBe(true);
  expect(existsSync(join(node.folder, 'exports', 'mine-2', 'index.html'))).toBe(false);
  expect(faults_of(page)).toEqual([]);
});

test('chats are exported by keys', async ({ person }) => {
  const { page, node } = await newcomer(await person('anna'));
  await notes(page, 'to be taken along');
  await to_settings(page);
  await tab_to(page, /^Name of the new folder/);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('by-keys');
  await page.keyboard.press('Enter');
  await expect(part(page, 'Export chats').getByText('1 chat, 1 message and 0 files')).toBeVisible();
  expect(existsSync(join(node.folder, 'exports', 'by-keys', 'index.html'))).toBe(true);
  await tab_to(page, /^Copy the path/);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(join(node.folder, 'exports', 'by-keys'));
});

test('the device is backed up by keys, into a file that verifies', async ({ person }) => {
  const { page, node } = await newcomer(await person('anna'));
  await notes(page, 'to be saved');
  await to_settings(page);
  await tab_to(page, /^Back up$/);
  await page.keyboard.press('Enter');
  await expect(part(page, 'Back up this device').getByText(/^Saved \([\d.]+\s[KM]B\)/)).toBeVisible();
  const file = (await part(page, 'Back up this device').locator('.path code').textContent()) ?? '';
  expect(file.startsWith(join(node.folder, 'backups', 'anna-device-'))).toBe(true);
  expect(node.command('backup', 'verify', file)).toContain('sparse');
  expect(faults_of(page)).toEqual([]);
});

test('what this device has is deleted with name and password alone, and comes back from the archive', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const { page, node } = anna;
  await notes(page, 'kept by the archive');
  await composer(page).fill('a draft');
  await to_settings(page);
  await part(page, 'Delete data').getByRole('button', { name: 'Delete my data' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete your data?' });
  const button = dialog.getByRole('button', { name: 'Delete from this device' });
  await expect(dialog).toContainText('The archive keeps them');
  await expect(button).toBeDisabled();
  await dialog.getByLabel(/^Type your user name/).fill('ann');
  await dialog.getByLabel('Password', { exact: true }).fill('wrong');
  await expect(button).toBeDisabled();
  await dialog.getByLabel(/^Type your user name/).fill('anna');
  await button.click();
  await expect(dialog.getByRole('alert')).toContainText('The password is wrong. Nothing was deleted.');
  await expect(dialog.getByLabel('Password', { exact: true })).toBeFocused();
  expect(existsSync(join(node.folder, 'sparse', 'anna'))).toBe(true);
  await dialog.getByLabel('Password', { exact: true }).fill(password);
  await button.click();
  await expect(page.getByText('The data of anna is deleted from this device.')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Welcome', exact: true })).toBeVisible();
  expect(existsSync(join(node.folder, 'sparse', 'anna'))).toBe(false);
  expect(existsSync(join(node.folder, 'archive', 'anna'))).toBe(true);
  expect(await page.evaluate(() => Object.keys(localStorage).filter((x) => x.includes('anna')))).toEqual([]);

  await register(anna);
  await page.getByRole('link', { name: /Notes/ }).click();
  await expect(message(page, 'kept by the archive')).toBeVisible();
  await expect(composer(page)).toHaveValue('');
  expect(faults_of(page)).toEqual([]);
});

test('everything is deleted by keys, on the device and in the archive', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const { page, node } = anna;
  await notes(page, 'gone for good');
  const second = await page.context().newPage();
  await second.goto(page.url());
  await expect(message(second, 'gone for good')).toBeVisible();
  await to_settings(page);
  await tab_to(page, /^Delete my data/);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Delete your data?' });
  await tab_to(page, /^On this device/);
  await page.keyboard.press('ArrowDown');
  await expect(dialog).toContainText('deleted for good, here and in the archive');
  await tab_to(page, /^Type your user name/);
  await page.keyboard.type('anna');
  await tab_to(page, /^Password$/);
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await expect(page.getByText('The data of anna is deleted, on this device and in the archive.')).toBeVisible();
  for (const side of ['sparse', 'archive']) expect(existsSync(join(node.folder, side, 'anna'))).toBe(false);
  await expect(second.getByText('The data of anna is not on this device any more.')).toBeVisible();
  await expect(page.getByLabel('User name')).toBeFocused();
  await register(anna);
  await expect(page.getByText('No chats yet')).toBeVisible();
  expect(faults_of(page)).toEqual([]);
});

test('without its archive only the device can be reset, and what is not there yet is named', async ({ person }) => {
  const { page, node } = await newcomer(await person('anna', { apart: true }));
  await notes(page, 'before');
  await node.end('SIGTERM', ['archive']);
  await say(page, 'written alone');
  await expect(message(page, 'written alone').getByRole('button', { name: /On this device/ })).toBeVisible();
  await to_settings(page);
  await part(page, 'Delete data').getByRole('button', { name: 'Delete my data' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete your data?' });
  await expect(dialog).toContainText('1 message has not reached the archive yet and would be lost.');
  await dialog.getByLabel('On this device and in the archive').check();
  await expect(dialog).toContainText('The archive is not connected, so that nothing can be deleted there.');
  await dialog.getByLabel(/^Type your user name/).fill('anna');
  await dialog.getByLabel('Password', { exact: true }).fill(password);
  await dialog.getByRole('button', { name: 'Delete everything' }).click();
  await expect(dialog.getByRole('alert')).toContainText('The archive is not connected. Nothing was deleted.');
  expect(existsSync(join(node.folder, 'sparse', 'anna'))).toBe(true);
});
