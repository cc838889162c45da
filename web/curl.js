// Requests as lines for a shell. The key is never in them: $KEY stands for it.
import { h, setText } from './dom.js';
import { fieldsOfJob } from './settings.js';
import { text } from './text.js';

const COPIED_SHOWN = 1500; // ms

export function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function curl(method, path, more = []) {
  const verb = method === 'GET' ? [] : ['-X', method];
  const words = ['curl', '-sS', '--fail-with-body', ...verb, quoted(location.origin + path)];
  return [`${words.join(' ')} -H "Authorization: Bearer $KEY"`, ...more].join(' \\\n  ');
}

export function curlOfBatch(batch) {
  const fields = fieldsOfJob(batch.settings, batch.items.map((x) => x.settings));
  fields.push(['saveToStorage', 'true'], ['createArchive', 'true']);
  const lines = fields.map(([name, value]) => `-F ${quoted(`${name}=${value}`)}`);
  return curl('POST', '/api/jobs', [...lines, ...batch.items.map((x) => `-F ${quoted(`files=@${x.name}`)}`)]).replace(' -X POST', '');
}

export function curlOfJob(id) {
  return curl('GET', `/api/jobs/${id}?wait=60`);
}

async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch { // without TLS browsers have no clipboard for pages
    const area = h('textarea', { class: 'off-screen', 'aria-hidden': 'true' });
    area.value = words;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

export function copyButton(label, words) {
  const button = h('button', { class: 'quiet', onclick: async () => {
    await copy(words());
    setText(button, text.jobs.copied);
    setTimeout(() => setText(button, label), COPIED_SHOWN);
  } }, label);
  return button;
}
