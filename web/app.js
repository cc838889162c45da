// The console: who is signed in, and which view the address names.
import { get, sleep } from './api.js';
import { Batch } from './batch.js';
import { convertView } from './convert.js';
import { h } from './dom.js';
import { jobView } from './job.js';
import { jobsView } from './jobs.js';
import { keepLinksFresh } from './links.js';
import { serverView } from './server.js';
import { key, signOut } from './session.js';
import { brand, signInView } from './sign_in.js';
import { text } from './text.js';
import { usageView } from './usage.js';

const LOOK_AGAIN = 2000; // ms, for a server that is away
const app = document.getElementById('app');
const batch = new Batch();
let usage = null; // of the account, fetched when the key was first used
let close = () => {};

const views = {
  convert: { title: text.nav.convert, open: () => convertView(batch) },
  jobs: { title: text.nav.jobs, open: (id) => (id ? jobView(id) : jobsView()) },
  server: { title: text.nav.server, open: serverView },
  usage: { title: text.nav.usage, open: usageView },
};

function place() {
  const [, name, id] = location.hash.split('/');
  return { name: views[name] ? name : 'convert', id };
}

function link(name, here) {
  return h('a', { href: `#/${name}`, 'aria-current': name === here ? 'page' : null }, views[name].title);
}

function header(here) {
  return h('header', { class: 'top' },
    h('a', { class: 'skip', href: '#main', onclick: skip }, text.skip),
    h('a', { class: 'brand', href: '#/convert' }, h('img', { src: '/web/mark.svg', alt: '', width: 24, height: 24 }), text.product),
    h('nav', { 'aria-label': text.nav.label }, link('convert', here), link('jobs', here),
      link(usage?.admin ? 'server' : 'usage', here), h('a', { href: '/docs' }, text.nav.docs)),
    h('button', { class: 'quiet', onclick: leave }, text.signIn.out));
}

function skip(event) {
  event.preventDefault();
  document.getElementById('main').focus();
}

function show(...elements) {
  app.replaceChildren(...elements);
}

function signIn(notice) {
  close();
  close = () => {};
  document.title = text.product;
  show(signInView(start, notice));
}

function leave() {
  signOut();
  batch.clear();
  signIn();
}

function render() {
  if (!key() || !usage) return;
  const { name, id } = place();
  const view = views[name].open(id);
  close();
  close = view.close ?? (() => {});
  document.title = `${views[name].title} · ${text.product}`;
  show(header(name), h('main', { id: 'main', tabindex: -1 }, view.element));
  view.shown?.();
  window.scrollTo(0, 0);
  document.getElementById('main').focus({ preventScroll: true });
}

/** The server may be stopping or starting; the key, and the batch of the tab, outlive that. */
function waitForServer(why) {
  document.title = text.product;
  show(h('main', { class: 'sign-in' }, brand(), h('p', { class: 'problem', role: 'alert' }, why)));
  sleep(LOOK_AGAIN).then(start);
}

/** The key is there: see whom it belongs to, and go on where the tab was. */
async function start() {
  try {
    usage = await get('/api/usage');
  } catch (error) {
    if (error.passing) return waitForServer(error.message);
    if (error.status === 401) signOut();
    return signIn(error.status === 401 ? text.signIn.expired : error.message);
  }
  if (batch.items.length === 0) await batch.restore().catch(() => {});
  render();
}

keepLinksFresh();
window.addEventListener('hashchange', render);
window.addEventListener('convertd-signed-out', () => {
  if (!key() || !usage) return;
  usage = null;
  signOut();
  signIn(text.signIn.expired);
});
window.addEventListener('beforeunload', (event) => {
  if (batch.phase === 'uploading') event.preventDefault();
});

if (key()) start();
else signIn();
