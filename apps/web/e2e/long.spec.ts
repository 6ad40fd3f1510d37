import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, faults_of, message, messages, newcomer, test } from './support/people.ts';

const count = 100_000;
const far = 4_000;

function line(n: number): string {
  const text = n % 7 === 0 ? `line ${n} ${'with rather more to say than the others '.repeat((n % 5) + 1)}` : `line ${n}`;
  return JSON.stringify({ time: new Date(Date.UTC(2020, 0, 1) + n * 60_000).toISOString(), author: n % 3 ? 'Bert' : 'Anna', text });
}

test('a conversation of 100,000 messages scrolls far back and leaves none out', async ({ person }) => {
  test.setTimeout(900_000);
  const anna = await newcomer(await person('anna'));
  const { page, node } = anna;
  const file = join(node.folder, 'long.jsonl');
  writeFileSync(file, Array.from({ length: count }, (_, n) => `${line(n)}\n`).join(''));
  node.command('import', file, '--source', 'Long');
  await expect(page.getByRole('link', { name: /Long/ })).toBeVisible();

  const begun = Date.now();
  await page.getByRole('link', { name: /Long/ }).click();
  await expect(message(page, `line ${count - 1}`)).toBeVisible();
  const opened = Date.now() - begun;

  const list = messages(page);
  // Some three hundred screens back, as fast as pages come. What the page's thread computes is told, not what else the machine does meanwhile.
  const thread = await page.context().newCDPSession(page);
  await thread.send('Performance.enable', { timeDomain: 'threadTicks' });
  const computed = async () => (await thread.send('Performance.getMetrics')).metrics.find((x) => x.name === 'TaskDuration')?.value ?? NaN;
  const before = await computed();
  const measured = await list.evaluate(async (scroller, far) => {
    const frames: number[] = [];
    const seen = new Set<number>();
    const torn: string[] = [];
    let most_drawn = 0;
    let last = performance.now();
    /** What is drawn now: neighbours must be neighbours in the chat too. Answers where the first begins. */
    const look = (): number => {
      const articles = [...scroller.querySelectorAll('article')];
      const lines = articles.map((x) => Number(/line (\d+)/.exec(x.textContent ?? '')?.[1]));
      lines.forEach((n, i) => {
        seen.add(n);
        if (i > 0 && n !== lines[i - 1]! + 1) torn.push(`${lines[i - 1]} before ${n}`);
      });
      most_drawn = Math.max(most_drawn, articles.length);
      return articles[0]?.getBoundingClientRect().top ?? Infinity;
    };
    while (!seen.has(far)) {
      scroller.scrollTop -= 400;
      // A frame, and more while nothing is drawn where one looks.
      do {
        const now = await new Promise<number>((done) => requestAnimationFrame(done));
        frames.push(now - last);
        last = now;
      } while (look() > scroller.getBoundingClientRect().top && scroller.scrollTop > 0);
    }
    frames.sort((a, b) => a - b);
    return { count: frames.length, median: frames[Math.floor(frames.length / 2)]!, p95: frames[Math.floor(frames.length * 0.95)]!, most_drawn, torn, seen: [...seen].sort((a, b) => a - b) };
  }, count - far);
  const a_frame = ((await computed()) - before) * 1000 / measured.count;
  console.log(
    `opened in ${opened} ms; ${measured.count} frames: median ${measured.median.toFixed(1)} ms, p95 ${measured.p95.toFixed(1)} ms; ${a_frame.toFixed(1)} ms of the page's thread each; back to line ${measured.seen[0]}; at most ${measured.most_drawn} messages drawn`,
  );
  // What is not on the screen is not drawn, however far one went; and none was left out on the way.
  expect(measured.most_drawn).toBeLessThan(120);
  expect(measured.torn).toEqual([]);
  expect(measured.seen.at(-1)).toBe(count - 1);
  expect(measured.seen.length).toBe(count - measured.seen[0]!);

  // The place is kept while older pages come in front.
  const place = await list.getByRole('article').nth(5).getAttribute('aria-label');
  await expect(list.locator(`article[aria-label="${place}"]`)).toBeVisible();
  await page.getByRole('button', { name: 'To the newest messages' }).click();
  await expect(message(page, `line ${count - 1}`)).toBeVisible();
  expect(faults_of(page)).toEqual([]);
});
