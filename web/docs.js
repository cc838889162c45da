// The API page: /openapi.json, readable, with requests to try.
import { get } from './api.js';
import { h, field } from './dom.js';
import { key, signIn } from './session.js';
import { text } from './text.js';
import { tryForm } from './docs_try.js';
import { resolver } from './schema.js';

const words = text.docs;
const METHODS = ['get', 'post', 'patch', 'delete'];

function groupOf(path) {
  if (path === '/api/convert' || path === '/api/compress') return 'now';
  for (const name of ['jobs', 'files', 'webhooks']) if (path.startsWith(`/api/${name}`)) return name;
  return path.startsWith('/api/') ? 'account' : 'pages';
}

/** `words` with what stands between backticks as code. */
function prose(said) {
  return said.split('`').map((part, i) => (i % 2 ? h('code', {}, part) : part));
}

function fieldTable(rows) {
  return h('dl', { class: 'fields' }, rows.map(({ name, type, required, description }) => [
    h('dt', {}, h('code', {}, name), required && h('span', { class: 'must' }, words.required)),
    h('dd', {}, h('span', { class: 'type' }, type), description && h('span', {}, ' ', prose(description)))]));
}

function answers(operation) {
  return h('dl', { class: 'fields' }, Object.entries(operation.responses).map(([status, x]) => [
    h('dt', {}, h('code', { 'data-status': status[0] }, status)),
    h('dd', {}, prose(x.description ?? ''))]));
}

function part(title, rows, make) {
  return rows.length > 0 && [h('h3', {}, title), make(rows)];
}

function operationSection(path, method, operation, schema) {
  const parameters = schema.parameters(operation);
  const fields = schema.bodyFields(operation);
  const open = () => {
    if (!details.open || details.dataset.filled) return;
    details.dataset.filled = 'yes';
    details.append(h('div', { class: 'operation' },
      h('div', {}, operation.description && h('p', {}, prose(operation.description)),
        part(words.parameters, parameters, fieldTable), part(words.fields, fields, fieldTable),
        h('h3', {}, words.answers), answers(operation)),
      tryForm({ path, method, operation, parameters, fields, kind: schema.bodyKind(operation) })));
  };
  const details = h('details', { class: 'route', id: operation.operationId, ontoggle: open },
    h('summary', {}, h('span', { class: `method ${method}` }, method.toUpperCase()), h('code', { class: 'path' }, path), h('span', { class: 'summary' }, prose(operation.summary))));
  return details;
}

function groups(document, schema) {
  const made = Object.fromEntries(Object.keys(words.groups).map((x) => [x, []]));
  for (const [path, item] of Object.entries(document.paths)) for (const method of METHODS) if (item[method]) made[groupOf(path)].push(operationSection(path, method, item[method], schema));
  return Object.entries(made).map(([name, routes]) => h('section', { class: 'section', id: name }, h('h2', {}, words.groups[name]), routes));
}

function errors(document) {
  const codes = document.components.schemas.Error.properties.code.enum;
  return h('section', { class: 'section', id: 'errors' }, h('h2', {}, words.errors), h('p', { class: 'lead' }, words.errorsLead),
    h('p', { class: 'codes' }, codes.map((x) => [h('code', {}, x), ' '])));
}

function contents() {
  return h('nav', { class: 'contents', 'aria-label': words.contents }, Object.entries({ ...words.groups, errors: words.errors }).map(([id, label]) => h('a', { href: `#${id}` }, label)));
}

function keyField() {
  const input = h('input', { type: 'password', autocomplete: 'off', value: key(), oninput: () => signIn(input.value.trim()) });
  return field(words.key, input, words.keyHint);
}

async function start() {
  const app = document.getElementById('app');
  const main = h('main', { class: 'docs', id: 'main' }, h('h1', {}, words.title), h('p', { class: 'lead' }, words.loading));
  app.append(h('header', { class: 'top' },
    h('a', { class: 'brand', href: '/' }, h('img', { src: '/web/mark.svg', alt: '', width: 24, height: 24 }), text.product),
    h('nav', { 'aria-label': text.nav.label }, h('a', { href: '/' }, text.nav.console), h('a', { href: '/docs', 'aria-current': 'page' }, text.nav.docs))), main);
  const description = await get('/openapi.json').catch((error) => main.replaceChildren(h('p', { class: 'problem', role: 'alert' }, error.message)));
  if (!description) return;
  const schema = resolver(description);
  main.replaceChildren(contents(), h('div', { class: 'content' },
    h('h1', {}, `${description.info.title} ${words.title}`), h('p', { class: 'lead' }, prose(description.info.description)), keyField(), groups(description, schema), errors(description)));
}

start();
