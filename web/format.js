// Numbers and times as people read them.

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export function bytes(count) {
  let size = count;
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 99.95 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

export function count(number) {
  return number.toLocaleString('en');
}

export function percent(part) {
  return `${Math.round(100 * part)} %`;
}

/** How much smaller `now` is than `before`: "−78 %". */
export function change(before, now) {
  if (!before) return '';
  const part = Math.round((100 * (now - before)) / before);
  return part <= 0 ? `−${-part} %` : `+${part} %`;
}

export function duration(milliseconds) {
  const ms = Math.max(0, milliseconds);
  if (ms < 9.95) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const CLOCK = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const SHORT = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const LONG = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const WHOLE = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });

/** Today without the day. */
export function when(text) {
  const at = new Date(text);
  return (at.toDateString() === new Date().toDateString() ? SHORT : LONG).format(at);
}

/** Today to the second. */
export function clock(text) {
  const at = new Date(text);
  return (at.toDateString() === new Date().toDateString() ? CLOCK : LONG).format(at);
}

export function moment(text) {
  return WHOLE.format(new Date(text));
}
