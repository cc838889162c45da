// One batch of files, from choosing them to their results. No elements here: views listen to
// 'change' (of one item: detail.index) and 'phase'.
//
// Phases: choosing, uploading, converting, done. From 'converting' on the batch is the server's, and
// survives a reload: the tab remembers its jobs.
import { ApiError, erase, get, local, post, sleep, upload } from './api.js';
import { isFinal, jobEvents } from './events.js';
import { multipart } from './multipart.js';
import { read, write } from './session.js';
import { defaults, fieldsOfJob } from './settings.js';
import { text } from './text.js';

const UPLOAD_WAIT_MAX = 10; // seconds

export class Batch extends EventTarget {
  constructor() {
    super();
    this.reset();
    this.settings = read('settings') ?? defaults();
  }

  /** Lets go of everything; what the server has goes on there. */
  clear() {
    this.reset();
    write('batch', null);
  }

  reset() {
    this.stop?.abort();
    this.stop = new AbortController();
    this.items = [];
    this.parts = []; // jobs: the first, then those of "try again"; places[i] is the item of file i
    this.phase = 'choosing';
    this.notice = '';
    this.sent = 0;
    this.id = null;
  }

  tell(name, index) {
    this.dispatchEvent(new CustomEvent(name, { detail: { index } }));
  }

  enter(phase) {
    this.phase = phase;
    this.tell('phase');
  }

  say(notice) {
    this.notice = notice;
    this.tell('phase');
  }

  add(files) {
    for (const file of files) this.items.push({ name: file.name, size: file.size, file, state: 'chosen' });
    this.tell('phase');
  }

  remove(index) {
    this.items.splice(index, 1);
    this.tell('phase');
  }

  change(settings) {
    Object.assign(this.settings, settings);
    write('settings', this.settings);
    this.tell('phase');
  }

  get size() {
    return this.items.reduce((sum, x) => sum + x.size, 0);
  }

  /** How many are in which state, and the bytes of what succeeded before and after. */
  get counts() {
    const counts = { completed: 0, failed: 0, before: 0, after: 0 };
    for (const item of this.items) {
      if (item.state === 'failed') counts.failed += 1;
      if (item.state !== 'completed') continue;
      counts.completed += 1;
      counts.before += item.result.originalSize;
      counts.after += item.result.finalSize;
    }
    return counts;
  }

  get cancelled() {
    return this.items.some((x) => x.result?.errorCode === 'cancelled');
  }

  title() {
    return this.items.length === 1 ? this.items[0].name : text.batchTitle(this.items[0].name, this.items.length - 1);
  }

  body() {
    const fields = fieldsOfJob(this.settings, this.items.map((x) => x.settings));
    fields.push(['saveToStorage', 'true'], ['createArchive', 'true']);
    fields.push(['metadata', JSON.stringify({ title: this.title().slice(0, 200), batch: this.id })]);
    return multipart(fields, this.items);
  }

  save() {
    const items = this.items.map((x) => [x.name, x.size]);
    const parts = this.parts.map(({ id, places }) => ({ id, places }));
    if (!write('batch', { id: this.id, items, parts })) write('batch', { id: this.id, items: [], parts });
  }

  /** Uploads and follows; sends again with the same Idempotency-Key for as long as that can help. */
  async start() {
    this.id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    for (const item of this.items) item.state = 'uploading';
    this.save();
    this.enter('uploading');
    try {
      const job = await this.uploadUntilTaken();
      this.takeUp(job.jobId, this.items.map((_, i) => i));
    } catch (error) {
      for (const item of this.items) item.state = 'chosen';
      write('batch', null);
      this.notice = error.name === 'AbortError' ? '' : error.message;
      this.stop = new AbortController();
      this.enter('choosing');
    }
  }

