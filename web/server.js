// The server's figures, for keys with the scope admin, as they change.
import { get, sleep } from './api.js';
import { chart } from './chart.js';
import { h, meter, setText } from './dom.js';
import * as format from './format.js';
import { hooksSection } from './hooks.js';
import { text } from './text.js';

const LOOK_AGAIN = 2000; // ms

/** A panel with a figure, a line about it, and a chart or a bar. */
function tile(label, kind) {
  const big = h('p', { class: 'big' }, '–');
  const note = h('p', { class: 'hint' });
  const drawn = kind === 'bar' ? meter(label) : chart(label);
  const element = h('section', { class: 'panel tile' }, h('h2', {}, label), big, note, drawn.element ?? drawn);
  return {
    element,
    show(value, shown, about) {
      setText(big, shown);
      setText(note, about);
      if (kind === 'bar') drawn.set(value);
      else drawn.add(value, shown);
    },
  };
}

export function serverView() {
  const closing = new AbortController();
  const { signal } = closing;
  const words = text.server;
  const lead = h('p', { class: 'lead' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const throughput = tile(words.throughput);
  const queue = tile(words.queue);
  const requests = tile(words.requests);
  const own = tile(words.own);
  const memory = tile(words.memory, 'bar');
  const disk = tile(words.disk, 'bar');
  const codecs = h('ul', { class: 'codecs', 'aria-label': words.codecs });
  let before = null;

  function show(x) {
    setText(lead, `${words.up(x.version, format.duration(x.uptimeSeconds * 1000))}${x.draining ? ` · ${words.draining}` : ''}`);
    throughput.show(x.queue.filesPerHour, format.count(x.queue.filesPerHour), words.jobs(x.jobs.pending, x.jobs.processing));
    queue.show(x.queue.files, format.count(x.queue.files), words.queueOf(format.count(x.queue.filesMax)));
    const now = performance.now();
    const rate = before ? Math.max(0, (1000 * (x.requests.total - before.total)) / (now - before.at)) : 0;
    before = { total: x.requests.total, at: now };
    requests.show(rate, rate.toFixed(rate < 10 ? 1 : 0), words.errors(x.requests['5xx']));
    own.show(x.memoryBytes, format.bytes(x.memoryBytes), words.store(format.bytes(x.storeBytes)));
    memory.show(x.codecs.memoryUsed / x.codecs.memoryTotal, format.bytes(x.codecs.memoryUsed), words.of(format.bytes(x.codecs.memoryTotal)));
    const used = x.disk.bytes - x.disk.free;
    disk.show(used / x.disk.bytes, format.bytes(used), words.of(format.bytes(x.disk.bytes)));
    codecs.replaceChildren(...x.codecs.processes.map(({ state }) => h('li', { 'data-state': state }, words.codecStates[state] ?? state)));
  }

  async function watch() {
    hooks.shown();
    while (!signal.aborted) {
      if (!document.hidden) {
        try {
          show(await get('/api/server/stats', { signal }));
          setText(problem, '');
        } catch (error) {
          if (error.name !== 'AbortError') setText(problem, error.message);
        }
      }
      await sleep(LOOK_AGAIN, signal).catch(() => {});
    }
  }

  const hooks = hooksSection(signal);
  return {
    element: h('div', {}, h('div', { class: 'head' }, h('div', {}, h('h1', {}, words.title), lead)), problem,
      h('div', { class: 'tiles' }, [throughput, queue, requests, own, memory, disk].map((x) => x.element)),
      h('section', { class: 'section' }, h('h2', {}, words.codecs), codecs), hooks.element),
    shown: watch,
    close: () => closing.abort(),
  };
}
