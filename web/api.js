// Requests to the server, with the key of the tab.
import { key } from './session.js';
import { text } from './text.js';

/** What the server refused, or that it was not reached (status 0). */
export class ApiError extends Error {
  constructor(status, body, retryAfter) {
    super(body?.error ?? (status === 0 ? text.away : text.oddAnswer(status)));
    this.status = status;
    this.code = body?.code ?? '';
    this.detail = body?.detail ?? '';
    this.retryAfter = retryAfter;
  }

  /** The same request may well succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status === 503 || this.code === 'idempotency_in_progress';
  }
}

export function authorization() {
  return { Authorization: `Bearer ${key()}` };
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function seconds(value) {
  return /^\d+$/.test(value ?? '') ? Number(value) : undefined;
}

/** The response, if it is a good one. */
export async function send(method, path, { body, headers, signal } = {}) {
  let response;
  try {
    response = await fetch(path, { method, body, signal, headers: { ...authorization(), ...headers }, cache: 'no-store' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0);
  }
  if (!response.ok) {
    if (response.status === 401) window.dispatchEvent(new Event('convertd-signed-out'));
    throw new ApiError(response.status, parsed(await response.text()), seconds(response.headers.get('Retry-After')));
  }
  return response;
}

export async function get(path, options) {
  return (await send('GET', path, options)).json();
}

export async function post(path, body, options) {
  return (await send('POST', path, { body: body && JSON.stringify(body), ...options })).json();
}

export async function patch(path, body) {
  return (await send('PATCH', path, { body: JSON.stringify(body) })).json();
}

export async function erase(path) {
  return (await send('DELETE', path)).json();
}

/** Sends a Blob with a type; fetch does not tell how far it is, so this is an XMLHttpRequest. */
export function upload(path, body, { headers, onprogress, signal }) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    for (const [name, value] of Object.entries({ ...authorization(), ...headers })) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onprogress(event.loaded, event.total);
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status === 200) done(answer);
      else failed(new ApiError(request.status, answer, seconds(request.getResponseHeader('Retry-After'))));
    };
    request.onerror = () => failed(new ApiError(0));
    request.onabort = () => failed(new DOMException('', 'AbortError'));
    signal?.addEventListener('abort', () => request.abort());
    request.send(body);
  });
}

/** The server's absolute URLs may name the host that others know it by; here they lead to this one. */
export function local(url) {
  if (!url) return null;
  const { pathname, search } = new URL(url);
  return pathname + search;
}

export function sleep(milliseconds, signal) {
  return new Promise((done, failed) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      failed(new DOMException('', 'AbortError'));
    });
  });
}
