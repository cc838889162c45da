// Where the time of files went, stage by stage.
import { h } from './dom.js';
import * as format from './format.js';
import { text } from './text.js';

/** In their order, as the API names them. */
export const STAGES = ['decode', 'transform', 'encode', 'compress', 'store'];

/** How long one result took, by stage, in milliseconds; null if that was not recorded. */
export function timesOf(result) {
  return result.stages && Object.fromEntries(STAGES.map((x) => [x, result.stages[`${x}Ms`] ?? 0]));
}

/** The times of all `results`, added up; `files`: of how many they are known. */
export function sumOfTimes(results) {
  const sum = { files: 0, ...Object.fromEntries(STAGES.map((x) => [x, 0])) };
  for (const each of results) {
    const times = timesOf(each);
    if (!times) continue;
    sum.files += 1;
    for (const stage of STAGES) sum[stage] += times[stage];
  }
  return sum;
}

/** In words: "waited 1.2 s, decoded 20 ms, encoded 171 ms, stored 4 ms". */
export function inWords(times, waited) {
  const known = STAGES.filter((x) => times[x] > 0).map((x) => `${text.stages[x]} ${format.duration(times[x])}`);
  return [waited !== undefined && `${text.stages.wait} ${format.duration(waited)}`, ...known].filter(Boolean).join(', ');
}

/** A bar whose parts are as wide as their stages were long. */
export function stageBar(times, label) {
  return h('span', { class: 'stage-bar', role: 'img', 'aria-label': label, title: label }, STAGES.filter((x) => times[x] > 0).map((stage) => {
    const part = h('i', { 'data-stage': stage });
    part.style.flexGrow = times[stage];
    return part;
  }));
}
