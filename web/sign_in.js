// Asks for an API key. It is tried before it is kept.
import { get } from './api.js';
import { field, h, setText } from './dom.js';
import { signIn } from './session.js';
import { text } from './text.js';

export function brand() {
  return h('div', { class: 'brand big' }, h('img', { src: '/web/mark.svg', alt: '', width: 32, height: 32 }), text.product);
}

export function signInView(start, notice = '') {
  const key = h('input', { type: 'password', autocomplete: 'off', spellcheck: 'false', required: true });
  const problem = h('p', { class: 'problem', role: 'alert' }, notice);
  const button = h('button', { class: 'primary', type: 'submit' }, text.signIn.button);
  const form = h('form', { class: 'card', onsubmit: submit },
    h('h1', {}, text.signIn.title), h('p', { class: 'lead' }, text.signIn.lead),
    field(text.signIn.key, key), problem, button,
    h('p', { class: 'hint' }, text.signIn.how, ' ', h('code', {}, text.signIn.command)));

  async function submit(event) {
    event.preventDefault();
    const given = key.value.trim();
    if (!given) return;
    button.disabled = true;
    try {
      await get('/api/usage', { headers: { Authorization: `Bearer ${given}` } });
      signIn(given);
      start();
    } catch (error) {
      setText(problem, error.status === 401 ? text.signIn.failed : error.message);
      key.setAttribute('aria-invalid', 'true');
      key.focus();
      key.select();
    }
    button.disabled = false;
  }

  requestAnimationFrame(() => key.focus());
  return h('main', { class: 'sign-in' }, brand(), form);
}
