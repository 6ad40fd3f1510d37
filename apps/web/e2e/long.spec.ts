import { expect, faults_of, message, messages, newcomer, test, until } from './support/people.ts';

const count = 100_000;
const a_call = 2_000;

test('a conversation of 100,000 messages scrolls smoothly, far back', async ({ person }) => {
  test.setTimeout(600_000);
  const anna = await newcomer(await person('anna'));
  const { page, node } = anna;
  const client = node.client();
  let conversation = '';
  for (let first = 0; first < count; first += a_call) {
    const lines = Array.from({ length: a_call }, (_, i) => {
      const n = first + i;
      const text = n % 7 === 0 ? `line ${n} ${'with rather more to say than the others '.repeat((n % 5) + 1)}` : `line ${n}`;
      return JSON.stringify({ time: new Date(Date.UTC(2020, 0, 1) + n * 60_000).toISOString(), author: n % 3 ? 'Bert' : 'Anna', text });
    });
    const done = await client.call('app:import', { source: 'old', conversation: 'Long', firstLine: first + 1, lines }, { wait: true, deadline: 120_000 });
    expect(done.problems).toEqual([]);
    conversation = done.conversationId;
  }
  await until(async () => (await client.call('query:getConversations', {})).conversations.find((x) => x.conversationId === conversation), 'the conversation');
  client.stop();

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
