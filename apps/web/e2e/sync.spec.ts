import type { Page } from '@playwright/test';
import { expect, faults_of, message, newcomer, part, say, test } from './support/people.ts';

/** The dashboard: both instances in figures, and why something is not there yet. */

const figure = (page: Page, name: string, what: string) => part(page, name).locator('.figures > div').filter({ has: page.getByText(what, { exact: true }) }).getByRole('definition');
const some = /^[1-9][\d,]*$/;

test('both instances are told of in figures, and by two charts', async ({ person }) => {
  const { page } = await newcomer(await person('anna'));
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, 'counted');
  await expect(message(page, 'counted').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await page.getByRole('link', { name: 'Sync' }).click();
  for (const [name, behind] of [['This device', 'Behind the archive'], ['Archive', 'Behind this device']] as const) {
    await expect(figure(page, name, 'Objects')).toHaveText(some);
    await expect(figure(page, name, 'Size')).toHaveText(/^[\d.]+\s[KM]?B$/);
    await expect(figure(page, name, 'Changes a second')).toHaveText(/^\d/);
    await expect(figure(page, name, 'Damaged')).toHaveText('nothing');
    await expect(figure(page, name, behind)).toHaveText('nothing');
  }
  await expect(page.getByText('Both are in step')).toBeVisible();
  await expect(page.getByText('Nothing is waiting')).toBeVisible();
  await expect(page.getByRole('img', { name: /^Changes behind the other.*This device: now 0.*Archive: now 0/ })).toBeVisible();
  await expect(page.getByRole('img', { name: /^Changes a second.*This device: now \d.*Archive: now \d/ })).toBeVisible();
  for (const side of ['sparse', 'archive']) await expect(page.locator(`.chart .plot .chart-line.${side}`)).toHaveCount(2);
  expect(faults_of(page)).toEqual([]);
});

test('while the archive is away the dashboard says what waits and why, and clears when it is back', async ({ person }) => {
  const { page, node } = await newcomer(await person('anna', { apart: true }));
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, 'before');
  await expect(message(page, 'before').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await node.end('SIGTERM', ['archive']);
  await say(page, 'written alone');
  await expect(message(page, 'written alone').getByRole('button', { name: /On this device/ })).toBeVisible();
  await page.getByRole('link', { name: 'Sync' }).click();
  await expect(page.getByText('The archive is not connected. What you do is kept on this device')).toBeVisible();
  await expect(part(page, 'Archive')).toContainText('What it holds is not known here while it is not connected.');
  await expect(part(page, 'Archive')).not.toContainText('Objects');
  await expect(figure(page, 'Archive', 'Behind this device')).toHaveText(/^[1-9]\d* changes?, for \d+\s(s|min)$/);
  await expect(figure(page, 'This device', 'Behind the archive')).toHaveText('not known');
  await expect(figure(page, 'This device', 'Objects')).toHaveText(some);
  const why = page.getByRole('region', { name: 'Why is this not there yet?' });
  await expect(why).toContainText('not reached the archive, because it is not connected');
  await expect(why).toContainText('1 message waits to go out');
  await expect(why.getByRole('listitem')).toContainText('written alone');
  await page.reload(); // the chat is not opened now: the node alone knows
  await expect(why).toContainText('1 message waits to go out');
  await expect(page.getByRole('region', { name: 'Connections' })).toContainText('waiting to try again');

  await node.start(['archive']);
  await expect(page.getByText('Both are in step')).toBeVisible();
  await expect(why).toContainText('Nothing is waiting');
  await expect(figure(page, 'Archive', 'Objects')).toHaveText(some);
  expect(faults_of(page)).toEqual([]);
});

test('while the node is away the dashboard shows no figures', async ({ person }) => {
  const { page, node } = await newcomer(await person('anna'));
  await page.getByRole('link', { name: 'Sync' }).click();
  await expect(figure(page, 'Archive', 'Objects')).toHaveText(some);
  await node.end('SIGKILL');
  await expect(page.getByText('Your node does not answer. Its figures are shown again when it does.')).toBeVisible();
  for (const name of ['This device', 'Archive']) await expect(part(page, name)).not.toContainText('Objects');
  await expect(page.getByText('Nothing is waiting')).toHaveCount(0);
});
