// Two pictures in one place, before and after, with a line between them that follows a slider.
import { h, setText, svg } from './dom.js';
import { isShowable } from './item_row.js';
import { text } from './text.js';

/** before(blob) and after(blob) put the pictures in; without the first there is nothing to compare with. */
export function comparison() {
  const before = h('img', { alt: text.preview.before, class: 'before' });
  const after = h('img', { alt: text.preview.after, class: 'after' });
  const slider = h('input', { type: 'range', min: 0, max: 100, value: 50, 'aria-label': text.preview.slider, oninput: place });
  const line = h('div', { class: 'split', 'aria-hidden': 'true' }, svg('svg', { viewBox: '0 0 24 24' }, svg('path', { d: 'M9 7l-5 5 5 5M15 7l5 5-5 5' })));
  const note = h('p', { class: 'compare-note' });
  const element = h('div', { class: 'compare' }, before, after, line, slider,
    h('span', { class: 'tag left' }, text.preview.before), h('span', { class: 'tag right' }, text.preview.after), note);
  const urls = new Map();

  function place() {
    before.style.clipPath = `inset(0 ${100 - slider.value}% 0 0)`;
    after.style.clipPath = `inset(0 0 0 ${slider.value}%)`;
    line.style.left = `${slider.value}%`;
    slider.setAttribute('aria-valuetext', text.preview.part(slider.value));
  }

  function put(image, blob) {
    take(image);
    const url = URL.createObjectURL(blob);
    urls.set(image, url);
    image.src = url;
  }

  function take(image) {
    URL.revokeObjectURL(urls.get(image));
    urls.delete(image);
    image.removeAttribute('src');
  }

  place();
  return {
    element,
    before: (blob) => put(before, blob),
    /** For what comes next. `alone`: it has no picture before. */
    empty(alone) {
      take(before);
      take(after);
      element.classList.toggle('alone', alone);
      if (alone) slider.value = 0;
      else if (slider.value === '0') slider.value = 50;
      place();
    },
    after(blob) {
      const shown = isShowable(blob.type);
      setText(note, shown ? '' : text.preview.notShown(blob.type.replace(/^image\/|^application\//, '').toUpperCase()));
      element.classList.toggle('blind', !shown);
      if (shown) put(after, blob);
    },
    close: () => urls.forEach((url) => URL.revokeObjectURL(url)),
  };
}
