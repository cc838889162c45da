// Pictures to send: 19 of five formats, made of the samples by the server itself, and a broken one.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codecProgram } from './server.js';

const TYPES = { jpg: 'image/jpeg', png: 'image/png', webp: 'image/webp', gif: 'image/gif', tiff: 'image/tiff' };

export const broken = { name: 'broken.png', type: 'image/png', content: Buffer.from('\x89PNG\r\n\x1a\nthis is not what follows', 'latin1') };

export function samples(server) {
  const folder = join(server.folder, 'samples');
  mkdirSync(folder, { recursive: true });
  execFileSync(codecProgram, ['samples', folder]);
  return readFileSync(join(folder, 'photo.jpg'));
}

/** `count` files {name, type, content}, the last of them broken. */
export async function batchOf(server, count) {
  const photo = samples(server);
  const formats = Object.keys(TYPES);
  const made = [];
  for (let i = 0; i < count - 1; i += 1) {
    const format = formats[i % formats.length];
    const width = 1600 - 60 * i;
    made.push({ name: `picture ${i + 1}.${format}`, type: TYPES[format], content: await server.convert(photo, { format, resize: 'width', resizeWidth: width }) });
  }
  return [...made, broken];
}
