import { composer, expect, message, messages, newcomer, pair, password, say, test } from './support/people.ts';

test('node killed in the middle of typing: what was typed is kept, and what was queued is sent once', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const { page, node } = anna;
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, 'before');
  await expect(message(page, 'before').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await composer(page).pressSequentially('half a sen');
  await node.end('SIGKILL');
  await expect(page.getByText('Your node does not answer.')).toBeVisible();
  await composer(page).pressSequentially('tence');
  await composer(page).press('Enter');
  await say(page, 'and another one');
  await composer(page).fill('a draft');
  await expect(message(page, 'half a sentence').getByRole('button', { name: /Waiting for your node/ })).toBeVisible();
  await message(page, 'half a sentence').getByRole('button', { name: /Why/ }).click();
  await expect(page.getByRole('dialog')).toContainText('Your node does not answer at the moment');
  await page.keyboard.press('Escape');

  await node.start();
  const login = page.getByRole('dialog', { name: 'Your node was started again' });
  await expect(login).toBeVisible();
  await login.getByLabel('Password', { exact: true }).fill(password);
  await login.getByRole('button', { name: 'Log in' }).click();
  await expect(login).toHaveCount(0);
  for (const text of ['half a sentence', 'and another one']) {
    await expect(message(page, text).getByRole('button', { name: /In the archive/ })).toBeVisible();
    await expect(message(page, text)).toHaveCount(1);
  }
  await expect(composer(page)).toHaveValue('a draft');
  await page.reload();
  await expect(composer(page)).toHaveValue('a draft');
  await expect(messages(page).getByRole('article')).toHaveCount(3);
});

test('node killed in the middle of an upload: it goes on when the node is back', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const { page, node } = anna;
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  // A slow line, so that the upload is under way when the node dies.
  const line = await page.context().newCDPSession(page);
  await line.send('Network.enable');
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 2 << 20 });
  await page.locator('input[type=file]').setInputFiles({ name: 'film.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(24 << 20, 3) });
  const uploads = page.getByRole('list', { name: 'Attachments' });
  await expect(uploads).toContainText(/[1-9]\d? %/);
  await node.end('SIGKILL');
  await expect(uploads).toContainText('Goes on when your node is back');
  await say(page, 'A film');
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await node.start();
  const login = page.getByRole('dialog', { name: 'Your node was started again' });
  await login.getByLabel('Password', { exact: true }).fill(password);
  await login.getByRole('button', { name: 'Log in' }).click();
  await expect(message(page, 'A film').getByRole('link', { name: 'Download film.bin' })).toBeVisible();
  await expect(uploads.getByText('film.bin')).toHaveCount(1);
});

test('offline and on again: messages of both sides arrive once', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const bert = await newcomer(await person('bert'));
  await pair(anna, bert);
  await say(anna.page, 'are you there?');
  await expect(message(bert.page, 'are you there?')).toBeVisible();
  await anna.page.context().setOffline(true);
  await anna.node.end('SIGTERM');
  await say(anna.page, 'written offline');
  await say(bert.page, 'written meanwhile');
  await expect(message(anna.page, 'written offline').getByRole('button', { name: /Waiting for your node/ })).toBeVisible();
  await anna.node.start();
  await anna.page.context().setOffline(false);
  const login = anna.page.getByRole('dialog', { name: 'Your node was started again' });
  await login.getByLabel('Password', { exact: true }).fill(password);
  await login.getByRole('button', { name: 'Log in' }).click();
  for (const { page } of [anna, bert]) {
    await expect(message(page, 'written offline')).toHaveCount(1);
    await expect(message(page, 'written meanwhile')).toHaveCount(1);
  }
});

test('the page closed while something was queued: the next one sends it', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const { node } = anna;
  await anna.page.getByRole('button', { name: 'Start notes to yourself' }).click();
  const url = anna.page.url();
  await node.end('SIGKILL');
  await expect(anna.page.getByText('Your node does not answer.')).toBeVisible();
  await say(anna.page, 'left behind');
  await expect(message(anna.page, 'left behind')).toBeVisible();
  const context = anna.page.context();
  await anna.page.close();
  await node.start();
  const next = await context.newPage();
  await next.goto(url);
  await next.getByLabel('Password', { exact: true }).fill(password);
  await next.getByRole('button', { name: 'Log in' }).click();
  await expect(message(next, 'left behind').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await expect(message(next, 'left behind')).toHaveCount(1);
});
