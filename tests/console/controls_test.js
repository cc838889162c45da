// The checks that other tests end with do find what is wrong: each is seen to fail.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible, launch, openTab, shut } from './browser.js';
import { Server } from './server.js';

let server;

before(async () => {
  server = await Server.make();
  await launch();
});
after(async () => {
  await shut();
  await server.close();
});

async function tab() {
  const page = await openTab(server);
  await page.goto(server.url);
  return page;
}

test('an error in the console is noticed', async () => {
  const page = await tab();
  await page.evaluate(() => console.error('planted'));
  await assert.rejects(page.finish(), /planted/);
});

test('an exception that nobody catches is noticed', async () => {
  const page = await tab();
  await Promise.all([page.waitForEvent('pageerror'), page.evaluate(() => setTimeout(() => { throw new Error('planted'); }, 0))]);
  await assert.rejects(page.finish(), /planted/);
});

test('a request to another origin is noticed, and the policy stops it', async () => {
  const page = await tab();
  const answer = await page.evaluate(() => fetch('http://127.0.0.2:9/').then(() => 'sent', () => 'stopped'));
  assert.equal(answer, 'stopped');
  await assert.rejects(page.finish(), /Content Security Policy/);
});

test('a script in the page and HTML made of text are stopped', async () => {
  const page = await tab();
  const stopped = await page.evaluate(() => {
    try {
      document.body.innerHTML = '<b>planted</b>';
      return false;
    } catch {
      return true;
    }
  });
  assert.ok(stopped);
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.append('window.planted = true');
    document.body.append(script);
  }).catch(() => {});
  assert.equal(await page.evaluate(() => window.planted), undefined);
  await assert.rejects(page.finish());
});

test('what keeps people from reading is noticed', async () => {
  const page = await tab();
  await page.evaluate(() => {
    const pale = document.createElement('p');
    pale.textContent = 'planted';
    pale.style.color = '#ddd';
    const nameless = document.createElement('button');
    document.querySelector('main').append(pale, nameless);
  });
  await assert.rejects(assertAccessible(page, 'planted'), (x) => /color-contrast/.test(x.message) && /button-name/.test(x.message));
  await page.finish();
});
