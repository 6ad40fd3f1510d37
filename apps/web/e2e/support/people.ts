import { type Browser, type Page, expect, test as base } from '@playwright/test';
import { TestNode, password } from '../../packages/ipc-client/tests/node.ts';

export { password, until } from '../../packages/ipc-client/tests/node.ts';
export { TestNode };

/** Somebody with a browser and a node of their own. */
export interface Person {
  name: string;
  node: TestNode;
  page: Page;
}

interface Fixtures {
  /** Somebody whose node runs; nobody is registered yet. `apart`: archive and device are processes of their own. */
  person: (name: string, how?: { apart: boolean }) => Promise<Person>;
}

export const test = base.extend<Fixtures>({
  person: async ({ browser, contextOptions }, use) => {
    const all: Person[] = [];
    await use(async (name, how) => {
      const node = await new TestNode([], how?.apart ? ['archive', 'sparse'] : ['run']).start();
      const page = await new_browser(browser, contextOptions);
      const person = { name, node, page };
      all.push(person);
      return person;
    });
    for (const { node, page } of all) {
      await page.context().close();
      await node.remove();
    }
  },
});
export { expect };

/** What the page may never do: break its own content security policy, or fail unseen. */
const faults = new WeakMap<Page, string[]>();
export const faults_of = (page: Page) => faults.get(page) ?? [];

export function watch(page: Page): Page {
  const seen: string[] = [];
  faults.set(page, seen);
  page.on('pageerror', (problem) => seen.push(problem.message));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) seen.push(message.text());
  });
  return page;
}

async function new_browser(browser: Browser, options: object): Promise<Page> {
  return watch(await (await browser.newContext(options)).newPage());
}

/** With a login link, as a person would; answers when the page asks who it is. */
export async function enter({ page, node }: Person): Promise<void> {
  await page.goto(node.login_url());
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

export async function register({ page, name }: Person): Promise<void> {
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Password again').fill(password);
  await page.getByRole('button', { name: 'Create user' }).click();
  await expect(page.getByRole('heading', { name: 'Chats', exact: true })).toBeVisible();
}

export async function newcomer(person: Person): Promise<Person> {
  await enter(person);
  await register(person);
  return person;
}

export const composer = (page: Page) => page.getByRole('textbox', { name: /^Message to/ });
export const messages = (page: Page) => page.getByRole('region', { name: 'Messages', exact: true });
export const message = (page: Page, text: string) => messages(page).getByRole('article').filter({ hasText: text });

/** A part of a page, by its heading. */
export const part = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}

/** By link, through both pages; both end in their chat. */
export async function pair(inviter: Person, guest: Person): Promise<void> {
  await inviter.page.getByRole('link', { name: 'Pair', exact: true }).click();
  await inviter.page.getByRole('button', { name: 'Make an invitation' }).click();
  const link = await inviter.page.getByLabel('Link').inputValue();
  await guest.page.getByRole('link', { name: 'Pair', exact: true }).click();
  await guest.page.getByRole('tab', { name: 'Accept an invitation' }).click();
  await guest.page.getByLabel('Invitation', { exact: true }).fill(link);
  await guest.page.getByRole('button', { name: 'Accept', exact: true }).click();
  for (const { page } of [inviter, guest]) {
    await expect(page.getByRole('heading', { name: /are paired/ })).toBeVisible();
    await page.getByRole('button', { name: 'Open the chat' }).click();
    await expect(composer(page)).toBeVisible();
  }
}

/** By the key alone, to what bears that name. */
export async function tab_to(page: Page, name: RegExp, most = 40, back = false): Promise<void> {
  for (let i = 0; i < most; i++) {
    const here = await page.evaluate(() => {
      const x = document.activeElement;
      if (!(x instanceof HTMLElement) || x === document.body) return '';
      const labels = x instanceof HTMLInputElement || x instanceof HTMLTextAreaElement ? [...(x.labels ?? [])].map((l) => l.textContent) : [];
      return [x.getAttribute('aria-label') ?? '', ...labels, x.textContent].join(' ').trim();
    });
    if (name.test(here)) return;
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
  }
  throw new Error(`no ${name} among the next ${most} stops of Tab`);
}
