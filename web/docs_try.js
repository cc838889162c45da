// A form that sends one request of the API page, and shows what came back.
import { authorization } from './api.js';
import { curl, quoted } from './curl.js';
import { field, h } from './dom.js';
import * as format from './format.js';
import { isShowable } from './item_row.js';
import { key } from './session.js';
import { text } from './text.js';

const words = text.docs;
const SHOWN_MAX = 20_000; // characters of an answer

function control({ schema, required }) {
  if (schema.const !== undefined) return h('input', { type: 'text', value: required ? String(schema.const) : '' });
  if (schema.enum) return h('select', {}, h('option', { value: '' }, ''), schema.enum.map((x) => h('option', {}, x)));
  if (schema.format === 'binary' || schema.items?.format === 'binary') return h('input', { type: 'file', multiple: true });
  return h('input', { type: 'text', placeholder: schema.default ?? '' });
}

/** A body that has what is required, to be filled in. */
function bodyOf(fields) {
  const empty = { string: '', boolean: true, integer: 0, number: 0, array: [], object: {} };
  const asked = fields.filter((x) => x.required).map(({ name, schema }) => [name, schema.enum?.[0] ?? empty[[schema.type].flat()[0]] ?? null]);
  return JSON.stringify(Object.fromEntries(asked), null, 2);
}

function isFile(input) {
  return input.type === 'file';
}

async function showAnswer(response, took) {
  const type = response.headers.get('Content-Type') ?? '';
  const line = h('p', {}, h('code', { 'data-status': String(response.status)[0] }, `${response.status}`), ` ${format.duration(took)}`);
  if (isShowable(type)) {
    const blob = await response.blob();
    return [line, h('img', { src: URL.createObjectURL(blob), alt: words.answer }), h('p', { class: 'hint' }, words.bytes(format.bytes(blob.size), type))];
  }
  if (!/json|text/.test(type)) return [line, h('p', { class: 'hint' }, words.bytes(format.bytes((await response.blob()).size), type))];
  const said = await response.text();
  let shown = said;
  try {
    shown = JSON.stringify(JSON.parse(said), (_, x) => (typeof x === 'string' && x.length > 300 ? `${x.slice(0, 120)}…` : x), 2);
  } catch { /* it is no JSON: as it is */ }
  return [line, h('pre', { tabindex: 0 }, shown.slice(0, SHOWN_MAX))];
}

export function tryForm({ path, method, parameters, fields, kind }) {
  const inputs = parameters.filter((x) => x.in !== 'header' || x.name !== 'Accept').map((x) => ({ ...x, input: control(x) }));
  const parts = kind === 'multipart/form-data' ? fields.map((x) => ({ ...x, input: control(x) })) : [];
  if (kind === 'multipart/form-data' && !parts.some((x) => isFile(x.input))) parts.unshift({ name: 'files', input: h('input', { type: 'file', multiple: true }), required: true });
  const json = kind === 'application/json' && h('textarea', { rows: 5, spellcheck: 'false' }, bodyOf(fields));
  const out = h('div', { class: 'answer', 'aria-live': 'polite' });
  const lines = h('pre', { class: 'curl', tabindex: 0, 'aria-label': words.curl });

  function target() {
    let to = path;
    const query = new URLSearchParams();
    for (const { name, in: where, input } of inputs) {
      if (where === 'path') to = to.replace(`{${name}}`, encodeURIComponent(input.value));
      if (where === 'query' && input.value) query.set(name, input.value);
    }
    return query.size ? `${to}?${query}` : to;
  }

  function headers() {
    const own = inputs.filter((x) => x.in === 'header' && x.input.value).map((x) => [x.name, x.input.value]);
    return { ...(key() && authorization()), ...Object.fromEntries(own), ...(json && { 'Content-Type': kind }) };
  }

  function body() {
    if (json) return json.value;
    if (!parts.length) return undefined;
    const form = new FormData();
    for (const { name, input } of parts) {
      if (isFile(input)) for (const file of input.files) form.append(name, file, file.name);
      else if (input.value) form.append(name, input.value);
    }
    return form;
  }

  function showCurl() {
    const more = parts.flatMap(({ name, input }) => (isFile(input) ? [...input.files].map((x) => `-F ${quoted(`${name}=@${x.name}`)}`) : input.value ? [`-F ${quoted(`${name}=${input.value}`)}`] : []));
    if (json) more.push(`-d ${quoted(json.value)}`);
    lines.textContent = curl(method.toUpperCase(), target(), more);
  }

  async function send(event) {
    event.preventDefault();
    const since = performance.now();
    try {
      const response = await fetch(target(), { method: method.toUpperCase(), headers: headers(), body: body(), cache: 'no-store' });
      out.replaceChildren(...await showAnswer(response, performance.now() - since));
    } catch {
      out.replaceChildren(h('p', { class: 'problem' }, text.away));
    }
  }

  const form = h('form', { class: 'try', onsubmit: send, oninput: showCurl, onchange: showCurl }, h('h3', {}, words.try),
    [...inputs, ...parts].map((x) => field(`${x.name}${x.required ? ` (${words.required})` : ''}`, x.input)),
    json && field(words.body, json), h('button', { class: 'primary' }, words.send), lines, out);
  showCurl();
  return form;
}
