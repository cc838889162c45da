// Signing in, the other views, the API page; keyboard, phone, weight and speed of the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible, choose, drop, launch, openTab, phase, picture, shut, signIn } from './browser.js';
import { broken, samples } from './images.js';
import { Server } from './server.js';

const REFUSED = /status of 40[13]/; // what the browser itself says of such an answer
const PAGE_BYTES_MAX = 150 * 1024;
const FIRST_PAINT_MAX = 500; // ms
let server;
let photo;
let admin;

before(async () => {
  server = await Server.make('--webhooks-allow', '127.0.0.0/8');
  photo = { name: 'photo.jpg', type: 'image/jpeg', content: samples(server) };
  admin = server.makeKey('--admin');
  await launch();
});
after(async () => {
  await shut();
  await server.close();
});

test('a wrong key is told so, and is not kept', async () => {
  const page = await openTab(server);
  page.allowed.push(REFUSED);
  await page.goto(server.url);
  await page.getByLabel('API key').fill('ck_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This server does not know that key.').waitFor();
  await picture(page, 'sign-in-failed');
  await assertAccessible(page, 'sign-in failed');
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await page.finish();
});

test('the key stays in the tab until sign-out', async () => {
  const page = await openTab(server);
  await page.goto(server.url);
  await picture(page, 'sign-in');
  await assertAccessible(page, 'sign-in');
  await signIn(page, server);
  await picture(page, 'convert-empty');
  await assertAccessible(page, 'empty');
  await page.reload();
  await page.getByText('Drop images').waitFor();
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('convertd.key')), null);
  await page.finish();
});

test('the page is light and is painted soon', async () => {
  const page = await openTab(server);
  const weights = [];
  page.on('response', async (x) => weights.push(x.request().sizes().then((s) => s.responseBodySize + s.responseHeadersSize)));
  await page.goto(server.url, { waitUntil: 'networkidle' });
  const bytes = (await Promise.all(weights)).reduce((a, b) => a + b, 0);
  const [paint] = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint').map((x) => x.startTime));
  console.log(`page: ${bytes} bytes in ${weights.length} answers, first contentful paint after ${Math.round(paint)} ms`);
  assert.ok(bytes <= PAGE_BYTES_MAX, `${bytes} bytes`);
  assert.ok(paint <= FIRST_PAINT_MAX, `${paint} ms`);
  await page.finish();
});

test('a file is converted with the keyboard alone', async () => {
  const page = await openTab(server);
  await page.goto(server.url);
  await page.waitForSelector('input:focus');
  await page.keyboard.type(server.key);
  await page.keyboard.press('Enter');
  await page.getByText('Drop images').waitFor();
  await tabTo(page, 'Choose files');
  await choose(page, [{ name: photo.name, mimeType: photo.type, buffer: photo.content }], () => page.keyboard.press('Enter'));
  await page.waitForSelector('.row');
  await tabTo(page, 'Preview photo.jpg');
  await page.keyboard.press('Enter');
  await page.locator('dialog .figures strong').waitFor();
  await tabTo(page, 'Show more of the picture before or after');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.$eval('.compare input', (x) => x.value), '51');
  await page.keyboard.press('Escape');
  await tabTo(page, 'Convert 1 file');
  await page.keyboard.press('Enter');
  await phase(page, 'done');
  await tabTo(page, 'Download photo.webp');
  await page.finish();
});

/** Presses Tab until what has that name has the focus. */
async function tabTo(page, name) {
  for (let i = 0; i < 60; i += 1) {
    const here = await page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent);
    if (here === name) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab does not lead to ${name}`);
}

test('a job is looked at, tried again and erased', async () => {
  const id = await server.submit([photo, broken], { createArchive: 'true', metadata: '{"title": "Two of a kind"}' });
  await server.wait(id);
  const page = await openTab(server);
  page.on('dialog', (x) => x.accept());
  await signIn(page, server);
  await page.getByRole('link', { name: 'Jobs' }).click();
  await page.getByRole('link', { name: 'Two of a kind' }).waitFor();
  await picture(page, 'jobs');
  await assertAccessible(page, 'jobs');
  await page.getByLabel('Search').fill('no such');
  await page.getByText('No job matches').waitFor();
  await page.getByLabel('Search').fill('of a kind');
  await page.getByRole('link', { name: 'Two of a kind' }).click();
  await page.getByText('Ended').waitFor();
  await page.waitForSelector('.row:nth-of-type(2)');
  await picture(page, 'job');
  await assertAccessible(page, 'job');
  await page.getByRole('button', { name: 'Erase files' }).click();
  await page.getByText('were erased').waitFor();
  await page.getByRole('link', { name: 'Download zip' }).waitFor({ state: 'detached' });
  const other = await server.submit([broken]);
  await server.wait(other);
  await page.goto(`${server.url}/#/jobs/${other}`);
  await page.getByRole('button', { name: 'Try 1 file again' }).click();
  await page.waitForURL((x) => !x.hash.includes(other));
  await page.finish();
});

