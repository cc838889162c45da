// A page in a real browser, and what is looked at in every test: errors in its console, requests to
// other origins, what axe-core finds, pictures of it.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = process.env.CONSOLE_BUILD; // has node_modules, gets the pictures
const require = createRequire(join(folder, 'package.json'));
const { chromium } = require('playwright-core');
const axeSource = require('axe-core').source;

export const shots = join(folder, 'shots');
mkdirSync(shots, { recursive: true });

let browser = null;
export async function launch() {
  // Tests run as root in containers, where Chromium's own sandbox does not start.
  const args = process.getuid() === 0 ? ['--no-sandbox'] : [];
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
}

export function shut() {
  return browser.close();
}

/** A tab that writes down what it must not do. `allowed`: complaints that a test provokes. */
export async function openTab(server, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.allowed = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.stack));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${server.url}/`) && !url.startsWith(`blob:${server.url}`)) complaints.push(`leaves the origin: ${url}`);
  });
  page.finish = async () => {
    await context.close();
    assert.deepEqual(complaints.filter((x) => !page.allowed.some((each) => each.test(x))), []);
  };
  return page;
}

export async function signIn(page, server, key = server.key) {
  await page.goto(server.url);
  await page.getByLabel('API key').fill(key);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.drop, .rows');
}

/** Nothing moves any more, and the small pictures of the rows in view are there. */
export async function settle(page) {
  await page.waitForFunction(() => {
    const here = [...document.querySelectorAll('.row')].filter((x) => x.getBoundingClientRect().top < innerHeight && /\.(jpe?g|png|webp|avif|gif)$/.test(x.querySelector('.name')?.textContent ?? ''));
    const bare = here.filter((x) => !['failed', 'waiting', 'uploading'].includes(x.dataset.state) && x.querySelector('.thumb') && !x.querySelector('.thumb img, .thumb canvas'));
    const moving = document.getAnimations().filter((x) => x.effect.getTiming().iterations !== Infinity);
    return moving.length === 0 && bare.every((x) => x.querySelector('.name').textContent.startsWith('broken'));
  });
  await page.evaluate(() => Promise.all([...document.images].map((x) => x.decode().catch(() => {}))));
  await frame(page);
}

/** What was asked for has been painted. */
export function frame(page) {
  return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

export async function picture(page, name, fullPage = false) {
  await settle(page);
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage });
}

/** Nothing that axe-core finds is serious or critical. */
export async function assertAccessible(page, name) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const serious = found.violations.filter((x) => x.impact === 'serious' || x.impact === 'critical');
  const said = serious.map((x) => `${x.id}: ${x.help}: ${x.nodes.slice(0, 4).map((n) => `${n.html.slice(0, 200)} ${n.any[0]?.message ?? ''}`).join(' | ')}`);
  assert.deepEqual(said, [], name);
}

/** Gives `files` to the system's dialog that `open` brings up. */
export async function choose(page, files, open) {
  const choosing = page.waitForEvent('filechooser');
  await frame(page); // by then the browser knows that the dialog is awaited
  await open();
  await (await choosing).setFiles(files);
}

/** Drops files on the page, as from a file manager. */
export async function drop(page, files) {
  const sent = files.map((x) => ({ name: x.name, type: x.type, base64: x.content.toString('base64') }));
  await page.evaluate(async (list) => {
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of list) {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    document.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, sent);
}

export function phase(page, name, timeout = 60_000) {
  return page.waitForSelector(`.convert[data-phase=${name}]`, { timeout });
}