  async uploadUntilTaken() {
    const { signal } = this.stop;
    const body = await this.body();
    signal.throwIfAborted();
    for (let tries = 1; ; tries += 1) {
      try {
        return await upload('/api/jobs', body, {
          headers: { 'Idempotency-Key': this.id },
          signal,
          onprogress: (loaded, total) => this.uploaded(loaded, total),
        });
      } catch (error) {
        if (!(error instanceof ApiError) || !error.passing) throw error;
        const wait = Math.min(UPLOAD_WAIT_MAX, error.retryAfter ?? tries);
        this.say(text.againIn(error.message, wait));
        await sleep(wait * 1000, signal);
        this.say('');
      }
    }
  }

  /** Files go in their order, so the bytes that are sent tell which have arrived. */
  uploaded(loaded, total) {
    this.sent = total ? loaded / total : 0;
    let left = this.sent * this.size;
    for (const [index, item] of this.items.entries()) {
      const part = item.size ? Math.min(1, left / item.size) : 1;
      left = Math.max(0, left - item.size);
      if (item.sent === part) continue;
      item.sent = part;
      this.tell('change', index);
      if (part < 1) break;
    }
    this.tell('change');
  }

  takeUp(id, places) {
    const part = { id, places, job: null };
    for (const place of places) Object.assign(this.items[place], { state: 'waiting', sent: 1, result: null, part });
    this.parts.push(part);
    this.save();
    this.enter('converting');
    this.follow(part);
  }

  async follow(part) {
    try {
      for await (const { event, data } of jobEvents(part.id, null, this.stop.signal)) {
        if (event === 'away') this.say(text.away);
        else if (this.notice) this.say('');
        if (event === 'job') {
          part.job = data;
          this.tell('change');
        }
        if (event === 'file') this.ended(part, data);
      }
      if (!this.stop.signal.aborted) this.finish();
    } catch (error) {
      this.notice = error.message;
      this.finish();
    }
  }

  ended(part, result) {
    const place = part.places[result.index];
    if (this.items[place]?.part !== part) return; // it was tried again since
    const state = result.status === 'completed' ? 'completed' : 'failed';
    Object.assign(this.items[place], { state, result: { ...result, url: local(result.downloadUrl) } });
    this.tell('change', place);
  }

  finish() {
    if (this.parts.every((x) => x.job && isFinal(x.job)) || this.notice) this.enter('done');
  }

  /** Of an upload: drops it. Of a job: what has ended stays. */
  async cancel() {
    if (this.phase === 'uploading') {
      this.stop.abort();
      return;
    }
    const alive = this.parts.filter(({ job }) => !job || !isFinal(job));
    await Promise.all(alive.map(({ id }) => erase(`/api/jobs/${id}?force=true`).catch((error) => {
      if (error.code !== 'not_cancellable') throw error; // else it has ended meanwhile
    })));
  }

  async tryAgain() {
    const part = this.parts.at(-1);
    const places = part.places.filter((x) => this.items[x].state === 'failed');
    const made = await post(`/api/jobs/${part.id}/retry`);
    this.takeUp(made.jobId, places);
  }

  /** Takes up what the tab was at before it was reloaded. False if there is nothing. */
  async restore() {
    const saved = read('batch');
    if (!saved) return false;
    this.id = saved.id;
    const parts = saved.parts.length ? saved.parts : await this.partsThatArrived(saved);
    if (!parts) {
      write('batch', null);
      this.say(text.uploadLost);
      return false;
    }
    const items = saved.items.length ? saved.items : parts[0].places.map((i) => [String(i + 1), 0]);
    this.items = items.map(([name, size]) => ({ name, size, state: 'waiting', sent: 1 }));
    for (const { id, places } of parts) this.takeUp(id, places);
    return true;
  }

  /** The tab was reloaded before the server's answer came; maybe the job was made. */
  async partsThatArrived({ id, items }) {
    const { jobs } = await get('/api/jobs?limit=20').catch(() => ({ jobs: [] }));
    const found = jobs.find((x) => x.metadata.batch === id);
    return found && [{ id: found.jobId, places: items.map((_, i) => i) }];
  }
}
