// What the account has used of its plan; for keys without the scope admin.
import { get, sleep } from './api.js';
import { h, meter, setText } from './dom.js';
import * as format from './format.js';
import { hooksSection } from './hooks.js';
import { text } from './text.js';

const LOOK_AGAIN = 5000; // ms

function tile(label, withBar) {
  const big = h('p', { class: 'big' }, '–');
  const note = h('p', { class: 'hint' });
  const bar = withBar && meter(label);
  return {
    element: h('section', { class: 'panel tile' }, h('h2', {}, label), big, note, bar),
    show(shown, about, part) {
      setText(big, shown);
      setText(note, about);
      if (!bar) return;
      bar.hidden = part === null;
      bar.set(part ?? 0);
    },
  };
}

export function usageView() {
  const closing = new AbortController();
  const { signal } = closing;
  const words = text.usage;
  const lead = h('p', { class: 'lead' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const requests = tile(words.requests, true);
  const storage = tile(words.storage, true);
  const jobs = tile(words.jobs, false);
  const hooks = hooksSection(signal);

  function showUse(where, { used, limit }, say) {
    where.show(say(used), limit === null ? words.unlimited : words.of(say(limit)), limit === null ? null : used / limit);
  }

  function show(x) {
    setText(lead, words.lead(x.plan, x.period));
    showUse(requests, x.requests, format.count);
    showUse(storage, x.storageBytes, format.bytes);
    jobs.show(format.count(x.jobs.processing), words.waiting(x.jobs.pending));
  }

  async function watch() {
    hooks.shown();
    while (!signal.aborted) {
      await get('/api/usage', { signal }).then(show, (error) => error.name !== 'AbortError' && setText(problem, error.message));
      await sleep(LOOK_AGAIN, signal).catch(() => {});
    }
  }

  return {
    element: h('div', {}, h('div', { class: 'head' }, h('div', {}, h('h1', {}, words.title), lead)), problem,
      h('div', { class: 'tiles' }, [requests, storage, jobs].map((x) => x.element)), hooks.element),
    shown: watch,
    close: () => closing.abort(),
  };
}
