// 10,000 jobs in the list and a batch of 1,000 files at work: nothing holds the page for more than
// 100 ms, and only rows near the window are in it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { after, before, test } from 'node:test';
import { drop, frame, launch, openTab, phase, picture, shut, signIn } from './browser.js';
import { samples } from './images.js';
import { Server } from './server.js';

const JOBS = 10_000;
const FILES = 1_000;
const LONG_TASK_MAX = 100; // ms
const AT_ONCE = 24; // submits
const ROWS_MAX = 80;
const LOWEST = 19;
const GROUP = '/proc/self/autogroup'; // sched(7): where sessions share processors, a niceness counts within its own only
let server;
let small;
let groupBefore;

/** Nothing where the kernel has no such groups, or does not let us. */
function groupPriority(to) {
  try {
    const now = readFileSync(GROUP, 'utf8').match(/nice (-?\d+)/)?.[1];
    writeFileSync(GROUP, `${to}`);
    return now;
  } catch {
    return undefined;
  }
}

before(async () => {
  await launch();
  // A browser has a machine of its own; this one would else wait for processors, and not for the page.
  setPriority(LOWEST); // the server starts with it
  groupBefore = groupPriority(LOWEST); // the browser has a session of its own
  server = await Server.make();
  small = await server.convert(samples(server), { format: 'png', resize: 'width', resizeWidth: 16 });
});
after(async () => {
  await shut();
  await server.close();
  if (groupBefore) groupPriority(groupBefore);
});

async function submitMany(count) {
  let left = count;
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    while (left > 0) {
      left -= 1;
      await server.submit([{ name: 'dot.png', content: small }], { metadata: `{"order": ${left}}` });
    }
  });
  await Promise.all(lanes);
}

function watchTasks(page) {
  return page.addInitScript(() => {
    window.longest = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((x) => { window.longest = Math.max(window.longest, x.duration); })).observe({ type: 'longtask' });
  });
}

async function takeLongest(page, what) {
  const longest = await page.evaluate(() => window.longest);
  console.log(`${what}: longest task ${Math.round(longest)} ms`);
  assert.ok(longest <= LONG_TASK_MAX, `${what}: a task of ${longest} ms`);
}

test('a batch of 1,000 files leaves the page usable', async () => {
  const page = await openTab(server);
  await watchTasks(page);
  await signIn(page, server);
  const files = Array.from({ length: FILES }, (_, i) => ({ name: `dot ${i}.png`, type: 'image/png', content: small }));
  await drop(page, files.slice(0, 10));
  await page.waitForSelector('.row');
  for (let i = 10; i < FILES; i += 110) await drop(page, files.slice(i, i + 110));
  await page.evaluate(() => { window.longest = 0; }); // what the test does to make files is none of the page's work
  await page.getByRole('button', { name: 'Convert 1,000 files' }).click();
  await phase(page, 'converting');
  for (let y = 0; y < 40_000; y += 4000) {
    await page.evaluate((to) => window.scrollTo(0, to), y);
    await frame(page);
    assert.ok(await page.locator('.row').count() <= ROWS_MAX);
  }
  await phase(page, 'done', 120_000);
  await page.getByRole('heading', { name: '1,000 files converted' }).waitFor();
  await takeLongest(page, '1,000 files');
  await page.finish();
});

test('a list of 10,000 jobs is usable while jobs run', { timeout: 400_000 }, async () => {
  await submitMany(JOBS);
  const page = await openTab(server);
  await watchTasks(page);
  await signIn(page, server);
  await page.goto(`${server.url}/#/jobs`);
  await page.getByText('10,001 jobs').waitFor(); // and the batch
  await page.evaluate(() => { window.longest = 0; }); // how long the page takes to start is another matter
  const many = Array.from({ length: FILES }, (_, i) => ({ name: `dot ${i}.png`, content: small }));
  const running = Promise.all([submitMany(100), server.submit(many).then((id) => server.wait(id))]);
  for (let part = 0.1; part <= 1; part += 0.1) {
    await page.evaluate((x) => window.scrollTo(0, x * document.body.scrollHeight), part);
    await page.waitForFunction(() => [...document.querySelectorAll('.row')].some((x) => x.dataset.state && x.getBoundingClientRect().top > 0));
    assert.ok(await page.locator('.row').count() <= ROWS_MAX);
  }
  await running;
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.getByLabel('Search').fill('"order":9999');
  await page.waitForFunction(() => document.querySelectorAll('.row').length === 1);
  await picture(page, 'jobs-10000-search');
  await takeLongest(page, '10,000 jobs');
  await page.evaluate((ms) => setTimeout(() => { for (const since = performance.now(); performance.now() - since < 1.5 * ms;); }, 0), LONG_TASK_MAX);
  await page.waitForFunction((ms) => window.longest > ms, LONG_TASK_MAX); // it would have been noticed
  await page.finish();
});