test('the server view shows figures that move, and a webhook that is made and sent again', async () => {
  const page = await openTab(server);
  await signIn(page, server, admin);
  await page.getByRole('link', { name: 'Server' }).click();
  await page.getByText('room for 100,000').waitFor();
  await page.getByLabel('URL').fill('http://127.0.0.1:9/hook');
  await page.getByRole('button', { name: 'Add webhook' }).click();
  await page.getByText('whsec_').waitFor();
  await server.wait(await server.submit([photo]));
  await page.reload();
  const again = page.getByRole('button', { name: /^Send again/ }).first();
  await again.waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.chart path')[1].getAttribute('d').split('L').length > 2);
  await picture(page, 'server', true);
  await assertAccessible(page, 'server');
  await again.click();
  await page.getByText(/\d+ tr(y|ies)/).first().waitFor();
  await page.finish();
});

test('a key without the scope admin sees its usage, and asks for nothing else', async () => {
  const page = await openTab(server);
  await signIn(page, server);
  assert.equal(await page.getByRole('link', { name: 'Server' }).count(), 0);
  await page.getByRole('link', { name: 'Usage' }).click();
  await page.getByText('Plan unlimited').waitFor();
  await picture(page, 'usage');
  await assertAccessible(page, 'usage');
  await page.finish();
});

test('the API page shows every route, and sends requests', async () => {
  const page = await openTab(server);
  await page.goto(`${server.url}/docs`);
  const { paths } = await server.get('/openapi.json');
  const routes = Object.values(paths).reduce((sum, x) => sum + Object.keys(x).length, 0);
  await page.waitForSelector('.route');
  assert.equal(await page.locator('.route').count(), routes);
  await page.getByLabel('API key for trying').fill(server.key);
  await page.locator('#convertNow summary').click();
  const form = page.locator('#convertNow form');
  await form.locator('input[type=file]').first().setInputFiles([{ name: photo.name, mimeType: photo.type, buffer: photo.content }]);
  await form.getByLabel('format', { exact: true }).fill('webp');
  await form.getByRole('button', { name: 'Send' }).click();
  await form.getByText('"appliedQuality": 82').waitFor();
  await picture(page, 'docs', true);
  await assertAccessible(page, 'docs');
  await page.finish();
});

for (const [name, options] of [['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 375, height: 720 }, hasTouch: true, isMobile: true }]]) {
  test(`every view is fit for ${name}`, async () => {
    const page = await openTab(server, options);
    await signIn(page, server, admin);
    await drop(page, [photo, broken]);
    await page.waitForSelector('.row');
    await view(page, `${name}-chosen`);
    await page.getByRole('button', { name: 'Preview photo.jpg' }).click();
    await page.locator('dialog .figures strong').waitFor();
    await view(page, `${name}-preview`);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Convert 2 files' }).click();
    await phase(page, 'done');
    await view(page, `${name}-done`);
    await page.getByRole('link', { name: 'Jobs' }).click();
    await page.waitForSelector('.row a');
    await view(page, `${name}-jobs`);
    await page.locator('.row a').first().click();
    await page.waitForSelector('.timeline li');
    await view(page, `${name}-job`);
    await page.getByRole('link', { name: 'Server' }).click();
    await page.getByText('room for').waitFor();
    await view(page, `${name}-server`);
    await page.getByRole('link', { name: 'API' }).click();
    await page.waitForSelector('.route');
    await page.locator('.route summary').nth(1).click();
    await view(page, `${name}-docs`);
    await page.finish();
  });
}

/** A picture; nothing sticks out at the side; nothing that axe-core minds. */
async function view(page, name) {
  await picture(page, name);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
  await assertAccessible(page, name);
}
