// Starts the built convertd in a folder of its own, on a free port of 127.0.0.1; can kill it and start
// it again on the same data.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const READY_MAX = 30_000; // ms
const program = process.env.CONVERTD;
export const codecProgram = join(dirname(program), 'convertd-codec');

function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

export class Server {
  static async make(...flags) {
    const server = new Server();
    server.folder = mkdtempSync(join(tmpdir(), 'convertd-console-'));
    server.data = join(server.folder, 'data');
    server.port = await freePort();
    server.flags = flags;
    await server.start();
    server.key = server.makeKey();
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  async start() {
    const log = openSync(join(this.folder, 'log'), 'a');
    this.process = spawn(program, ['serve', '--data', this.data, '--http-listen', '127.0.0.1', '--http-port', this.port, ...this.flags], { stdio: ['ignore', log, log] });
    const since = Date.now();
    while (!(await fetch(`${this.url}/readyz`).then((x) => x.ok, () => false))) {
      if (this.process.exitCode !== null || Date.now() - since > READY_MAX) throw new Error(`not ready: ${readFileSync(join(this.folder, 'log'), 'utf8').slice(-2000)}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  kill() {
    return new Promise((done) => {
      this.process.once('exit', done);
      this.process.kill('SIGKILL');
    });
  }

  async close() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  makeKey(...flags) {
    return execFileSync(program, ['keys', 'create', '--data', this.data, ...flags], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  }

  async get(path, key = this.key) {
    const response = await fetch(this.url + path, { headers: { Authorization: `Bearer ${key}` } });
    return response.json();
  }

  /** The bytes of one converted image. */
  async convert(content, fields) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('files', new Blob([content]), 'source');
    const response = await fetch(`${this.url}/api/convert`, { method: 'POST', body: form, headers: { Authorization: `Bearer ${this.key}`, Accept: 'image/*' } });
    if (!response.ok) throw new Error(await response.text());
    return Buffer.from(await response.arrayBuffer());
  }

  /** Makes a job of many small files; gives its id. */
  async submit(files, fields = {}) {
    const form = new FormData();
    for (const [name, value] of Object.entries({ format: 'png', saveToStorage: 'true', ...fields })) form.append(name, value);
    for (const { name, content } of files) form.append('files', new Blob([content]), name);
    const response = await fetch(`${this.url}/api/jobs`, { method: 'POST', body: form, headers: { Authorization: `Bearer ${this.key}` } });
    return (await response.json()).jobId;
  }

  async wait(id) {
    for (;;) {
      const job = await this.get(`/api/jobs/${id}?wait=30`);
      if (job.status === 'completed' || job.status === 'failed') return job;
    }
  }
}
