import { composer, expect, faults_of, message, messages, newcomer, pair, password, say, test } from './support/people.ts';

test('a message is edited and deleted, and the other sees it live', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const bert = await newcomer(await person('bert'));
  await pair(anna, bert);
  await say(anna.page, 'meet at nien');
  await say(anna.page, 'a secret');
  await expect(message(bert.page, 'a secret')).toBeVisible();

  const wrong = message(anna.page, 'meet at nien');
  await composer(anna.page).fill('half a thought');
  await wrong.hover();
  await wrong.getByRole('button', { name: 'What to do with this message' }).click();
  await anna.page.getByRole('menuitem', { name: 'Edit' }).click();
  await expect(composer(anna.page)).toHaveValue('meet at nien');
  await composer(anna.page).fill('meet at nine');
  await composer(anna.page).press('Enter');
  await expect(composer(anna.page)).toHaveValue('half a thought');
  for (const { page } of [anna, bert]) {
    await expect(message(page, 'meet at nine')).toContainText('edited');
    await expect(message(page, 'meet at nien')).toHaveCount(0);
  }

  const secret = message(anna.page, 'a secret');
  await secret.hover();
  await secret.getByRole('button', { name: 'What to do with this message' }).click();
  await anna.page.getByRole('menuitem', { name: 'Delete' }).click();
  await anna.page.getByRole('dialog', { name: 'Delete this message?' }).getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(message(anna.page, 'You deleted this message')).toBeVisible();
  await expect(message(bert.page, 'This message was deleted')).toBeVisible();
  for (const { page } of [anna, bert]) {
    await expect(page.getByText('a secret')).toHaveCount(0);
    await page.reload();
    await expect(message(page, 'meet at nine')).toBeVisible();
    await expect(page.getByText('a secret')).toHaveCount(0);
    expect(faults_of(page)).toEqual([]);
  }
});

test('what is changed while the node is away is changed once it is back, by keys', async ({ person }) => {
  const { page, node } = await newcomer(await person('anna'));
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, 'frist');
  await expect(message(page, 'frist').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await node.end('SIGKILL');
  await expect(page.getByText('Your node does not answer.')).toBeVisible();
  await composer(page).press('ArrowUp');
  await expect(composer(page)).toHaveValue('frist');
  await page.keyboard.press('Escape');
  await expect(composer(page)).toHaveValue('');
  await composer(page).press('ArrowUp');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('first');
  await page.keyboard.press('Enter');
  await expect(message(page, 'first').getByRole('button', { name: /Waiting for your node/ })).toBeVisible();
  await node.start();
  const login = page.getByRole('dialog', { name: 'Your node was started again' });
  await expect(login.getByLabel('Password', { exact: true })).toBeFocused();
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await expect(message(page, 'first')).toContainText('edited');
  await expect(message(page, 'first').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await page.reload();
  await expect(message(page, 'first')).toBeVisible();
  await expect(messages(page).getByRole('article')).toHaveCount(1);
});

test('one is told when a message has reached the other person', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const bert = await newcomer(await person('bert'));
  await pair(anna, bert);
  await say(anna.page, 'arrives');
  await expect(message(anna.page, 'arrives').getByRole('button', { name: /At the other person/ })).toBeVisible();
  await bert.node.end('SIGTERM');
  await expect(anna.page.getByText('Not connected now')).toBeVisible();
  await say(anna.page, 'waits');
  await message(anna.page, 'waits').getByRole('button', { name: /In the archive/ }).click();
  await expect(anna.page.getByRole('dialog')).toContainText('bert is not connected to your archive now');
});

test('messages are found by their words, and shown in their place', async ({ person }) => {
  const { page } = await newcomer(await person('anna'));
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, 'Äpfel and pears');
  for (let i = 0; i < 30; i++) await say(page, `filler ${i}`);
  await expect(message(page, 'filler 29').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('apfel');
  const found = page.getByRole('list', { name: 'Found in messages' });
  await expect(found.getByRole('link')).toHaveCount(1);
  await found.getByRole('link').click();
  await expect(message(page, 'Äpfel and pears')).toBeInViewport();
  await page.getByRole('searchbox').fill('no such word');
  await expect(page.getByText('No message has these words.')).toBeVisible();
});

test('letters typed one by one are searched for one after the other', async ({ person }) => {
  const { page } = await newcomer(await person('anna'));
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, 'Äpfel and pears');
  await expect(message(page, 'Äpfel').getByRole('button', { name: /In the archive/ })).toBeVisible();
  const under_way = new Set<unknown>();
  let most = 0;
  let asked = 0;
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      const { id, method } = JSON.parse(payload.toString()) as { id?: unknown; method?: string };
      if (method !== 'query:search') return;
      under_way.add(id);
      asked++;
      most = Math.max(most, under_way.size);
    });
    socket.on('framereceived', ({ payload }) => under_way.delete((JSON.parse(payload.toString()) as { id?: unknown }).id));
  });
  await page.reload();
  await page.getByRole('searchbox').pressSequentially('apfel', { delay: 300 }); // slower than the page waits for the next letter
  await expect(page.getByRole('list', { name: 'Found in messages' }).getByRole('link')).toHaveCount(1);
  expect(asked).toBeGreaterThan(1);
  expect(most).toBe(1);
});

test('what was read in one browser is read in the next', async ({ person, browser }) => {
  const anna = await newcomer(await person('anna'));
  const bert = await newcomer(await person('bert'));
  await pair(anna, bert);
  await anna.page.getByRole('link', { name: 'Sync' }).click();
  for (const text of ['one', 'two']) await say(bert.page, text);
  await expect(anna.page).toHaveTitle('(2) LAMA');
  const other = await (await browser.newContext()).newPage();
  await other.goto(anna.node.login_url());
  await other.getByLabel('Password', { exact: true }).fill(password);
  await other.getByRole('button', { name: 'Log in' }).click();
  await expect(other).toHaveTitle('(2) LAMA');
  await other.getByRole('link', { name: /bert/ }).click();
  await expect(message(other, 'two')).toBeVisible();
  await expect(other).toHaveTitle('LAMA');
  await expect(anna.page).toHaveTitle('LAMA');
  await other.context().close();
});

test('a contact is called as one likes', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const bert = await newcomer(await person('bert'));
  const { page } = anna;
  await pair(anna, bert);
  await page.getByRole('link', { name: 'Contacts' }).click();
  await page.getByRole('link', { name: /bert/ }).click();
  await page.getByRole('button', { name: 'Change what you call bert' }).click();
  await page.getByLabel('Name').fill('Bert from work');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: /Bert from work/ })).toBeVisible();
  await page.getByRole('link', { name: 'Chats' }).click();
  await expect(page.getByRole('list', { name: 'Chats' }).getByText('Bert from work')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('list', { name: 'Chats' }).getByText('Bert from work')).toBeVisible();
});
