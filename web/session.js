// What lives as long as the tab: the key, and the batch that is at work.

const PREFIX = 'convertd.';

export function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
}

/** Nothing to write erases. False if there is no room. */
export function write(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function key() {
  return read('key') ?? '';
}

export function signIn(newKey) {
  write('key', newKey);
}

export function signOut() {
  write('key', null);
  write('batch', null);
}
