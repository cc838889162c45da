// Signed URLs hold for an hour or two, and a tab may be open for longer: a link that has expired is
// asked for anew when it is clicked.
import { get, local } from './api.js';

async function renewed(path) {
  const [, , kind, id] = path.split('/'); // /api/files/ID/content, /api/jobs/ID/archive/content
  if (kind === 'files') return (await get(`/api/files/${id}`)).file.downloadUrl;
  return (await get(`/api/jobs/${id}?resultsLimit=1`)).archive.downloadUrl;
}

function isExpired(url) {
  const expires = Number(url.searchParams.get('exp'));
  return expires > 0 && expires * 1000 < Date.now();
}

/** `path` as long as it holds, else a new one. */
export async function fresh(path) {
  const url = new URL(path, location.href);
  return isExpired(url) ? local(await renewed(url.pathname)) : path;
}

export function keepLinksFresh() {
  document.addEventListener('click', async (event) => {
    const link = event.target.closest?.('a[download]');
    if (!link || !isExpired(new URL(link.href))) return;
    event.preventDefault();
    const url = await renewed(new URL(link.href).pathname).catch(() => null);
    if (!url) return;
    link.href = local(url);
    link.click();
  });
}
