// A long list of rows of one height: only those near the window are in the document. The page itself
// scrolls, so that it works under a thumb as under a wheel.
import { h, oncePerFrame } from './dom.js';

const SPARE = 8; // rows beyond each edge, so that Tab finds the next one

/** `makeRow(index)` gives an <li> which may have update(). */
export function virtualList({ label, rowHeight, makeRow, onrange }) {
  const list = h('ul', { class: 'rows', role: 'list', 'aria-label': label });
  const rows = new Map();
  let count = 0;

  function range() {
    const top = list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(-top / rowHeight) - SPARE);
    return [first, Math.min(count, Math.ceil((window.innerHeight - top) / rowHeight) + SPARE)];
  }

  function mount(index) {
    const row = makeRow(index);
    row.style.transform = `translateY(${index * rowHeight}px)`;
    row.style.height = `${rowHeight}px`;
    row.setAttribute('aria-posinset', index + 1);
    rows.set(index, row);
    let next = index + 1;
    while (next < index + 2 * SPARE && !rows.has(next)) next += 1;
    list.insertBefore(row, rows.get(next) ?? null);
  }

  function draw() {
    if (!list.isConnected) return;
    const [first, end] = range();
    onrange?.(first, end);
    for (const [index, row] of rows) {
      if (index >= count || ((index < first || index >= end) && !row.contains(document.activeElement))) {
        row.drop?.();
        row.remove();
        rows.delete(index);
      }
    }
    for (let index = first; index < end; index += 1) if (!rows.has(index)) mount(index);
    for (const row of rows.values()) {
      row.setAttribute('aria-setsize', count);
      row.update?.();
    }
  }

  const drawSoon = oncePerFrame(draw);
  window.addEventListener('scroll', drawSoon, { passive: true });
  window.addEventListener('resize', drawSoon);
  return {
    element: list,
    draw: drawSoon,
    setCount(number) {
      count = number;
      list.style.height = `${count * rowHeight}px`;
      drawSoon();
    },
    /** Makes all rows anew. */
    reset() {
      for (const row of rows.values()) {
        row.drop?.();
        row.remove();
      }
      rows.clear();
      drawSoon();
    },
    close() {
      window.removeEventListener('scroll', drawSoon);
      window.removeEventListener('resize', drawSoon);
      for (const row of rows.values()) row.drop?.();
    },
  };
}
