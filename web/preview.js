// One file before and after, as the settings have it: converted by the server while they change, and
// shown one over the other with a line to move between.
import { comparison } from './compare.js';
import { h } from './dom.js';
import * as format from './format.js';
import { convertOne, original } from './one_file.js';
import { SAME } from './settings.js';
import { settingsForm } from './settings_form.js';
import { text } from './text.js';

const PATIENCE = 250; // ms after the last change

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
      const blob = await convertOne(item.file, mine, signal);
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
