// The controls for settings: of the batch at its side, and of one file under its preview.
import { get } from './api.js';
import { choice, field, h, newId, setText } from './dom.js';
import { knowsQuality, needsHeight, needsWidth, SAME } from './settings.js';
import { text } from './text.js';

let known = null;
/** The formats that this server writes, asked for once. */
export function writtenFormats() {
  known ??= get('/api/formats').then((x) => x.write.map((f) => f.format)).catch(() => {
    known = null;
    return ['jpg', 'png', 'webp', 'avif'];
  });
  return known;
}

function formatPairs(formats, withSame) {
  const order = ['webp', 'avif', 'jpg', 'png'];
  const rest = formats.filter((x) => !order.includes(x));
  const pairs = [...order.filter((x) => formats.includes(x)), ...rest].map((x) => [x, x === 'webp' ? 'WebP' : x.toUpperCase()]);
  return withSame ? [...pairs, [SAME, text.convert.same]] : pairs;
}

/** `settings` is read and changed through onchange({name: value}). */
export function settingsForm({ settings, onchange, withSame = true, withStrip = true }) {
  const labels = text.convert;
  const format = choice(formatPairs([settings.format === SAME ? 'webp' : settings.format], withSame), settings.format, (x) => set({ format: x }));
  const quality = h('input', { type: 'range', min: 1, max: 100, value: settings.quality,
    oninput: () => set({ quality: Number(quality.value) }) });
  const shown = h('output', { class: 'value' });
  const note = h('p', { class: 'hint' });
  const resize = choice(labels.resizes, settings.resize, (x) => set({ resize: x }));
  const number = (name) => h('input', { type: 'number', min: 1, max: 16383, value: settings[name],
    oninput: (event) => event.target.value && set({ [name]: Number(event.target.value) }) });
  const width = field(labels.width, number('width'));
  const height = field(labels.height, number('height'));
  const strip = h('input', { type: 'checkbox', checked: settings.strip, id: newId(), onchange: () => set({ strip: strip.checked }) });
  const sizes = field(labels.resize, resize);
  quality.id = newId();
  const qualityField = h('div', { class: 'field' },
    h('div', { class: 'pair' }, h('label', { for: quality.id }, labels.quality), shown), quality,
    h('div', { class: 'ends', 'aria-hidden': 'true' }, h('span', {}, labels.smaller), h('span', {}, labels.finer)), note);

  function set(change) {
    Object.assign(settings, change);
    update();
    onchange(change);
  }

  function update() {
    const fits = knowsQuality(settings);
    quality.disabled = !fits;
    setText(shown, fits ? String(settings.quality) : '–');
    note.hidden = fits;
    setText(note, fits ? '' : labels.noQuality(settings.format));
    sizes.hidden = settings.format === SAME;
    width.hidden = sizes.hidden || !needsWidth(settings);
    height.hidden = sizes.hidden || !needsHeight(settings);
  }

  writtenFormats().then((formats) => {
    format.replaceChildren(...formatPairs(formats, withSame).map(([key, label]) => h('option', { value: key }, label)));
    format.value = settings.format;
  });
  update();
  return h('div', { class: 'settings' }, field(labels.format, format), qualityField, sizes, width, height,
    withStrip && h('div', { class: 'check' }, strip, h('label', { for: strip.id }, labels.strip, h('span', { class: 'hint' }, labels.stripHint))));
}
