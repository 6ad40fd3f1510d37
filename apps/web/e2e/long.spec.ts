import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, faults_of, message, messages, newcomer, test } from './support/people.ts';

const count = 100_000;

function line(n: number): string {
  const text = n % 7 === 0 ? `line ${n} ${'with rather more to say than the others '.repeat((n % 5) + 1)}` : `line ${n}`;
  return JSON.stringify({ time: new Date(Date.UTC(2020, 0, 1) + n * 60_000).toISOString(), author: n % 3 ? 'Bert' : 'Anna', text });
}

test('a conversation of 100,000 messages scrolls smoothly, far back', async ({ person }) => {
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
  // Three hundred screens back, as fast as pages come. What the page's thread computes is counted, not what else the machine does meanwhile.
  const thread = await page.context().newCDPSession(page);
  await thread.send('Performance.enable', { timeDomain: 'threadTicks' });
  const computed = async () => (await thread.send('Performance.getMetrics')).metrics.find((x) => x.name === 'TaskDuration')?.value ?? NaN;
  const before = await computed();
  const measured = await list.evaluate(async (scroller) => {
    const frames: number[] = [];
    let last = performance.now();
    let running = true;
    const count_frames = (now: number) => {
      frames.push(now - last);
      last = now;
      if (running) requestAnimationFrame(count_frames);
    };
    requestAnimationFrame(count_frames);
    for (let i = 0; i < 600; i++) {
      scroller.scrollTop -= 400;
      await new Promise((done) => requestAnimationFrame(done));
    }
    running = false;
    frames.sort((a, b) => a - b);
    return { count: frames.length, median: frames[Math.floor(frames.length / 2)]!, p95: frames[Math.floor(frames.length * 0.95)]!, drawn: scroller.querySelectorAll('article').length };
  });
  const a_frame = ((await computed()) - before) * 1000 / measured.count;
  // What is not on the screen is not drawn, however far one went.
  expect(measured.drawn).toBeLessThan(120);
  await expect(list.getByRole('article').first()).toContainText('line');
  const first_seen = Number(/line (\d+)/.exec((await list.getByRole('article').first().innerText()) ?? '')?.[1]);
  expect(first_seen).toBeLessThan(count - 400);
  console.log(`opened in ${opened} ms; frames: median ${measured.median.toFixed(1)} ms, p95 ${measured.p95.toFixed(1)} ms; ${a_frame.toFixed(1)} ms of the page's thread each; back to line ${first_seen}; ${measured.drawn} messages drawn`);
  expect(a_frame).toBeLessThan(16);

  // The place is kept while older pages come in front.
  const place = await list.getByRole('article').nth(5).getAttribute('aria-label');
  await expect(list.locator(`article[aria-label="${place}"]`)).toBeVisible();
  await page.getByRole('button', { name: 'To the newest messages' }).click();
  await expect(message(page, `line ${count - 1}`)).toBeVisible();
  expect(faults_of(page)).toEqual([]);
});
