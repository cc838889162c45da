// One job: its timeline, its files as they end, and what can be done with it.
import { erase, get, local, post } from './api.js';
import { copyButton, curlOfJob } from './curl.js';
import { h, meter, oncePerFrame, setText } from './dom.js';
import { isFinal, jobEvents } from './events.js';
import * as format from './format.js';
import { isShowable, resultActions, thumbnail } from './item_row.js';
import { titleOf } from './jobs.js';
import { text } from './text.js';
import { addTimes, inWords, noTimes, stageBar, timesOf } from './stages.js';
import { timeline } from './timeline.js';
import { openViewer } from './viewer.js';
import { virtualList } from './virtual_list.js';

const ROW_HEIGHT = 68;

/** Where the time of one file went, its waiting included in the words. */
function stagesOf(item, queuedAt) {
  const times = timesOf(item);
  if (!times) return null;
  const waited = item.startedAt ? new Date(item.startedAt) - new Date(queuedAt) : undefined;
  return stageBar(times, inWords(times, waited));
}

function resultRow(item, queuedAt, view) {
  const thumb = thumbnail(item.filename);
  const url = local(item.downloadUrl);
  const good = item.status === 'completed';
  if (good && url && isShowable(item.mimeType)) thumb.show(url);
  const note = good ? `${format.bytes(item.originalSize)} → ${format.bytes(item.finalSize)} · ${item.width} × ${item.height}` : `${item.errorMessage}${item.detail ? ` (${item.detail})` : ''}`;
  const row = h('li', { class: good && item.finalSize > item.originalSize ? 'row grew' : 'row', 'data-state': good ? 'completed' : 'failed' }, thumb,
    h('span', { class: 'grow' }, h('span', { class: 'name' }, item.filename), h('span', { class: 'note', title: note }, note)),
    good && stagesOf(item, queuedAt),
    h('span', { class: 'badge' }, good ? format.change(item.originalSize, item.finalSize) : text.item.failed),
    url && h('span', { class: 'row-actions' }, resultActions(item.filename, url, view)));
  row.drop = thumb.drop;
  return row;
}

export function jobView(id) {
  const closing = new AbortController();
  const results = []; // in the order in which they ended
  const times = noTimes(); // of `results`
  const places = new Map(); // index of the file → place in `results`
  const title = h('h1', {}, text.jobs.jobOf(id));
  const lead = h('p', { class: 'lead', 'aria-live': 'polite' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const notice = h('p', { class: 'hint', role: 'status' });
  const actions = h('div', { class: 'actions' });
  const bar = meter(text.jobs.progress);
  const steps = h('div', { class: 'steps' });
  const facts = h('dl', { class: 'facts' });
  const waiting = h('p', { class: 'hint' }, text.jobs.waitingFor);
  const list = virtualList({ label: text.jobs.results, rowHeight: ROW_HEIGHT, makeRow: (i) => resultRow(results[i], job?.createdAt, () => view(results[i])) });
  let job = null;
  let shown = '';

  function view(item) {
    const good = results.filter((x) => x.status === 'completed' && x.downloadUrl);
    openViewer(good.map((x) => ({ result: x, url: local(x.downloadUrl) })), good.indexOf(item));
  }

  async function act(what) {
    setText(problem, '');
    try {
      await what();
    } catch (error) {
      setText(problem, error.message);
    }
  }

  async function again() {
    const made = await post(`/api/jobs/${id}/retry`);
    location.hash = `#/jobs/${made.jobId}`;
  }

  async function eraseFiles() {
    if (!window.confirm(text.jobs.eraseSure)) return;
    await erase(`/api/jobs/${id}/files`);
    setText(notice, text.jobs.erased);
    await reload();
  }

  async function reload() {
    const fresh = await get(`/api/jobs/${id}`, { signal: closing.signal });
    (fresh.results ?? []).forEach(put);
    list.reset();
    take(fresh);
  }

  /** Sources or results that were not erased, as far as the results tell. */
  function hasFiles() {
    return isFinal(job) && (results.length === 0 || results.some((x) => x.downloadUrl || x.status === 'failed'));
  }

  function buttons() {
    const zip = job.archive?.downloadUrl;
    const ended = isFinal(job);
    return [
      zip && h('a', { class: 'button primary', href: local(zip), download: job.archive.filename }, text.jobs.zip),
      !ended && h('button', { class: 'plain', onclick: () => act(() => erase(`/api/jobs/${id}?force=true`)) }, text.jobs.cancel),
      ended && job.failedFiles > 0 && h('button', { class: 'plain', onclick: () => act(again) }, text.jobs.retry(job.failedFiles)),
      copyButton(text.jobs.curl, () => curlOfJob(id)),
      hasFiles() && h('button', { class: 'quiet danger', onclick: () => act(eraseFiles) }, text.jobs.erase)].filter(Boolean);
  }

  function fact(name, value) {
    return [h('dt', {}, name), h('dd', {}, value)];
  }

  function show() {
    setText(title, titleOf(job));
    setText(lead, `${text.jobs.status[job.status]} · ${text.jobs.files(job.totalFiles)}${job.failedFiles ? ` · ${text.jobs.failed(job.failedFiles)}` : ''}${job.errorMessage ? ` · ${job.errorMessage}` : ''}`);
    bar.set(job.progress / 100);
    bar.hidden = isFinal(job);
    waiting.hidden = results.length > 0 || isFinal(job);
    steps.replaceChildren(...timeline(job, times));
    list.setCount(results.length);
    const now = `${job.status} ${job.archive?.downloadUrl} ${results.some((x) => x.downloadUrl)}`;
    if (now === shown) return;
    shown = now;
    const here = actions.contains(document.activeElement);
    actions.replaceChildren(...buttons());
    if (here) actions.firstElementChild.focus();
    const { title: _, batch, ...metadata } = job.metadata;
    const kept = job.expiresAt ? text.jobs.keptUntil(format.moment(job.expiresAt)) : text.jobs.keptForEver;
    facts.replaceChildren(...fact(text.jobs.facts.id, h('code', {}, job.jobId)), ...fact(text.jobs.facts.type, text.jobs.types[job.jobType] ?? job.jobType),
      ...(hasFiles() ? fact(text.jobs.facts.kept, kept) : []),
      ...(Object.keys(metadata).length ? fact(text.jobs.facts.metadata, h('code', {}, JSON.stringify(metadata))) : []));
  }
  const showSoon = oncePerFrame(() => job && show());

  function take(fresh) {
    job = fresh;
    showSoon();
  }

  function put(item) {
    const place = places.get(item.index) ?? results.length;
    if (place === results.length) addTimes(times, item);
    places.set(item.index, place);
    results[place] = item;
  }

  async function watch() {
    try {
      for await (const { event, data } of jobEvents(id, null, closing.signal)) {
        setText(problem, event === 'away' ? text.away : '');
        if (event === 'job') take(data);
        if (event === 'file') {
          put(data);
          showSoon();
        }
      }
    } catch (error) {
      setText(problem, error.status === 404 ? text.jobs.gone : error.message);
    }
  }

  return {
    element: h('div', {}, h('p', {}, h('a', { href: '#/jobs' }, `← ${text.jobs.back}`)),
      h('div', { class: 'head section' }, h('div', {}, title, lead), actions), problem, notice, bar,
      h('section', { class: 'section' }, h('h2', {}, text.jobs.timeline), steps, facts),
      h('section', {}, h('h2', {}, text.jobs.results), waiting, list.element)),
    shown: watch,
    close() {
      closing.abort();
      list.close();
    },
  };
}
