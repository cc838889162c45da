// A batch from its files to its zip, through a kill of the server and a reload of the page.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertAccessible, drop, launch, openTab, phase, picture, shut, signIn } from './browser.js';
import { batchOf, broken } from './images.js';
import { Server } from './server.js';

const AWAY = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/;
let server;
let files;

before(async () => {
  server = await Server.make('--encoders-avif-speed', '6'); // AVIF takes a while: there is time to interfere
  files = await batchOf(server, 20);
  await launch();
});
after(async () => {
  await shut();
  await server.close();
});

async function chosen(page, list = files) {
  await signIn(page, server);
  await drop(page, list);
  await page.waitForSelector('.row');
}

function states(page) {
  return page.$$eval('.row', (rows) => rows.map((x) => x.dataset.state));
}

/** Clicks, and gives the folder into which the zip was taken apart. */
async function unzipped(page, link) {
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  const folder = mkdtempSync(join(server.folder, 'zip-'));
  await download.saveAs(join(folder, 'all.zip'));
  execFileSync('unzip', ['-q', 'all.zip', '-d', 'out'], { cwd: folder });
  return join(folder, 'out');
}

test('a batch outlives kill -9 of the server and a reload, and its zip has every result', async () => {
  const page = await openTab(server);
  page.allowed.push(AWAY);
  await chosen(page);
  await picture(page, 'convert-chosen');
  await assertAccessible(page, 'chosen');
  await page.getByLabel('Format').selectOption('avif');
  await page.getByRole('button', { name: 'Convert 20 files' }).click();
  await phase(page, 'converting');
  await page.waitForFunction(() => Number(document.querySelector('[role=progressbar]').getAttribute('aria-valuenow')) > 55);
  await server.kill();
  const [{ id }] = (await page.evaluate(() => JSON.parse(sessionStorage.getItem('convertd.batch')))).parts;
  await page.getByText('The server is not answering').waitFor();
  await picture(page, 'convert-server-away');
  await assertAccessible(page, 'converting');
  await server.start();
  const half = await server.get(`/api/jobs/${id}`);
  assert.equal(half.status, 'processing', 'the server was killed in the middle');
  await page.reload();
  await phase(page, 'done', 120_000);
  await page.getByRole('heading', { name: '19 files converted, 1 failed' }).waitFor();
  await picture(page, 'convert-done', true);
  await assertAccessible(page, 'done');
  const folder = await unzipped(page, page.getByRole('link', { name: 'Download zip' }));
  const job = await server.get(`/api/jobs/${id}`);
  const good = job.results.filter((x) => x.status === 'completed');
  assert.equal(good.length, 19);
  assert.deepEqual(readdirSync(folder).sort(), [...good.map((x) => x.filename), 'manifest.json'].sort());
  for (const each of good) {
    const fetched = Buffer.from(await (await fetch(each.downloadUrl)).arrayBuffer());
    assert.ok(readFileSync(join(folder, each.filename)).equals(fetched), each.filename);
    assert.equal(fetched.subarray(4, 12).toString(), 'ftypavif');
  }
  await page.finish();
});

test('a failure says why, and can be tried again', async () => {
  const page = await openTab(server);
  await chosen(page, [files[1], broken]);
  await page.getByRole('button', { name: 'Convert 2 files' }).click();
  await phase(page, 'done');
  assert.deepEqual(await states(page), ['completed', 'failed']);
  const [first] = (await server.get('/api/jobs?limit=1')).jobs;
  const reason = (await server.get(`/api/jobs/${first.jobId}`)).results[1].errorMessage;
  await page.getByText(reason).waitFor();
  const [asked] = await Promise.all([page.waitForResponse((x) => x.url().endsWith('/retry')), page.getByRole('button', { name: 'Try it again' }).click()]);
  const second = await asked.json();
  assert.equal(second.retryOf, first.jobId);
  await server.wait(second.jobId);
  await phase(page, 'done');
  await page.getByRole('heading', { name: '1 file converted, 1 failed' }).waitFor();
  assert.deepEqual(await states(page), ['completed', 'failed']);
  await page.finish();
});

test('one result is downloaded by itself, also when its link has expired', async () => {
  const page = await openTab(server);
  await chosen(page, [files[0]]);
  await page.getByRole('button', { name: 'Convert 1 file' }).click();
  await phase(page, 'done');
  const link = page.getByRole('link', { name: 'Download picture 1.webp' });
  const fetched = async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    return readFileSync(await download.path());
  };
  const content = await fetched();
  assert.equal(content.subarray(8, 12).toString(), 'WEBP');
  await link.evaluate((x) => { x.href = x.href.replace(/exp=\d+/, 'exp=1000000000'); });
  assert.ok((await fetched()).equals(content), 'a link that has expired is renewed');
  await page.finish();
});

test('a batch is cancelled while it is converted', async () => {
  const page = await openTab(server);
  await chosen(page, [...files, ...files.map((x) => ({ ...x, name: `again ${x.name}` }))]);
  await page.getByLabel('Format').selectOption('avif');
  await page.getByRole('button', { name: 'Convert 40 files' }).click();
  await phase(page, 'converting');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await phase(page, 'done');
  await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
  const [{ jobId }] = (await server.get('/api/jobs?limit=1')).jobs;
  const job = await server.get(`/api/jobs/${jobId}`);
  assert.equal(job.errorMessage, 'Job was cancelled.');
  await page.getByRole('button', { name: 'New batch' }).click();
  await page.getByText('Drop images').waitFor();
  await page.finish();
});

test('an upload that meets a server which is away is sent again, and makes one job', async () => {
  const page = await openTab(server);
  page.allowed.push(AWAY);
  await chosen(page, files.slice(0, 3));
  const before = (await server.get('/api/jobs')).pagination.total;
  await server.kill();
  await page.getByRole('button', { name: 'Convert 3 files' }).click();
  await page.getByText('Sending again').waitFor();
  await server.start();
  await phase(page, 'done');
  assert.equal((await server.get('/api/jobs')).pagination.total, before + 1);
  await page.finish();
});

test('a preview shows before and after, and its settings are those of the file', async () => {
  const page = await openTab(server);
  await chosen(page, [files[0], files[4]]);
  await page.getByRole('button', { name: 'Preview picture 1.jpg' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('.figures strong').waitFor();
  await page.waitForFunction(() => document.querySelector('.compare .before').naturalWidth === 1600 && document.querySelector('.compare .after').naturalWidth === 1600);
  await picture(page, 'preview');
  await assertAccessible(page, 'preview');
  const large = await dialog.locator('.figures').textContent();
  await dialog.getByLabel('Quality').fill('20');
  await page.waitForFunction((old) => !document.querySelector('dialog').dataset.busy && document.querySelector('.figures').textContent !== old, large);
  const said = await dialog.locator('.figures strong').textContent();
  await dialog.getByRole('button', { name: 'Use for this file' }).click();
  await page.getByText('WEBP 20, own settings').waitFor();
  await page.getByRole('button', { name: 'Preview picture 5.tiff' }).click(); // which browsers do not show
  await page.waitForFunction(() => document.querySelector('.compare .before')?.naturalWidth > 0);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Convert 2 files' }).click();
  await phase(page, 'done');
  const [{ jobId }] = (await server.get('/api/jobs?limit=1')).jobs;
  const { results } = await server.get(`/api/jobs/${jobId}`);
  assert.deepEqual(results.map((x) => x.appliedQuality), [20, 82]);
  assert.equal(`${(results[0].finalSize / 1000).toFixed(1)} KB`, said, 'the preview showed the size that came out');
  await page.finish();
});
