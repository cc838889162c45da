// Elements in one line each. Text is always text: nothing here takes HTML.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value' || name === 'checked' || name === 'disabled' || name === 'hidden') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(9).filter((x) => x !== undefined && x !== null && x !== false));
  return element;
}

/** h('p', {class: 'note', onclick: f}, 'text', otherElement) */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** Sets text only where it differs, so that screen readers do not hear it again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let last = 0;
/** An id that no other element has. */
export function newId() {
  last += 1;
  return `x${last}`;
}

/** A label above its control. */
export function field(label, control, hint) {
  control.id ||= newId();
  const note = hint && h('p', { class: 'hint', id: newId() }, hint);
  if (note) control.setAttribute('aria-describedby', note.id);
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, note);
}

/** A select with [value, label] pairs. */
export function choice(pairs, value, onchange) {
  const made = h('select', { onchange: () => onchange(made.value) },
    pairs.map(([key, label]) => h('option', { value: key }, label)));
  made.value = value;
  return made;
}

/** A progress bar; its element has set(part) with 0..1. */
export function meter(label) {
  const bar = h('div', { class: 'bar-fill' });
  const made = h('div', { class: 'bar', role: 'progressbar', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 100 }, bar);
  made.set = (part) => {
    const percent = Math.round(100 * Math.min(1, Math.max(0, part)));
    bar.style.transform = `scaleX(${percent / 100})`;
    made.setAttribute('aria-valuenow', percent);
  };
  made.set(0);
  return made;
}

/** Calls `what` once before the next frame, however often it is asked for. */
export function oncePerFrame(what) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      what();
    });
  };
}
