// One file of a batch as a row: its picture, its name, how far it is, what can be done with it.
import { h, setText, svg } from './dom.js';
import * as format from './format.js';
import { text } from './text.js';

export const ROW_HEIGHT = 68;

const EYE = 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0z';
const ARROW = 'M12 4v11M7 10l5 5 5-5M5 20h14';
const SHOWABLE = /^image\/(jpeg|png|webp|avif|gif|bmp|svg\+xml|vnd\.microsoft\.icon|x-icon)$/;

function ending(name) {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1, dot + 6).toUpperCase() : '–';
}

const THUMB = 92; // px: twice what is shown, for dense screens
const toShow = new Set();
let showing = false;

/** One after the other: decoding takes processors that the page needs, too. */
async function showAll() {
  for (const show of toShow) {
    toShow.delete(show); // before: it may be asked for another picture meanwhile
    await show();
  }
  showing = false;
}

function showSoon(show) {
  toShow.add(show);
  if (!showing) requestAnimationFrame(showAll);
  showing = true;
}

/** A URL would do for a file as well, but making one holds the page until the browser has answered. */
async function pictureOf(file) {
  const bitmap = await createImageBitmap(file, { resizeWidth: THUMB, resizeQuality: 'medium' });
  const canvas = h('canvas', { width: bitmap.width, height: bitmap.height });
  canvas.getContext('bitmaprenderer').transferFromImageBitmap(bitmap);
  return canvas;
}

function pictureAt(url) {
  const picture = h('img', { src: url, alt: '', decoding: 'async' });
  return picture.decode().then(() => picture);
}

/** A small picture of a file or of what is at a URL, or else the ending of its name. Call drop() in the end. */
export function thumbnail(name) {
  const box = h('div', { class: 'thumb', 'aria-hidden': 'true' }, ending(name));
  let shown = null;
  const show = async () => {
    const source = shown;
    const picture = await (typeof source === 'string' ? pictureAt(source) : pictureOf(source)).catch(() => null);
    if (picture && source === shown) box.replaceChildren(picture);
  };
  box.show = (source) => {
    if (!source || source === shown) return;
    shown = source;
    if (typeof source === 'string') show(); // the server may be slow, and files need not wait for it
    else showSoon(show);
  };
  box.drop = () => toShow.delete(show);
  return box;
}

export function isShowable(mimeType) {
  return SHOWABLE.test(mimeType ?? '');
}

/** A word, or where there is little room what stands for it. */
function wordOrSign(word, path) {
  return [h('span', { class: 'word' }, word), svg('svg', { class: 'sign', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: path }))];
}

/** To look at a result, and to fetch it. */
export function resultActions(name, url, view) {
  return [h('button', { class: 'quiet', 'aria-label': text.item.viewOf(name), onclick: view }, wordOrSign(text.item.view, EYE)),
    h('a', { class: 'button quiet', href: url, download: name, 'aria-label': text.item.download(name) }, wordOrSign(text.item.get, ARROW))];
}

/** What is under the name. */
function detail(item, settings) {
  const result = item.result;
  if (item.state === 'failed') return result.errorMessage;
  if (item.state !== 'completed') return format.bytes(item.size) + (item.settings ? ` · ${describe({ ...settings, ...item.settings })}` : '');
  return `${format.bytes(result.originalSize)} → ${format.bytes(result.finalSize)} · ${result.width} × ${result.height}`;
}

function describe(settings) {
  return `${settings.format.toUpperCase()} ${settings.quality}, ${text.convert.own}`;
}

function badge(item) {
  if (item.state === 'completed') return format.change(item.result.originalSize, item.result.finalSize);
  if (item.state === 'uploading') return item.sent >= 1 ? text.item.uploaded : text.item.uploading;
  return text.item[item.state];
}

export function itemRow(batch, index, { preview, remove, view }) {
  const item = batch.items[index];
  const thumb = thumbnail(item.name);
  const name = h('span', { class: 'name' });
  const note = h('span', { class: 'note' });
  const state = h('span', { class: 'badge' });
  const track = h('span', { class: 'track', 'aria-hidden': 'true' });
  const actions = h('span', { class: 'row-actions' });
  let shown = null;

  function buttons() {
    if (item.state === 'chosen') return [
      h('button', { class: 'quiet', 'aria-label': text.convert.previewOf(item.name), onclick: () => preview(index) }, text.convert.preview),
      h('button', { class: 'quiet icon', 'aria-label': text.convert.remove(item.name), onclick: () => remove(index) }, '×')];
    if (item.state === 'completed' && item.result.url) return resultActions(item.result.filename, item.result.url, () => view(index));
    return [];
  }

  const row = h('li', { class: 'row' }, thumb, h('span', { class: 'grow' }, name, note), state, actions, track);
  row.update = () => {
    setText(name, item.state === 'completed' ? item.result.filename : item.name);
    setText(note, detail(item, batch.settings));
    note.title = note.textContent;
    setText(state, badge(item));
    track.style.transform = `scaleX(${item.state === 'uploading' ? item.sent ?? 0 : 0})`;
    if (item.state === shown) return;
    shown = item.state;
    row.dataset.state = item.state;
    row.classList.toggle('grew', item.state === 'completed' && item.result.finalSize > item.result.originalSize);
    actions.replaceChildren(...buttons());
    const better = item.state === 'completed' && !isShowable(item.file?.type) && isShowable(item.result.mimeType);
    thumb.show(better ? item.result.url : item.file);
  };
  row.drop = () => thumb.drop();
  return row;
}
