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
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.round((seconds % 86400) / 3600)} h`;
}

const SHORT = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hour12: false });
const LONG = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hour12: false });
const WHOLE = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', hour12: false });

/** Today without the day. */
export function when(text) {
  const at = new Date(text);
  return (at.toDateString() === new Date().toDateString() ? SHORT : LONG).format(at);
}

export function moment(text) {
  return WHOLE.format(new Date(text));
}
