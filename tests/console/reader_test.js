// What a screen reader is told: names, roles, headings, and what is said without being asked for.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { drop, launch, openTab, phase, shut, signIn } from './browser.js';
import { batchOf } from './images.js';
import { Server } from './server.js';

let server;
let files;

before(async () => {
  server = await Server.make();
  files = await batchOf(server, 8);
  await launch();
});
after(async () => {
  await shut();
  await server.close();
});

/** Every text that a live region was given, in order. */
function listen(page) {
  return page.evaluate(() => {
    window.said = [];
    new MutationObserver(() => {
      const now = document.querySelector('[role=status]')?.textContent;
      if (now && window.said.at(-1) !== now) window.said.push(now);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

test('the way of a batch is told, not each of its files', async () => {
  const page = await openTab(server);
  await signIn(page, server);
  const many = Array.from({ length: 8 }, (_, i) => files.map((x) => ({ ...x, name: `${i} ${x.name}` }))).flat();
  await drop(page, many);
  await listen(page);
  await page.getByRole('button', { name: 'Convert 64 files' }).click();
  await phase(page, 'done');
  const said = await page.evaluate(() => window.said);
  assert.equal(said.at(-1), '56 files converted, 8 failed');
  assert.ok(said.some((x) => x.startsWith('Converting, ')), said.join(' | '));
  assert.ok(said.length <= 12, `${said.length} times: ${said.join(' | ')}`);
  await page.finish();
});

test('the views have names for all that is in them', async () => {
  const page = await openTab(server);
  await signIn(page, server);
  await drop(page, files.slice(0, 2));
  await page.waitForSelector('.row');
  const chosen = await page.locator('body').ariaSnapshot();
  for (const part of ['banner', 'navigation "Main"', 'link "Convert"', 'main', 'heading "Convert images" [level=1]', 'list "Files"', 'listitem', 'button "Preview picture 1.jpg"',
    'button "Remove picture 1.jpg"', 'complementary "Settings"', 'combobox "Format"', 'slider "Quality"', 'checkbox "Remove metadata', 'button "Convert 2 files"']) assert.ok(chosen.includes(part), `${part} is missing in\n${chosen}`);
  await page.getByRole('button', { name: 'Convert 2 files' }).click();
  await phase(page, 'done');
  const done = await page.locator('body').ariaSnapshot();
  for (const part of ['heading "2 files converted" [level=1]', 'status: 2 files converted', 'link "Download zip"', 'button "View picture 1.webp"', 'link "Download picture 1.webp"']) assert.ok(done.includes(part), `${part} is missing in\n${done}`);
  const [{ jobId }] = (await server.get('/api/jobs?limit=1')).jobs;
  await page.goto(`${server.url}/#/jobs/${jobId}`);
  await page.waitForSelector('.row .stage-bar');
  const job = await page.locator('body').ariaSnapshot();
  for (const part of ['list "Timeline"', 'text: Queued', 'heading "Files" [level=2]', 'img "waited']) assert.ok(job.includes(part), `${part} is missing in\n${job}`);
  assert.match(await page.title(), /^Jobs · convertd$/);
  await page.finish();
});

test('the words of a view say its place, and the page its language', async () => {
  const page = await openTab(server);
  await signIn(page, server);
  for (const [name, title] of [['Jobs', 'Jobs · convertd'], ['Usage', 'Usage · convertd'], ['Convert', 'Convert · convertd']]) {
    await page.getByRole('link', { name, exact: true }).click();
    await page.waitForFunction((x) => document.title === x, title);
    assert.equal(await page.getByRole('link', { name, exact: true }).getAttribute('aria-current'), 'page');
    assert.equal(await page.locator('h1').count(), 1);
  }
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
  await page.finish();
});
