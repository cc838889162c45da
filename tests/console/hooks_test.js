// Webhooks in the server view: made, failing, sent again, paused, deleted.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { assertAccessible, launch, openTab, picture, shut, signIn } from './browser.js';
import { batchOf } from './images.js';
import { Server } from './server.js';

let server;
let receiver; // answers with `answer`
let answer = 500;
let files;
let admin;

before(async () => {
  server = await Server.make('--webhooks-allow', '127.0.0.0/8', '--webhooks-retry-for', '0s');
  files = (await batchOf(server, 2)).slice(0, 1);
  admin = server.makeKey('--admin');
  receiver = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(answer).end());
  });
  await new Promise((done) => receiver.listen(0, '127.0.0.1', done));
  await launch();
});
after(async () => {
  await shut();
  receiver.close();
  await server.close();
});

test('a delivery that failed is found among the others and sent again', async () => {
  const page = await openTab(server);
  page.on('dialog', (x) => x.accept());
  await signIn(page, server, admin);
  await page.getByRole('link', { name: 'Server' }).click();
  await page.getByLabel('URL').fill(`http://127.0.0.1:${receiver.address().port}/hook`);
  await page.getByRole('button', { name: 'Add webhook' }).click();
  await page.getByText('whsec_').waitFor();
  await server.wait(await server.submit(files));
  await page.getByLabel('URL').evaluate((x) => x.blur());
  await page.evaluate(() => document.activeElement.blur());
  await page.locator('td[data-state=failed]').getByText('Failed').waitFor(); // by itself
  answer = 200;
  await server.wait(await server.submit(files));
  await page.locator('td[data-state=delivered]').waitFor();
  await page.getByLabel('Only failures').check();
  await page.locator('td[data-state=delivered]').waitFor({ state: 'detached' });
  assert.equal(await page.locator('tbody tr').count(), 1);
  assert.match(await page.locator('tbody tr').textContent(), /500/);
  await picture(page, 'server-failures', true);
  await assertAccessible(page, 'failures');
  await page.getByRole('button', { name: /^Send again/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Only failures').uncheck();
  await page.waitForFunction(() => document.querySelectorAll('td[data-state=delivered]').length === 2 || document.activeElement.blur());
  await page.finish();
});

test('a webhook is paused, taken up again and deleted, and the focus stays at its place', async () => {
  const page = await openTab(server);
  page.on('dialog', (x) => x.accept());
  await signIn(page, server, admin);
  await page.goto(`${server.url}/#/server`);
  await page.getByRole('button', { name: 'Pause' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('· paused').waitFor();
  assert.equal((await server.get('/api/webhooks')).webhooks[0].active, false);
  await page.waitForFunction(() => document.activeElement.textContent === 'Resume');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No webhook yet.').waitFor();
  assert.deepEqual((await server.get('/api/webhooks')).webhooks, []);
  await page.finish();
});
