// What happened to a job, and when, as far as it has come: queued, waited, decoded, encoded, stored.
import { h } from './dom.js';
import { isFinal } from './events.js';
import * as format from './format.js';
import { inWords, stageBar, STAGES } from './stages.js';
import { text } from './text.js';

const steps = text.jobs.steps;

/** `reached`: yes, no, now or bad. */
function step(label, shown, note, reached, more) {
  return h('li', { 'data-reached': reached, ...more }, h('span', { class: 'label' }, label), h('span', { class: 'at' }, shown ?? '–'), note && h('span', { class: 'hint' }, note));
}

function moment(label, at, note, reached) {
  return step(label, at && h('time', { datetime: at, title: format.moment(at) }, format.clock(at)), note, reached);
}

function between(from, to) {
  return new Date(to) - new Date(from);
}

function waiting(job) {
  if (job.startedAt) return step(steps.waited, format.duration(between(job.createdAt, job.startedAt)), '', 'yes');
  return step(steps.waited, null, isFinal(job) ? steps.never : steps.waiting, isFinal(job) ? 'no' : 'now');
}

/** The stages that some file came to; of a job that converts always decoding and encoding. */
function stagesOf(job, sum) {
  const always = job.jobType === 'compress' ? ['compress', 'store'] : ['decode', 'encode', 'store'];
  return STAGES.filter((x) => always.includes(x) || sum[x] > 0);
}

function stages(job, sum) {
  const unknown = job.completedFiles > 0 && sum.files === 0;
  return stagesOf(job, sum).map((stage) => {
    if (sum.files === 0) return step(steps[stage], null, unknown ? steps.unknown : '', 'no', { 'data-stage': stage });
    const each = sum.files > 1 ? steps.each(format.duration(sum[stage] / sum.files)) : '';
    return step(steps[stage], format.duration(sum[stage]), each, 'yes', { 'data-stage': stage });
  });
}

function ending(job) {
  if (!job.completedAt) return moment(steps.ended, null, job.startedAt ? steps.working : '', job.startedAt ? 'now' : 'no');
  const took = job.startedAt ? steps.took(format.duration(between(job.startedAt, job.completedAt))) : '';
  return moment(steps.ended, job.completedAt, took, job.status === 'failed' ? 'bad' : 'yes');
}

/** The steps of `job`, and under them a bar of its stages; `sum`: of the files that have ended. */
export function timeline(job, sum) {
  const line = h('ol', { class: 'timeline', role: 'list', 'aria-label': text.jobs.timeline }, moment(steps.queued, job.createdAt, '', 'yes'), waiting(job), stages(job, sum), ending(job));
  return [line, sum.files > 0 && stageBar(sum, steps.share(inWords(sum)))].filter(Boolean);
}
