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

/** Times of several files, added up; `files`: of how many they are known. */
export function noTimes() {
  return { files: 0, decode: 0, transform: 0, encode: 0, compress: 0, store: 0 };
}

export function addTimes(sum, result) {
  if (!result.stages) return;
  sum.files += 1;
  for (const stage of STAGES) sum[stage] += result.stages[`${stage}Ms`] ?? 0;
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
