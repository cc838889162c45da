// One file before and after, as the settings have it: converted by the server while they change, and
// shown one over the other with a line to move between.
import { send } from './api.js';
import { h, setText, svg } from './dom.js';
import * as format from './format.js';
import { isShowable } from './item_row.js';
import { fieldsOfOne, routeOfOne, SAME } from './settings.js';
import { settingsForm } from './settings_form.js';
import { text } from './text.js';

const PATIENCE = 250; // ms after the last change

async function convert(file, settings, signal) {
  const form = new FormData();
  for (const [name, value] of fieldsOfOne(settings)) form.append(name, value);
  form.append('files', file, file.name);
  const response = await send('POST', routeOfOne(settings), { body: form, headers: { Accept: 'image/*' }, signal });
  return response.blob();
}

/** Two pictures in one place; the line between them follows the slider. */
function comparison() {
  const before = h('img', { alt: text.preview.before, class: 'before' });
  const after = h('img', { alt: text.preview.after, class: 'after' });
  const slider = h('input', { type: 'range', min: 0, max: 100, value: 50, 'aria-label': text.preview.slider, oninput: place });
  const line = h('div', { class: 'split', 'aria-hidden': 'true' }, svg('svg', { viewBox: '0 0 24 24' }, svg('path', { d: 'M9 7l-5 5 5 5M15 7l5 5-5 5' })));
  const note = h('p', { class: 'compare-note' });
  const element = h('div', { class: 'compare' }, before, after, line, slider,
    h('span', { class: 'tag left' }, text.preview.before), h('span', { class: 'tag right' }, text.preview.after), note);
  const urls = new Map();

  function place() {
    after.style.clipPath = `inset(0 0 0 ${slider.value}%)`;
    line.style.left = `${slider.value}%`;
  }

  function put(image, blob) {
    URL.revokeObjectURL(urls.get(image));
    const url = URL.createObjectURL(blob);
    urls.set(image, url);
    image.src = url;
  }

  place();
  return {
    element,
    before: (blob) => put(before, blob),
    after(blob) {
      const shown = isShowable(blob.type);
      setText(note, shown ? '' : text.preview.notShown(blob.type.replace(/^image\/|^application\//, '').toUpperCase()));
      element.classList.toggle('blind', !shown);
      if (shown) put(after, blob);
    },
    close: () => urls.forEach((url) => URL.revokeObjectURL(url)),
  };
}

/** The file itself where the browser can show it, else as a PNG that the server makes of it. */
async function original(file, signal) {
  const readable = isShowable(file.type) && (await createImageBitmap(file).then((x) => x.close() ?? true, () => false));
  return readable ? file : convert(file, { format: 'png', quality: 100, resize: 'website', strip: false }, signal);
}

/** `onown` gets the settings of this file alone (nothing: like the rest), `onall` those for all. */
export function openPreview({ item, settings, onown, onall }) {
  const mine = { ...settings, ...item.settings };
  const pictures = comparison();
  const figures = h('p', { class: 'figures', 'aria-live': 'polite' }, text.preview.working);
  const closing = new AbortController();
  let asked = null;
  let timer = null;

  async function render() {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    dialog.dataset.busy = 'yes';
    try {
      const blob = await convert(item.file, mine, signal);
      if (signal.aborted) return;
      pictures.after(blob);
      const less = item.size - blob.size;
      const gain = less >= 0 ? text.preview.saves(format.bytes(less)) : text.preview.grows(format.bytes(-less));
      figures.replaceChildren(h('strong', {}, format.bytes(blob.size)), ` ${format.change(item.size, blob.size)}`, h('span', { class: 'hint' }, `${text.preview.original} ${format.bytes(item.size)}, ${gain}`));
    } catch (error) {
      if (error.name === 'AbortError') return;
      figures.replaceChildren(h('span', { class: 'problem' }, error.message));
    }
    delete dialog.dataset.busy;
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(render, PATIENCE);
  }

  function use(what) {
    what();
    dialog.close();
  }

  const ownable = settings.format !== SAME; // a job either converts or compresses
  const form = settingsForm({ settings: mine, onchange: later, withSame: !ownable || !item.settings, withStrip: false });
  const dialog = h('dialog', { class: 'preview', 'aria-labelledby': 'preview-title', onclose: close },
    h('div', { class: 'head' }, h('h2', { id: 'preview-title' }, item.name),
      h('button', { class: 'quiet icon', 'aria-label': text.preview.close, onclick: () => dialog.close() }, '×')),
    pictures.element,
    h('div', { class: 'preview-side' }, figures, form,
      h('div', { class: 'actions' },
        h('button', { class: 'primary', onclick: () => use(() => onall(mine)) }, text.preview.forAll),
        h('button', { class: 'plain', onclick: () => use(() => onown(ownSettings())) }, text.preview.forThis),
        item.settings && h('button', { class: 'quiet', onclick: () => use(() => onown(undefined)) }, text.preview.likeAll))));

  function ownSettings() {
    const { strip, ...own } = mine;
    return (own.format === SAME) === (settings.format === SAME) ? own : { ...own, format: settings.format };
  }

  function close() {
    clearTimeout(timer);
    asked?.abort();
    closing.abort();
    pictures.close();
    dialog.remove();
  }

  document.body.append(dialog);
  dialog.showModal();
  original(item.file, closing.signal).then(pictures.before, () => {});
  render();
}
