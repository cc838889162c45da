// Results to look at, one after the other, against what was sent where the tab still has it.
import { send } from './api.js';
import { comparison } from './compare.js';
import { h, setText } from './dom.js';
import * as format from './format.js';
import { fresh } from './links.js';
import { original } from './one_file.js';
import { text } from './text.js';

const words = text.viewer;

function figuresOf(result) {
  const { originalSize: before, finalSize: after } = result;
  return [h('strong', {}, format.bytes(after)), ` ${format.change(before, after)}`,
    h('span', { class: 'hint' }, `${text.preview.original} ${format.bytes(before)} · ${words.facts(result.width, result.height, result.appliedQuality)}`)];
}

/** `list`: [{result, url, file}], where `file` is what was sent, or nothing. */
export function openViewer(list, first) {
  const pictures = comparison();
  const title = h('h2', { id: 'viewer-title' });
  const figures = h('p', { class: 'figures' });
  const place = h('span', { class: 'hint', role: 'status' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const load = h('a', { class: 'button plain' }, text.item.get);
  const previous = h('button', { class: 'plain', onclick: () => show(at - 1) }, words.previous);
  const next = h('button', { class: 'plain', onclick: () => show(at + 1) }, words.next);
  let at = first;
  let asked = null;

  async function show(index) {
    at = index;
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    const { result, url, file } = list[at];
    setText(title, result.filename);
    setText(place, words.place(at + 1, list.length));
    setText(problem, '');
    figures.replaceChildren(...figuresOf(result));
    previous.disabled = at === 0;
    next.disabled = at === list.length - 1;
    if (document.activeElement === document.body || document.activeElement?.disabled) (previous.disabled ? next : previous).focus();
    Object.assign(load, { href: url, download: result.filename });
    load.setAttribute('aria-label', text.item.download(result.filename));
    pictures.empty(!file);
    dialog.dataset.busy = 'yes';
    if (file) original(file, signal).then((x) => signal.aborted || pictures.before(x), () => {});
    try {
      const blob = await (await send('GET', await fresh(url), { signal })).blob();
      if (signal.aborted) return;
      pictures.after(blob);
    } catch (error) {
      if (error.name === 'AbortError') return;
      setText(problem, error.message);
    }
    delete dialog.dataset.busy;
  }

  function close() {
    asked?.abort();
    pictures.close();
    dialog.remove();
  }

  const turning = list.length > 1 && [previous, place, next];
  const dialog = h('dialog', { class: 'preview viewer', 'aria-labelledby': 'viewer-title', onclose: close },
    h('div', { class: 'head' }, title, h('button', { class: 'quiet icon', 'aria-label': text.preview.close, onclick: () => dialog.close() }, '×')),
    pictures.element, problem, h('div', { class: 'viewer-foot' }, figures, h('div', { class: 'actions' }, turning, load)));
  document.body.append(dialog);
  dialog.showModal();
  show(first);
}
