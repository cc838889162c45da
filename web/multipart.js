// A body of multipart/form-data as one Blob. A form of a thousand files holds the page for a good
// tenth of a second when it is sent; this is made in pieces, with time for the page in between.

const FILES_AT_ONCE = 50;

/** A name between quotation marks, as browsers write it in forms (HTML, section 4.10.22.7). */
function quoted(name) {
  return name.replace(/\r\n|\r|\n/g, '%0D%0A').replace(/"/g, '%22');
}

function turn() {
  return new Promise((done) => { setTimeout(done); });
}

/** `fields`: [name, value] pairs; `files`: {name, file}, each sent as the field "files". */
export async function multipart(fields, files) {
  const boundary = `----convertd${Array.from(crypto.getRandomValues(new Uint32Array(4)), (x) => x.toString(16)).join('')}`;
  const type = `multipart/form-data; boundary=${boundary}`;
  let body = new Blob(fields.map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`));
  for (let first = 0; first < files.length; first += FILES_AT_ONCE) {
    const parts = files.slice(first, first + FILES_AT_ONCE).flatMap(({ name, file }) => [
      `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${quoted(name)}"\r\nContent-Type: ${file.type || 'application/octet-stream'}\r\n\r\n`, file, '\r\n']);
    body = new Blob([body, ...parts]);
    await turn();
  }
  return new Blob([body, `--${boundary}--\r\n`], { type });
}
