// The view to convert a batch: choose, set, follow, fetch.
import { chooser } from './chooser.js';
import { curlOfBatch, copyButton } from './curl.js';
import { h, meter, oncePerFrame, setText } from './dom.js';
import * as format from './format.js';
import { itemRow, ROW_HEIGHT } from './item_row.js';
import { local } from './api.js';
import { openPreview } from './preview.js';
import { settingsForm } from './settings_form.js';
import { text } from './text.js';
import { openViewer } from './viewer.js';
import { virtualList } from './virtual_list.js';

const TENTHS = 10;

export function convertView(batch) {
  const root = h('div', { class: 'convert' });
  const status = h('div', { class: 'status' });
  const drop = chooser((files) => batch.add(files));
  const list = virtualList({ label: text.convert.list, rowHeight: ROW_HEIGHT, makeRow: (index) => itemRow(batch, index, { preview, remove, view }) });
  const bar = meter(text.batch.progress);
  const headline = h('h1');
  const spoken = h('p', { class: 'off-screen', role: 'status' }); // the headline, not at every file
  const line = h('p', { class: 'lead' });
  const notice = h('p', { class: 'problem', role: 'alert' });
  const start = h('button', { class: 'primary wide', onclick: () => batch.start() });
  let shownPhase = null;

  /** The focus goes to the row that takes the place of the one that went. */
  function remove(index) {
    batch.remove(index);
    const place = Math.min(index + 1, batch.items.length);
    requestAnimationFrame(() => requestAnimationFrame(() => (root.querySelector(`[aria-posinset="${place}"] .icon`) ?? document.getElementById('main')).focus()));
  }

  function preview(index) {
    openPreview({
      item: batch.items[index],
      settings: batch.settings,
      onown: (own) => {
        batch.items[index].settings = own;
        batch.tell('change', index);
        list.draw();
      },
      onall: (settings) => {
        for (const each of batch.items) delete each.settings;
        batch.change(settings);
        shownPhase = null;
        phase();
      },
    });
  }

  /** One of the results, and from there the others. */
  function view(index) {
    const good = batch.items.filter((x) => x.state === 'completed' && x.result.url);
    openViewer(good.map(({ result, file }) => ({ result, url: result.url, file })), good.indexOf(batch.items[index]));
  }

  function choosing() {
    if (batch.items.length === 0) return [h('h1', {}, text.convert.title), notice, drop.large];
    const side = h('aside', { class: 'side', 'aria-label': text.convert.settings },
      settingsForm({ settings: batch.settings, onchange: (x) => changeQuietly(x) }), start,
      copyButton(text.convert.curl, () => curlOfBatch(batch)));
    const head = h('div', { class: 'head' },
      h('div', {}, h('h1', {}, text.convert.title), line),
      h('div', { class: 'actions' }, drop.small, h('button', { class: 'quiet', onclick: () => fresh() }, text.convert.clear)));
    return [head, notice, h('div', { class: 'columns' }, list.element, side)];
  }

  /** The form shows its own changes; making it anew would take the focus out of it. */
  function changeQuietly(change) {
    quiet = true;
    batch.change(change);
    quiet = false;
    list.draw();
  }
  let quiet = false;

  function working() {
    const cancel = h('button', { class: 'plain', onclick: () => {
      cancel.disabled = true;
      setText(cancel, text.batch.cancelling);
      batch.cancel().catch((error) => {
        cancel.disabled = false;
        setText(cancel, text.batch.cancel);
        batch.say(error.message);
      });
    } }, text.batch.cancel);
    return [h('div', { class: 'head' }, h('div', {}, headline, line), h('div', { class: 'actions' }, cancel)), bar, notice, list.element];
  }

  function zips() {
    const withZip = batch.parts.filter((x) => x.job?.archive?.downloadUrl);
    return withZip.map(({ job }) => h('a', { class: 'button primary', href: local(job.archive.downloadUrl), download: job.archive.filename },
      withZip.length === 1 ? text.batch.zip : text.batch.zipOf(job.completedFiles)));
  }

  function done() {
    const { failed } = batch.counts;
    const again = failed > 0 && h('button', { class: 'plain', onclick: (event) => {
      event.target.disabled = true;
      batch.tryAgain().catch((error) => batch.say(error.message));
    } }, text.batch.again(failed));
    const actions = h('div', { class: 'actions' }, zips(), again, h('button', { class: 'plain', onclick: () => fresh() }, text.batch.fresh));
    return [h('div', { class: 'head' }, h('div', {}, headline, line), actions), notice, list.element];
  }

  function fresh() {
    batch.clear();
    batch.tell('phase');
  }

  function figures() {
    const all = batch.items.length;
    const { completed, failed, before, after } = batch.counts;
    const ended = completed + failed;
    const saved = completed ? text.batch.saved(format.bytes(before), format.bytes(after), format.change(before, after)) : '';
    if (batch.phase === 'choosing') {
      setText(line, text.convert.chosen(all, format.bytes(batch.size)));
      setText(start, text.convert.start(all));
    } else if (batch.phase === 'uploading') {
      setText(headline, batch.sent >= 1 ? text.batch.stored : text.batch.uploading(format.percent(batch.sent)));
      setText(line, text.convert.chosen(all, format.bytes(batch.size)));
      bar.set(batch.sent / 2);
    } else if (batch.phase === 'converting') {
      setText(headline, text.batch.converting(ended, all));
      setText(line, saved || text.convert.chosen(all, format.bytes(batch.size)));
      bar.set(0.5 + ended / all / 2);
    } else {
      const failures = failed && completed ? `, ${text.batch.someFailed(failed)}` : '';
      setText(headline, (batch.cancelled && text.batch.cancelled) || (completed ? text.batch.done(completed) : text.batch.noneDone) + failures);
      setText(line, saved);
    }
    setText(notice, batch.notice);
    speak(ended, all);
  }

  function speak(ended, all) {
    const tenth = Math.ceil(all / TENTHS);
    if (batch.phase === 'converting') setText(spoken, text.batch.converting(ended - (ended % tenth), all));
    else if (batch.phase !== 'uploading') setText(spoken, batch.phase === 'done' ? headline.textContent : '');
  }

  /** What had the focus is gone; the next thing is below the headline. */
  function focusHeadline() {
    const title = root.querySelector('h1');
    title.tabIndex = -1;
    title.focus({ preventScroll: true });
  }

  function phase() {
    if (quiet) return;
    const now = `${batch.phase} ${batch.phase === 'choosing' && batch.items.length > 0}`;
    if (batch.phase === 'choosing' || !shownPhase || shownPhase.startsWith('choosing')) list.reset(); // rows of other files
    if (now !== shownPhase) {
      shownPhase = now;
      root.dataset.phase = batch.phase;
      const here = root.contains(document.activeElement);
      status.replaceChildren(...({ choosing, uploading: working, converting: working, done })[batch.phase]());
      if (here) focusHeadline();
    }
    list.setCount(batch.items.length);
    figures();
  }

  const changed = oncePerFrame(() => {
    figures();
    list.draw();
  });

  batch.addEventListener('phase', phase);
  batch.addEventListener('change', changed);
  const letGo = drop.listen(() => batch.phase === 'choosing');
  root.append(spoken, status);
  return {
    element: root,
    shown: phase,
    close() {
      batch.removeEventListener('phase', phase);
      batch.removeEventListener('change', changed);
      letGo();
      list.close();
    },
  };
}
