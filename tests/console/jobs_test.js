// The list of jobs and the page of one: what it tells, and what can be done there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { assertAccessible, launch, openTab, picture, shut, signIn } from './browser.js';
import { batchOf, broken } from './images.js';
import { Server } from './server.js';

let server;
let files;

before(async () => {
  server = await Server.make('--encoders-avif-speed', '6'); // AVIF takes a while: there is time to interfere
  files = await batchOf(server, 12);
  await launch();
});
after(async () => {
  await shut();
  await server.close();
});

async function jobPage(id) {
  const page = await openTab(server);
  await signIn(page, server);
  await page.goto(`${server.url}/#/jobs/${id}`);
  await page.waitForSelector('.timeline li');
  return page;
}

/** The steps of the timeline: {label: what it says}. */
function steps(page) {
  return page.$$eval('.timeline li', (all) => Object.fromEntries(all.map((x) => [x.querySelector('.label').textContent, x.querySelector('.at').textContent])));
}

function milliseconds(said) {
  const [, number, unit] = said.match(/^([\d.]+) (ms|s)$/);
  return unit === 's' ? 1000 * number : Number(number);
}

test('the timeline tells how long a job waited and how long its files were decoded, encoded and stored', async () => {
  const id = await server.submit(files, { format: 'webp', resize: 'email', createArchive: 'true' });
  const job = await server.wait(id);
  const page = await jobPage(id);
  await page.waitForSelector('.row .stage-bar');
  const said = await steps(page);
  assert.deepEqual(Object.keys(said), ['Queued', 'Waited', 'Decoded', 'Resized', 'Encoded', 'Stored', 'Ended']);
  const good = job.results.filter((x) => x.status === 'completed');
  for (const [label, name] of [['Decoded', 'decodeMs'], ['Encoded', 'encodeMs'], ['Stored', 'storeMs']]) {
    const sum = good.reduce((all, x) => all + x.stages[name], 0);
    assert.ok(Math.abs(milliseconds(said[label]) - sum) <= 0.06 * sum + 1, `${label} ${said[label]} is ${sum} ms`);
  }
  assert.ok(milliseconds(said.Waited) >= 0);
  await page.getByRole('img', { name: /^waited .* decoded .* encoded .* stored/ }).first().waitFor();
  await page.getByText('a file').first().waitFor();
  await picture(page, 'job-timeline');
  await assertAccessible(page, 'timeline');
  await page.finish();
});

test('a job that compressed tells so in its timeline', async () => {
  const id = await server.submit(files.slice(0, 1), { format: '', jobType: 'compress' });
  await server.wait(id);
  const page = await jobPage(id);
  await page.waitForSelector('.row .stage-bar');
  assert.deepEqual(Object.keys(await steps(page)), ['Queued', 'Waited', 'Compressed', 'Stored', 'Ended']);
  await page.finish();
});

test('a job of which nothing could be read has a timeline without stages', async () => {
  const id = await server.submit([broken]);
  await server.wait(id);
  const page = await jobPage(id);
  await page.waitForSelector('.row[data-state=failed]');
  const said = await steps(page);
  assert.equal(said.Decoded, '–');
  assert.notEqual(said.Ended, '–');
  assert.equal(await page.locator('.stage-bar').count(), 0);
  await page.finish();
});

test('a job is cancelled from its page, and the focus stays on what can be done', async () => {
  const many = Array.from({ length: 5 }, () => files.slice(0, 11)).flat();
  const id = await server.submit(many, { format: 'avif' });
  const page = await jobPage(id);
  await page.getByRole('button', { name: 'Cancel job' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('Job was cancelled.').first().waitFor();
  await page.getByRole('button', { name: /^Try \d+ files? again/ }).waitFor();
  assert.ok(await page.evaluate(() => document.activeElement.closest('.actions') !== null));
  assert.equal((await server.get(`/api/jobs/${id}`)).status, 'failed');
  await page.finish();
});

test('the curl line of a job asks for it', async () => {
  const id = await server.submit(files.slice(0, 1));
  await server.wait(id);
  const page = await jobPage(id);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  await page.getByText('Copied').waitFor();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(!line.includes(server.key), 'the key is not in it');
  const said = execFileSync('bash', ['-c', line], { env: { ...process.env, KEY: server.key }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  assert.equal(JSON.parse(said).jobId, id);
  await page.finish();
});

test('the list shows those of one status, and new ones by itself', async () => {
  await server.wait(await server.submit([broken], { metadata: '{"title": "Nothing but trouble"}' }));
  const page = await openTab(server);
  await signIn(page, server);
  await page.goto(`${server.url}/#/jobs`);
  const failed = page.getByRole('button', { name: 'Failed', exact: true });
  await failed.click();
  await page.getByRole('link', { name: 'Nothing but trouble' }).waitFor();
  assert.equal(await failed.getAttribute('aria-pressed'), 'true');
  assert.deepEqual([...new Set(await page.$$eval('.row', (all) => all.map((x) => x.dataset.state)))], ['failed']);
  await server.wait(await server.submit([broken], { metadata: '{"title": "A late one"}' }));
  await page.getByRole('link', { name: 'A late one' }).waitFor();
  await page.finish();
});

/** Presses Shift and Tab until what says that has the focus. */
async function backTo(page, words) {
  for (let i = 0; i < 20; i += 1) {
    if (await page.evaluate((x) => document.activeElement.textContent === x, words)) return;
    await page.keyboard.press('Shift+Tab');
  }
  assert.fail(`nothing leads back to ${words}`);
}

test('jobs are found and opened with the keyboard alone', async () => {
  await server.wait(await server.submit(files.slice(0, 1), { metadata: '{"title": "By keyboard"}' }));
  const page = await openTab(server);
  await signIn(page, server);
  await backTo(page, 'Skip to content'); // reading begins behind it
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement.id === 'main');
  await backTo(page, 'Jobs');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'By keyboard' }).waitFor();
  await page.waitForFunction(() => document.activeElement.id === 'main');
  while (!(await page.evaluate(() => document.activeElement.type === 'search'))) await page.keyboard.press('Tab');
  await page.keyboard.type('by keyb');
  await page.waitForFunction(() => document.querySelectorAll('.row').length === 1);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.timeline li');
  await page.finish();
});
