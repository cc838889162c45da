// Webhooks of the account, what was sent to them, and sending it again.
import { erase, get, patch, post, sleep } from './api.js';
import { field, h, newId, setText } from './dom.js';
import * as format from './format.js';
import { text } from './text.js';

const SHOWN = 50; // deliveries
const PAGE = 100; // what the server gives at most
const LOOKED_MAX = 2000; // deliveries, for those that failed
const LOOK_AGAIN = 5000; // ms

export function hooksSection(signal) {
  const words = text.hooks;
  const hooks = h('div', {});
  const deliveries = h('tbody', {});
  const none = h('p', { class: 'hint', hidden: true }, words.noDeliveries);
  const problem = h('p', { class: 'problem', role: 'alert' });
  const secret = h('p', { class: 'hint', role: 'status' });
  const url = h('input', { type: 'url', required: true, placeholder: 'https://' });
  const onlyFailed = h('input', { type: 'checkbox', id: newId(), onchange: load });

  /** Rows are made anew after it; the focus stays at its place. */
  async function act(what) {
    const place = [...element.querySelectorAll('button')].indexOf(document.activeElement);
    setText(problem, '');
    try {
      await what();
      await load();
      if (place >= 0 && document.activeElement === document.body) element.querySelectorAll('button')[place]?.focus();
    } catch (error) {
      if (error.name !== 'AbortError') setText(problem, error.message);
    }
  }

  function hookRow(x) {
    const path = `/api/webhooks/${x.id}`;
    return h('div', { class: 'hook' },
      h('div', { class: 'grow' }, h('div', {}, x.url), h('div', { class: 'hint' }, `${x.eventTypes.join(', ')}${x.active ? '' : ` · ${words.paused}`}`)),
      h('button', { class: 'plain', onclick: () => act(() => patch(path, { active: !x.active })) }, x.active ? words.pause : words.resume),
      h('button', { class: 'quiet danger', onclick: () => window.confirm(words.eraseSure) && act(() => erase(path)) }, words.erase));
  }

  function deliveryRow(x) {
    const answer = x.httpStatus ?? x.error ?? '–';
    return h('tr', {}, h('td', {}, x.eventType, h('div', { class: 'hint' }, h('a', { href: `#/jobs/${x.jobId}` }, text.jobs.jobOf(x.jobId)))),
      h('td', { 'data-state': x.status }, h('span', { class: 'badge' }, words.status[x.status]), h('div', { class: 'hint' }, words.tries(x.attemptCount))),
      h('td', { title: x.responseBody ?? '' }, String(answer)), h('td', {}, format.when(x.createdAt)),
      h('td', {}, h('button', { class: 'quiet', 'aria-label': `${words.replay}: ${x.eventType}`, onclick: () => act(() => post(`/api/webhooks/deliveries/${x.id}/retry`)) }, words.replay)));
  }

  function page(limit, offset) {
    return get(`/api/webhooks/deliveries?limit=${limit}&offset=${offset}`, { signal });
  }

  /** The newest, or the newest of those that failed: the server does not tell them apart. */
  async function wanted() {
    if (!onlyFailed.checked) return (await page(SHOWN, 0)).deliveries;
    const failed = [];
    for (let offset = 0, more = true; more && failed.length < SHOWN && offset < LOOKED_MAX; offset += PAGE) {
      const { deliveries: all, pagination } = await page(PAGE, offset);
      failed.push(...all.filter((x) => x.status === 'failed'));
      more = pagination.hasMore;
    }
    return failed.slice(0, SHOWN);
  }

  async function load() {
    const [known, shown] = await Promise.all([get('/api/webhooks', { signal }), wanted()]);
    hooks.replaceChildren(...(known.webhooks.length ? known.webhooks.map(hookRow) : [h('p', { class: 'hint' }, words.none)]));
    deliveries.replaceChildren(...shown.map(deliveryRow));
    none.hidden = shown.length > 0;
  }

  /** Rows that somebody is at are left as they are. */
  async function watch() {
    await act(() => {});
    while (!signal.aborted) {
      await sleep(LOOK_AGAIN, signal).catch(() => {});
      if (!signal.aborted && !document.hidden && !element.contains(document.activeElement)) await load().catch(() => {});
    }
  }

  async function add(event) {
    event.preventDefault();
    await act(async () => {
      const made = await post('/api/webhooks', { url: url.value, eventTypes: ['conversion.completed', 'conversion.failed'] });
      secret.replaceChildren(words.secret, ' ', h('code', {}, made.secret));
      url.value = '';
    });
  }

  const form = h('form', { class: 'inline-form', onsubmit: add }, field(words.url, url), h('button', { class: 'plain' }, words.add));
  const table = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': words.deliveries },
    h('table', {}, h('thead', {}, h('tr', {}, words.columns.map((x) => (x ? h('th', { scope: 'col' }, x) : h('td', {}))))), deliveries));
  const element = h('div', {},
    h('section', { class: 'section' }, h('h2', {}, words.title), hooks, form, secret, problem),
    h('section', { class: 'section' }, h('div', { class: 'head' }, h('h2', {}, words.deliveries),
      h('div', { class: 'check' }, onlyFailed, h('label', { for: onlyFailed.id }, words.onlyFailed))), table, none));
  return { element, shown: watch };
}
