// What is asked for: the settings of a batch or of one of its files, and the form fields they become.

export const SAME = 'same'; // the format of the source, by compressing
const WITH_QUALITY = new Set(['jpg', 'webp', 'avif', 'heif', 'pdf']);
const NEEDS_WIDTH = new Set(['square', 'width']);

export function defaults() {
  return { format: 'webp', quality: 82, resize: 'original', width: 1600, height: 1200, strip: false };
}

export function knowsQuality(settings) {
  return settings.format === SAME || WITH_QUALITY.has(settings.format);
}

export function needsWidth(settings) {
  return NEEDS_WIDTH.has(settings.resize);
}

export function needsHeight(settings) {
  return settings.resize === 'height';
}

function side(settings, wanted, value) {
  return wanted(settings) ? Math.max(1, Math.round(value) || 1) : null;
}

/** The fields of one file's settings, for a request with one file. */
export function fieldsOfOne(settings) {
  const fields = [['stripMetadata', String(settings.strip)], ['compression', String(settings.quality)]];
  if (settings.format === SAME) return fields;
  const width = side(settings, needsWidth, settings.width);
  const height = side(settings, needsHeight, settings.height);
  fields.push(['format', settings.format], ['resize', settings.resize]);
  if (width) fields.push(['resizeWidth', String(width)]);
  if (height) fields.push(['resizeHeight', String(height)]);
  return fields;
}

/** The route that answers at once. */
export function routeOfOne(settings) {
  return settings.format === SAME ? '/api/compress' : '/api/convert';
}

/** Those of a job: `overrides` has the settings of each file, or nothing for a file like the rest. */
export function fieldsOfJob(settings, overrides) {
  const compress = settings.format === SAME;
  const fields = [['jobType', compress ? 'compress' : 'convert'], ...fieldsOfOne(settings)];
  if (!overrides.some(Boolean)) return fields;
  const each = overrides.map((x) => ({ ...settings, ...x }));
  fields.push(['compressions', JSON.stringify(each.map((x) => x.quality))]);
  if (compress) return fields;
  fields.push(['formats', JSON.stringify(each.map((x) => x.format))]);
  fields.push(['resizes', JSON.stringify(each.map((x) => x.resize))]);
  fields.push(['resizeWidths', JSON.stringify(each.map((x) => side(x, needsWidth, x.width)))]);
  fields.push(['resizeHeights', JSON.stringify(each.map((x) => side(x, needsHeight, x.height)))]);
  return fields;
}
