// The list of all jobs: a filter, a search, and rows that are fetched when they come into view.
import { get, sleep } from './api.js';
import { h, meter, setText } from './dom.js';
import * as format from './format.js';
import { isFinal } from './events.js';
import { text } from './text.js';
import { virtualList } from './virtual_list.js';

const PAGE = 100; // what the server gives at most
const LOOK_AGAIN = 2500; // ms; the list has no events of its own
const ROW_HEIGHT = 60;
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const STATES = ['', 'pending', 'processing', 'completed', 'failed'];

/** What people know a job by. */
export function titleOf(job) {
  const { title, name, batch, ...rest } = job.metadata ?? {};
  const known = title ?? name;
  if (typeof known === 'string' && known) return known;
  return Object.keys(rest).length ? Object.entries(rest).map(([k, v]) => `${k}: ${typeof v === 'object' ? JSON.stringify(v) : v}`).join(', ') : text.jobs.jobOf(job.jobId);
}

function jobRow(jobOf, index) {
  const link = h('a', { class: 'name' });
  const note = h('span', { class: 'note' });
  const bar = meter(text.jobs.progress);
  const box = h('span', { class: 'job-progress' }, bar);
  const badge = h('span', { class: 'badge' });
  const row = h('li', { class: 'row job' }, h('span', { class: 'grow' }, link, note), box, badge);
  row.update = () => {
    const job = jobOf(index);
    if (!job) {
      setText(note, text.jobs.loading);
      box.hidden = true;
      return;
    }
    link.href = `#/jobs/${job.jobId}`;
    setText(link, titleOf(job));
    const failed = job.failedFiles && job.status !== 'failed' ? ` · ${text.jobs.failed(job.failedFiles)}` : '';
    setText(note, `${format.when(job.createdAt)} · ${text.jobs.files(job.totalFiles)}${failed}`);
    row.dataset.state = job.status;
    setText(badge, text.jobs.status[job.status]);
    box.hidden = isFinal(job);
    bar.set(job.progress / 100);
  };
  return row;
}

export function jobsView() {
  const closing = new AbortController();
  const { signal } = closing;
  const head = h('p', { class: 'lead', 'aria-live': 'polite' });
  const empty = h('div', { class: 'empty', hidden: true });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const list = virtualList({ label: text.jobs.list, rowHeight: ROW_HEIGHT, makeRow: (i) => jobRow((n) => (matches ?? jobs)[n], i), onrange: need });
  let status = '';
  let jobs = []; // sparse
  let matches = null; // of a search
  let total = 0;
  let round = 0; // answers of an older question are dropped
  const asked = new Set(); // pages on their way or here

  async function page(number) {
    const mine = round;
    asked.add(number);
    try {
      const answer = await get(`/api/jobs?limit=${PAGE}&offset=${number * PAGE}${status && `&status=${status}`}`, { signal });
      if (mine !== round) return;
      setText(problem, '');
      const moved = total !== 0 && answer.pagination.total !== total;
      if (moved) { // what was further down is elsewhere now
        jobs = [];
        asked.clear();
        asked.add(number);
      }
      total = answer.pagination.total;
      answer.jobs.forEach((job, i) => { jobs[number * PAGE + i] = job; });
      show();
    } catch (error) {
      asked.delete(number);
      if (error.name !== 'AbortError') setText(problem, error.message);
    }
  }

  function need(first, end) {
    if (matches) return;
    for (let number = Math.floor(first / PAGE); number * PAGE < end; number += 1) if (!asked.has(number)) page(number);
  }

  function show() {
    const length = matches ? matches.length : total;
    empty.hidden = length > 0;
    if (length === 0) {
      const bare = !matches && !status;
      empty.replaceChildren(h('h2', {}, bare ? text.jobs.none : text.jobs.noMatch), bare ? h('p', {}, text.jobs.noneHint) : '');
    }
    if (!matches) setText(head, text.jobs.total(total));
    list.setCount(length);
  }

  function restart() {
    round += 1;
    jobs = [];
    matches = null;
    total = 0;
    asked.clear();
    list.reset();
    return search.value.trim() ? find(search.value.trim()) : page(0);
  }

  /** The server has no search: all pages are walked, and what is found is shown at once. */
  async function find(words) {
    const mine = round;
    const wanted = words.toLowerCase();
    matches = [];
    if (ID.test(wanted)) {
      await get(`/api/jobs/${wanted}?resultsLimit=1`, { signal }).then((job) => matches?.push(job), () => {});
      if (mine === round) show();
      return;
    }
    for (let offset = 0, all = 1; offset < all; offset += PAGE) {
      const answer = await get(`/api/jobs?limit=${PAGE}&offset=${offset}${status && `&status=${status}`}`, { signal }).catch(() => null);
      if (mine !== round || !answer) return;
      all = answer.pagination.total;
      matches.push(...answer.jobs.filter((x) => `${x.jobId} ${JSON.stringify(x.metadata)}`.toLowerCase().includes(wanted)));
      setText(head, text.jobs.searched(Math.min(all, offset + PAGE), all));
      show();
    }
  }

  let typing = null;
  const search = h('input', { type: 'search', 'aria-label': text.jobs.search, placeholder: text.jobs.search, oninput: () => {
    clearTimeout(typing);
    typing = setTimeout(restart, 250);
  } });
  const tabs = STATES.map((each) => h('button', { 'aria-pressed': String(each === status), onclick: () => {
    status = each;
    tabs.forEach((tab, i) => tab.setAttribute('aria-pressed', String(STATES[i] === status)));
    restart();
  } }, each ? text.jobs.status[each] : text.jobs.all));

  async function watch() {
    await page(0);
    while (!signal.aborted) {
      await sleep(LOOK_AGAIN, signal).catch(() => {});
      if (!signal.aborted && !document.hidden && !matches) await refresh();
    }
  }

  /** The newest, and the page in view if something on it is at work. */
  async function refresh() {
    const alive = new Set([0]);
    jobs.forEach((job, i) => !isFinal(job) && alive.size < 3 && alive.add(Math.floor(i / PAGE)));
    for (const number of alive) await page(number);
  }

  return {
    element: h('div', {}, h('div', { class: 'head' }, h('div', {}, h('h1', {}, text.jobs.title), head)),
      h('div', { class: 'filters' }, h('div', { class: 'tabs', role: 'group', 'aria-label': text.jobs.filter }, tabs), search), problem, list.element, empty),
    shown: watch,
    close() {
      closing.abort();
      clearTimeout(typing);
      list.close();
    },
  };
}
