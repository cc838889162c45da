// What happened to a job, and when, as far as it has come.
import { h } from './dom.js';
import { isFinal } from './events.js';
import * as format from './format.js';
import { text } from './text.js';

const steps = text.jobs.steps;

function step(label, at, note, reached) {
  return h('li', { 'data-reached': reached ?? (at ? 'yes' : 'no') }, h('span', { class: 'label' }, label),
    h('span', { class: 'at' }, at ? format.moment(at) : '–'), h('span', { class: 'hint' }, note));
}

function between(from, to) {
  return new Date(to) - new Date(from);
}

function waited(job) {
  if (job.startedAt) return steps.waitedFor(format.duration(between(job.createdAt, job.startedAt)));
  return isFinal(job) ? steps.never : steps.waiting;
}

function worked(job) {
  if (!job.startedAt) return '';
  if (!job.completedAt) return steps.working;
  const time = between(job.startedAt, job.completedAt);
  return steps.tookFor(format.duration(time), format.duration(time / job.totalFiles));
}

export function timeline(job) {
  return [
    step(steps.queued, job.createdAt, ''),
    step(steps.waited, job.startedAt, waited(job)),
    step(steps.converted, job.completedAt, worked(job), job.status === 'failed' ? 'bad' : undefined),
    step(steps.kept, job.expiresAt, job.expiresAt || !isFinal(job) ? '' : steps.forEver, 'no'),
  ];
}
