// Pictures of one file: what the settings make of it, and how it is itself.
import { send } from './api.js';
import { isShowable } from './item_row.js';
import { fieldsOfOne, routeOfOne } from './settings.js';

/** What the server makes of one file, at once. */
export async function convertOne(file, settings, signal) {
  const form = new FormData();
  for (const [name, value] of fieldsOfOne(settings)) form.append(name, value);
  form.append('files', file, file.name);
  const response = await send('POST', routeOfOne(settings), { body: form, headers: { Accept: 'image/*' }, signal });
  return response.blob();
}

/** The file itself where the browser can show it, else as a PNG that the server makes of it. */
export async function original(file, signal) {
  const readable = isShowable(file.type) && (await createImageBitmap(file).then((x) => x.close() ?? true, () => false));
  return readable ? file : convertOne(file, { format: 'png', quality: 100, resize: 'website', strip: false }, signal);
}
