// The events of one job, read with fetch since EventSource sends no key. The stream goes on where it
// was when the connection breaks off or the server comes back.
import { ApiError, send, sleep } from './api.js';

const WAIT_FIRST = 500;
const WAIT_MAX = 5000;

/** Yields {event, id, data} of one response. */
async function* parse(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').filter((x) => x && !x.startsWith(':')).map((x) => {
        const colon = x.indexOf(': ');
        return [x.slice(0, colon), x.slice(colon + 2)];
      }));
      if (fields.event) yield { event: fields.event, id: fields.id, data: JSON.parse(fields.data) };
    }
  }
}

export function isFinal(job) {
  return job.status === 'completed' || job.status === 'failed';
}

/** Yields the events of job `id` until it is final; besides {event: 'away'} when the server is not
 * reached. `lastId`: everything up to this one is known. */
export async function* jobEvents(id, lastId, signal) {
  let last = lastId;
  let wait = WAIT_FIRST;
  for (;;) {
    try {
      const response = await send('GET', `/api/jobs/${id}/events`, { signal, headers: last ? { 'Last-Event-ID': last } : {} });
      wait = WAIT_FIRST;
      let ended = false;
      for await (const each of parse(response)) {
        last = each.id ?? last;
        ended = each.event === 'job' && isFinal(each.data) && Boolean(each.id);
        yield each;
      }
      if (ended) return;
    } catch (error) {
      if (signal?.aborted || error.name === 'AbortError') return;
      if (error instanceof ApiError && !error.passing) throw error;
      yield { event: 'away' };
    }
    await sleep(wait, signal).catch(() => {});
    if (signal?.aborted) return;
    wait = Math.min(WAIT_MAX, 2 * wait);
  }
}
