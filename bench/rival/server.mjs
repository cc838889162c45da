// The rival: what a team would build on sharp, BullMQ and Redis, tuned. It speaks as much of convertd's
// API as the bench uses: POST /api/jobs with one file, GET /api/jobs/ID?wait=SECONDS, GET /result/ID.
//
// Tuning: one thread of libvips to an image and as many images at a time as CONCURRENCY says; no cache
// of operations; uploads go to disk as they come; results are not buffered; whoever waits is woken by
// Redis' stream of events, not by polling; finished jobs are dropped in time.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import { Queue, QueueEvents, Worker } from 'bullmq';
import IORedis from 'ioredis';
import sharp from 'sharp';

const { PORT, REDIS_PORT, DATA, CONCURRENCY } = process.env;
const connect = () => new IORedis({ port: Number(REDIS_PORT), host: '127.0.0.1', maxRetriesPerRequest: null });
sharp.concurrency(1);
sharp.cache(false);
await mkdir(DATA, { recursive: true });

const source = (id) => path.join(DATA, `${id}.in`);
const result = (id) => path.join(DATA, `${id}.out`);

function encode(image, format, quality) {
  if (format === 'webp') return image.webp({ quality });
  if (format === 'jpg') return image.flatten({ background: 'white' }).jpeg({ quality });
  return image.png();
}

async function convert({ data }) {
  let image = sharp(source(data.id)).rotate();
  if (data.width) image = image.resize({ width: data.width, withoutEnlargement: true });
  const { size, width, height } = await encode(image, data.format, data.quality).toFile(result(data.id));
  return { size, width, height };
}

const queue = new Queue('convert', {
  connection: connect(),
  defaultJobOptions: { attempts: 3, removeOnComplete: { count: 10000 }, removeOnFail: { count: 1000 } },
});
new Worker('convert', convert, { connection: connect(), concurrency: Number(CONCURRENCY) });
const events = new QueueEvents('convert', { connection: connect() });
const waiting = new Map(); // id -> function that answers
for (const name of ['completed', 'failed'])
  events.on(name, ({ jobId }) => waiting.get(jobId)?.());

function answer(response, status, value) {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

async function submit(request, response) {
  const id = randomUUID();
  const fields = {};
  let written;
  const form = new Busboy({ headers: request.headers });
  form.on('field', (name, value) => { fields[name] = value; });
  form.on('file', (name, stream) => { written = pipeline(stream, createWriteStream(source(id))); });
  await pipeline(request, form);
  await written;
  await queue.add('convert', {
    id, format: fields.format, quality: Number(fields.compression), width: Number(fields.resizeWidth ?? 0),
  }, { jobId: id });
  answer(response, 200, { jobId: id });
}

async function finished(id) {
  const job = await queue.getJob(id);
  if (!job?.finishedOn) return undefined;
  return job.failedReason ? { status: 'failed', reason: job.failedReason }
    : { status: 'completed', results: [{ finalSize: job.returnvalue.size, downloadUrl: `/result/${id}` }] };
}

async function show(id, seconds, response) {
  const ended = new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    waiting.set(id, () => { clearTimeout(timer); resolve(); });
  });
  let state = await finished(id); // it may have ended before anybody waited
  if (!state) {
    await ended;
    state = await finished(id);
  }
  waiting.delete(id);
  answer(response, 200, state ?? { status: 'pending' });
}

async function serve(request, response) {
  const url = new URL(request.url, 'http://rival');
  const [, first, second, third] = url.pathname.split('/');
  if (request.method === 'POST') return submit(request, response);
  if (first === 'result') return pipeline(createReadStream(result(second)), response);
  if (third) return show(third, Number(url.searchParams.get('wait') ?? 0), response);
  return answer(response, 200, { ready: true, node: process.version, ...sharp.versions });
}

const server = http.createServer((request, response) => {
  serve(request, response).catch((error) => {
    if (!response.headersSent) answer(response, 500, { error: String(error) });
    else response.destroy();
  });
});
await events.waitUntilReady();
server.listen(Number(PORT), '127.0.0.1');
