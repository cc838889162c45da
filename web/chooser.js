// Choosing files: by dropping them anywhere on the page, folders too, by pasting them, or through the
// system's dialog.
import { h } from './dom.js';
import { text } from './text.js';

const FILE_NAME_HIDDEN = /^\.|^Thumbs\.db$/; // what systems leave in folders

function wanted(files) {
  return [...files].filter((x) => !FILE_NAME_HIDDEN.test(x.name));
}

function entries(reader) {
  return new Promise((done, failed) => reader.readEntries(done, failed));
}

async function walk(entry, found) {
  if (entry.isFile) {
    found.push(await new Promise((done, failed) => entry.file(done, failed)));
    return;
  }
  const reader = entry.createReader();
  for (let page = await entries(reader); page.length > 0; page = await entries(reader)) for (const each of page) await walk(each, found);
}

async function dropped(transfer) {
  const roots = [...transfer.items].map((x) => x.webkitGetAsEntry?.()).filter(Boolean);
  if (roots.length === 0) return wanted(transfer.files);
  const found = [];
  for (const each of roots) await walk(each, found);
  return wanted(found);
}

function picker(props, onfiles) {
  const input = h('input', { type: 'file', multiple: true, hidden: true, ...props, onchange: () => {
    onfiles(wanted(input.files));
    input.value = '';
  } });
  return input;
}

export function chooser(onfiles) {
  const files = picker({ id: 'choose-files' }, onfiles);
  const folder = picker({ webkitdirectory: true, id: 'choose-folder' }, onfiles);
  const large = h('div', { class: 'drop' },
    h('div', { class: 'drop-mark', 'aria-hidden': 'true' }), h('p', { class: 'drop-title' }, text.convert.drop),
    h('p', { class: 'hint' }, text.convert.or),
    h('div', { class: 'actions' }, h('button', { class: 'primary', onclick: () => files.click() }, text.convert.files),
      h('button', { class: 'plain', onclick: () => folder.click() }, text.convert.folder)), files, folder);
  const more = picker({}, onfiles);
  const small = h('span', {}, h('button', { class: 'plain', onclick: () => more.click() }, text.convert.add), more);

  /** Takes drops and pastes anywhere; gives what ends that. */
  function listen(ready) {
    const over = (event) => {
      event.preventDefault();
      document.body.classList.toggle('dropping', ready());
    };
    const out = (event) => event.relatedTarget ?? document.body.classList.remove('dropping');
    const drop = async (event) => {
      event.preventDefault();
      document.body.classList.remove('dropping');
      if (ready()) onfiles(await dropped(event.dataTransfer));
    };
    const paste = (event) => {
      if (event.clipboardData.files.length && ready()) onfiles(wanted(event.clipboardData.files));
    };
    const pairs = [['dragover', over], ['dragleave', out], ['drop', drop], ['paste', paste]];
    for (const [name, what] of pairs) document.addEventListener(name, what);
    return () => pairs.forEach(([name, what]) => document.removeEventListener(name, what));
  }

  return { large, small, listen };
}
