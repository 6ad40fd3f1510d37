import { enter, expect, register, test } from './support/people.ts';

const most_bytes = 300_000;

test('the first load is small', async ({ person }) => {
  const anna = await person('anna');
  const { page } = anna;
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  let transferred = 0;
  session.on('Network.loadingFinished', (x) => (transferred += x.encodedDataLength));
  await page.addInitScript(() => {
    const watch = new MutationObserver(() => {
      if (!document.querySelector('h1') || performance.getEntriesByName('usable').length) return;
      performance.mark('usable');
      watch.disconnect();
    });
    watch.observe(document, { subtree: true, childList: true });
  });
  await enter(anna);
  const usable = await page.evaluate(() => performance.getEntriesByName('usable')[0]?.startTime ?? NaN);
  console.log(`first load: ${(transferred / 1000).toFixed(0)} kB, usable after ${usable.toFixed(0)} ms`);
  expect(transferred).toBeGreaterThan(50_000);
  expect(transferred).toBeLessThan(most_bytes);
  await register(anna);
  expect(transferred).toBeLessThan(most_bytes);
});
