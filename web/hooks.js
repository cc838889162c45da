// Webhooks of the account, what was sent to them, and sending it again.
import { erase, get, patch, post } from './api.js';
import { field, h, newId, setText } from './dom.js';
import * as format from './format.js';
import { text } from './text.js';

const SHOWN = 50; // deliveries

export function hooksSection(signal) {
  const words = text.hooks;
  const hooks = h('div', {});
  const deliveries = h('tbody', {});
  const none = h('p', { class: 'hint', hidden: true }, words.noDeliveries);
  const problem = h('p', { class: 'problem', role: 'alert' });
  const secret = h('p', { class: 'hint', role: 'status' });
  const url = h('input', { type: 'url', required: true, placeholder: 'https://' });
  const onlyFailed = h('input', { type: 'checkbox', id: newId(), onchange: load });

  async function act(what) {
    setText(problem, '');
    try {
      await what();
      await load();
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

  async function load() {
    const [known, sent] = await Promise.all([get('/api/webhooks', { signal }), get(`/api/webhooks/deliveries?limit=${SHOWN}`, { signal })]);
    hooks.replaceChildren(...(known.webhooks.length ? known.webhooks.map(hookRow) : [h('p', { class: 'hint' }, words.none)]));
    const shown = sent.deliveries.filter((x) => !onlyFailed.checked || x.status === 'failed');
    deliveries.replaceChildren(...shown.map(deliveryRow));
    none.hidden = shown.length > 0;
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
  return {
    element: h('div', {},
      h('section', { class: 'section' }, h('h2', {}, words.title), hooks, form, secret, problem),
      h('section', { class: 'section' }, h('div', { class: 'head' }, h('h2', {}, words.deliveries),
        h('div', { class: 'check' }, onlyFailed, h('label', { for: onlyFailed.id }, words.onlyFailed))), table, none)),
    shown: () => act(() => {}),
  };
}
