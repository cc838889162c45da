// What is chosen, how it is set, and how it gets to the server, also when the page is left meanwhile.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { choose, drop, launch, openTab, phase, shut, signIn } from './browser.js';
import { batchOf } from './images.js';
import { Server } from './server.js';

const BROKEN_OFF = /ERR_(FAILED|ABORTED|CONNECTION_\w+|EMPTY_RESPONSE)|status of 503/;
let server;
let files;
let folder; // holds a picture, one more in a folder of its own, and what systems leave there

before(async () => {
  server = await Server.make();
  files = (await batchOf(server, 6)).slice(0, 5);
  folder = join(server.folder, 'holiday');
  mkdirSync(join(folder, 'beach'), { recursive: true });
  writeFileSync(join(folder, 'first.jpg'), files[0].content);
  writeFileSync(join(folder, '.DS_Store'), 'nothing');
  writeFileSync(join(folder, 'beach', 'second.png'), files[1].content);
  await launch();
});
after(async () => {
  await shut();
  await server.close();
});

async function opened(list = []) {
  const page = await openTab(server);
  await signIn(page, server);
  if (list.length === 0) return page;
  await drop(page, list);
  await page.waitForSelector('.row');
  return page;
}

/** The names of all `count` rows, once they are there. */
async function names(page, count) {
  await page.waitForFunction((n) => document.querySelectorAll('.row').length === n, count);
  return page.$$eval('.row .name', (all) => all.map((x) => x.textContent).sort());
}

async function newest() {
  const { jobs, pagination } = await server.get('/api/jobs?limit=1');
  return { count: pagination.total, job: jobs[0] && await server.get(`/api/jobs/${jobs[0].jobId}`) };
}

test('a folder is chosen with the folders in it, without what systems leave there', async () => {
  const page = await opened();
  await choose(page, folder, () => page.getByRole('button', { name: 'Choose a folder' }).click());
  assert.deepEqual(await names(page, 2), ['first.jpg', 'second.png']);
  await page.finish();
});

test('a folder is dropped with the folders in it', async () => {
  const page = await opened();
  const system = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop']) await system.send('Input.dispatchDragEvent', { type, x: 400, y: 400, data });
  assert.deepEqual(await names(page, 2), ['first.jpg', 'second.png']);
  await page.finish();
});

test('what is pasted is added', async () => {
  const page = await opened();
  await page.evaluate((base64) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'image.png', { type: 'image/png' }));
    document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
  }, files[1].content.toString('base64'));
  assert.deepEqual(await names(page, 1), ['image.png']);
  await page.finish();
});

test('files are added and taken out, and the focus stays among them', async () => {
  const page = await opened(files.slice(0, 2));
  await choose(page, [{ name: 'more.gif', mimeType: 'image/gif', buffer: files[3].content }], () => page.getByRole('button', { name: 'Add files' }).click());
  await page.getByText('3 files').first().waitFor();
  await page.getByRole('button', { name: 'Remove picture 1.jpg' }).click();
  assert.deepEqual(await names(page, 2), ['more.gif', 'picture 2.png']);
  await page.waitForFunction(() => document.activeElement.getAttribute('aria-label') === 'Remove picture 2.png');
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByText('Drop images').waitFor();
  await page.finish();
});

test('settings for all reach every file', async () => {
  const page = await opened(files);
  await page.getByLabel('Format').selectOption('jpg');
  await page.getByLabel('Quality').fill('61');
  await page.getByLabel('Size').selectOption('width');
  await page.getByLabel('Width in pixels').fill('320');
  await page.getByLabel('Remove metadata').check();
  await page.getByRole('button', { name: 'Convert 5 files' }).click();
  await phase(page, 'done');
  const { job } = await newest();
  assert.deepEqual(job.results.map((x) => [x.mimeType, x.width, x.appliedQuality]), files.map(() => ['image/jpeg', 320, 61]));
  await page.finish();
});

test('keeping the format compresses', async () => {
  const page = await opened(files.slice(0, 2));
  await page.getByLabel('Format').selectOption('same');
  await page.getByLabel('Quality').fill('40');
  await page.getByRole('button', { name: 'Convert 2 files' }).click();
  await phase(page, 'done');
  const { job } = await newest();
  assert.equal(job.jobType, 'compress');
  assert.deepEqual(job.results.map((x) => x.mimeType), ['image/jpeg', 'image/png']);
  await page.finish();
});

test('results are looked at one after the other', async () => {
  const page = await opened(files.slice(0, 3));
  await page.getByLabel('Format').selectOption('webp');
  await page.getByRole('button', { name: 'Convert 3 files' }).click();
  await phase(page, 'done');
  await page.getByRole('button', { name: 'View picture 1.webp' }).click();
  const dialog = page.getByRole('dialog', { name: 'picture 1.webp' });
  await dialog.getByText('1 of 3').waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll('.compare img')].every((x) => x.naturalWidth === 1600));
  await dialog.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('dialog', { name: 'picture 2.webp' }).getByText('2 of 3').waitFor();
  await page.keyboard.press('Enter'); // the focus is still on Next
  await page.getByRole('dialog', { name: 'picture 3.webp' }).getByText('3 of 3').waitFor();
  await page.keyboard.press('Escape');
  await page.reload(); // which takes what was sent away
  await phase(page, 'done');
  await page.getByRole('button', { name: 'View picture 1.webp' }).click();
  await page.waitForFunction(() => document.querySelector('.compare.alone .after')?.naturalWidth === 1600);
  await page.finish();
});

test('a job whose answer never came is found again after a reload', async () => {
  const page = await opened(files.slice(0, 1));
  page.allowed.push(BROKEN_OFF);
  const before = (await newest()).count;
  let arrived;
  const arriving = new Promise((done) => { arrived = done; });
  await page.route('**/api/jobs', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    await route.fetch(); // the server makes the job, and the page never hears of it
    return arrived();
  });
  page.on('dialog', (x) => x.accept()); // the browser asks whether to leave
  await page.getByRole('button', { name: 'Convert 1 file' }).click();
  await arriving;
  await page.unroute('**/api/jobs');
  await page.reload();
  await phase(page, 'done');
  await page.getByRole('heading', { name: '1 file converted' }).waitFor();
  assert.equal((await newest()).count, before + 1);
  await page.finish();
});

test('an upload that the page was left in is told to be lost', async () => {
  const page = await opened(files.slice(0, 1));
  page.allowed.push(BROKEN_OFF);
  await page.route('**/api/jobs', (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()));
  page.on('dialog', (x) => x.accept());
  await page.getByRole('button', { name: 'Convert 1 file' }).click();
  await page.getByText('Sending again').waitFor();
  await page.reload();
  await page.getByText('Choose the files again').waitFor();
  await page.finish();
});

test('a server that is starting is waited for, and the key outlives that', async () => {
  const page = await opened();
  page.allowed.push(BROKEN_OFF);
  let asked = 0;
  await page.route('**/api/usage', (route) => {
    asked += 1;
    return asked > 1 ? route.continue() : route.fulfill({ status: 503, json: { error: 'The server is stopping; try again in a moment.', code: 'shutting_down' } });
  });
  await page.reload();
  await page.getByText('The server is stopping').waitFor();
  await page.getByText('Drop images').waitFor();
  assert.equal(asked, 2);
  await page.finish();
});
