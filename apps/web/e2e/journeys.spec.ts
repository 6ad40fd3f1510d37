import { composer, enter, expect, faults_of, message, messages, newcomer, pair, password, register, say, test, watch } from './support/people.ts';

test('from the first start to the first message', async ({ person }) => {
  const anna = await person('anna');
  const { page } = anna;
  await enter(anna);
  expect(page.url()).not.toContain('token');
  await expect(page.getByRole('heading', { name: 'Welcome' })).toBeVisible();
  await register(anna);
  await expect(page.getByText('No chats yet')).toBeVisible();
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, 'My first note');
  await expect(message(page, 'My first note')).toBeVisible();
  await expect(message(page, 'My first note').getByRole('button', { name: /In the archive/ })).toBeVisible();
  await expect(page.getByRole('list', { name: 'Chats' }).getByText('My first note')).toBeVisible();
  await page.reload();
  await expect(message(page, 'My first note')).toBeVisible();
  expect(faults_of(page)).toEqual([]);
});

test('a browser without a login link is told how to get in, and a link works once', async ({ person, browser }) => {
  const anna = await person('anna');
  const url = anna.node.login_url();
  const page = watch(await (await browser.newContext()).newPage());
  await page.goto(new URL('/', url).href);
  await expect(page.getByRole('heading', { name: 'This browser is not let in yet' })).toBeVisible();
  await page.getByLabel('Login link').fill('nonsense');
  await page.getByRole('button', { name: 'Let this browser in' }).click();
  await expect(page.getByRole('alert')).toContainText('This is no login link');
  await page.getByLabel('Login link').fill(url);
  await page.getByRole('button', { name: 'Let this browser in' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome' })).toBeVisible();
  await anna.page.goto(url);
  await expect(anna.page.getByText('This link does not work any more').first()).toBeVisible();
  await page.context().close();
});

test('two persons pair by link and chat live, with attachments', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const bert = await newcomer(await person('bert'));
  await pair(anna, bert);
  await say(anna.page, 'Hello Bert');
  await expect(message(bert.page, 'Hello Bert')).toBeVisible();
  await say(bert.page, 'Hello Anna');
  await expect(message(anna.page, 'Hello Anna')).toBeVisible();

  const picture = await anna.page.screenshot({ clip: { x: 0, y: 0, width: 200, height: 120 } });
  await anna.page.locator('input[type=file]').setInputFiles([
    { name: 'view.png', mimeType: 'image/png', buffer: picture },
    { name: 'numbers.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') },
  ]);
  await expect(anna.page.getByRole('list', { name: 'Attachments' }).getByText('Ready')).toHaveCount(2);
  // What is about to be sent is shown small.
  await expect.poll(() => anna.page.getByRole('list', { name: 'Attachments' }).locator('img').evaluate((x: HTMLImageElement) => x.naturalWidth)).toBe(200);
  await say(anna.page, 'Two files');
  const arrived = message(bert.page, 'Two files');
  await expect(arrived.getByRole('button', { name: 'Open view.png' })).toBeVisible();
  await expect.poll(() => arrived.getByRole('img').evaluate((x: HTMLImageElement) => x.naturalWidth)).toBe(200);
  const [download] = await Promise.all([bert.page.waitForEvent('download'), arrived.getByRole('link', { name: 'Download numbers.csv' }).click()]);
  expect(download.suggestedFilename()).toBe('numbers.csv');
  const stream = await download.createReadStream();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe('a,b\n1,2\n');

  await arrived.getByRole('button', { name: 'Open view.png' }).click();
  await expect(bert.page.getByRole('dialog', { name: 'view.png' })).toBeVisible();
  await bert.page.keyboard.press('Escape');
  await expect(bert.page.getByRole('dialog')).toHaveCount(0);
  for (const { page } of [anna, bert]) expect(faults_of(page)).toEqual([]);
});

test('files are attached by paste and by drop, and a large one is streamed', async ({ person }) => {
  const { page } = await newcomer(await person('anna'));
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await composer(page).evaluate((field) => {
    const data = new DataTransfer();
    data.items.add(new File(['pasted'], 'pasted.txt', { type: 'text/plain' }));
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await page.locator('.chat').evaluate((chat) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(40 << 20).fill(7)], 'large.bin', { type: 'application/octet-stream' }));
    for (const kind of ['dragenter', 'dragover', 'drop']) chat.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  // Send at once: it goes when the files are there.
  await say(page, 'Both');
  const sent = message(page, 'Both');
  await expect(sent.getByRole('link', { name: 'Download pasted.txt' })).toBeVisible();
  await expect(sent.getByRole('link', { name: 'Download large.bin' })).toContainText('41.9 MB');
});

test('unread messages are counted until they are seen', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const bert = await newcomer(await person('bert'));
  await pair(anna, bert);
  await anna.page.getByRole('link', { name: 'Settings' }).or(anna.page.getByRole('link', { name: 'Sync' })).first().click();
  for (const text of ['one', 'two', 'three']) await say(bert.page, text);
  const chats = anna.page.getByRole('link', { name: /^3 unread messages.*Chats|Chats.*3 unread/ });
  await expect(chats).toBeVisible();
  await expect(anna.page).toHaveTitle('(3) LAMA');
  await anna.page.reload();
  await expect(chats).toBeVisible();
  await chats.click();
  await anna.page.getByRole('link', { name: /bert/ }).click();
  await expect(message(anna.page, 'three')).toBeVisible();
  await expect(anna.page).toHaveTitle('LAMA');
});

test('a wrong password is told in words, and the right one works afterwards', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const { page } = anna;
  await page.getByRole('button', { name: 'Account of anna' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
  await page.getByLabel('Password', { exact: true }).fill('wrong password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert')).toContainText('The user name or the password is wrong');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('heading', { name: 'Chats', exact: true })).toBeVisible();
});

test('several users of one node', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  const { page } = anna;
  await page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await say(page, "Anna's secret");
  await expect(message(page, "Anna's secret").getByRole('button', { name: /archive/ })).toBeVisible();
  await page.getByRole('button', { name: 'Account of anna' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.getByRole('button', { name: 'Create another user' }).click();
  await register({ ...anna, name: 'carla' });
  await expect(page.getByText('No chats yet')).toBeVisible();
  await expect(page.getByText("Anna's secret")).toHaveCount(0);
  await page.getByRole('button', { name: 'Account of carla' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await page.getByRole('radio', { name: 'anna' }).check();
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('list', { name: 'Chats' }).getByText("Anna's secret")).toBeVisible();
});

test('a second tab shows the same, live', async ({ person }) => {
  const anna = await newcomer(await person('anna'));
  await anna.page.getByRole('button', { name: 'Start notes to yourself' }).click();
  await composer(anna.page).fill('a draft');
  const second = watch(await anna.page.context().newPage());
  await second.goto(anna.page.url());
  await expect(composer(second)).toHaveValue('a draft');
  await composer(second).press('Enter');
  for (const page of [anna.page, second]) await expect(message(page, 'a draft')).toHaveCount(1);
  await expect(composer(anna.page)).toHaveValue('');
  await say(anna.page, 'from the first');
  for (const page of [anna.page, second]) {
    await expect(message(page, 'from the first').getByRole('button', { name: /In the archive/ })).toBeVisible();
    await expect(messages(page).getByRole('article')).toHaveCount(2);
  }
});
