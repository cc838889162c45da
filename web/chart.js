// A line of the last minutes, drawn again with each figure.
import { svg } from './dom.js';
import { text } from './text.js';

const WIDTH = 200;
const HEIGHT = 44;
const POINTS = 90;

export function chart(label) {
  const area = svg('path', { class: 'area' });
  const line = svg('path');
  const element = svg('svg', { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label }, area, line);
  const values = [];

  /** `shown` is the value as people read it. */
  function add(value, shown) {
    values.push(value);
    if (values.length > POINTS) values.shift();
    const top = Math.max(...values, 1e-9);
    const shownValues = values.length === 1 ? [value, value] : values; // a line needs two
    const step = WIDTH / (shownValues.length - 1);
    const points = shownValues.map((x, i) => `${(i * step).toFixed(1)} ${(HEIGHT - 2 - (x / top) * (HEIGHT - 6)).toFixed(1)}`);
    line.setAttribute('d', `M${points.join('L')}`);
    area.setAttribute('d', `M0 ${HEIGHT}L${points.join('L')}L${WIDTH} ${HEIGHT}Z`);
    element.setAttribute('aria-label', text.server.trend(label, shown));
  }

  return { element, add };
}
