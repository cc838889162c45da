// The rival: what a team would build on sharp, BullMQ and Redis, tuned. It speaks as much of convertd's
// API as the bench uses: POST /api/jobs with one file, GET /api/jobs/ID?wait=SECONDS, GET /result/ID.
//
// Tuning: one thread of libvips to an image and as many images at a time as CONCURRENCY says; no cache
// of operations; uploads go to disk as they come; results are not buffered; whoever waits is woken by
// Redis' stream of events, not by polling; finished jobs are dropped in time. Compressing to a size
// decodes once. With DURABLE uploads and results are synced; their folder is not, which favours it.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import { Queue, QueueEvents, Worker } from 'bullmq';
import IORedis from 'ioredis';

const { PORT, REDIS_PORT, DATA, CONCURRENCY, SHARP, DURABLE } = process.env;
const { default: sharp } = await import(SHARP);
const connect = () => new IORedis({ port: Number(REDIS_PORT), host: '127.0.0.1', maxRetriesPerRequest: null });
sharp.concurrency(1);
sharp.cache(false);
await mkdir(DATA, { recursive: true });

const source = (id) => path.join(DATA, `${id}.in`);
const result = (id) => path.join(DATA, `${id}.out`);

async function sync(file) {
  if (!DURABLE) return;
  const handle = await open(file);
  await handle.datasync();
  await handle.close();
}

function encode(image, { format, quality, adaptive }) {
  if (format === 'webp') return image.webp({ quality });
  if (format === 'avif') return image.avif({ quality, effort: 2, chromaSubsampling: '4:2:0' });
  if (format === 'jpg') return image.flatten({ background: 'white' }).jpeg({ quality });
  return image.png({ adaptiveFiltering: adaptive });
}

// The best quality whose result has at most `target` bytes, found by halving.
async function compress({ id, target }) {
  const { data: pixels, info: raw } =
    await sharp(source(id)).rotate().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  let best;
  for (let low = 1, high = 100; low <= high;) {
    const quality = (low + high) >> 1;
    const found = await sharp(pixels, { raw }).jpeg({ quality }).toBuffer();
    if (found.length <= target) {
      best = found;
      low = quality + 1;
    } else {
      high = quality - 1;
    }
  }
  if (!best) throw new Error('the target is too small');
  await writeFile(result(id), best);
  return { size: best.length, width: raw.width, height: raw.height };
}

async function convert({ data }) {
  let info;
  if (data.target) {
    info = await compress(data);
  } else {
    let image = sharp(source(data.id), { animated: data.animated }).rotate();
    if (data.width) image = image.resize({ width: data.width, withoutEnlargement: true });
    info = await encode(image, data).toFile(result(data.id));
  }
  await sync(result(data.id));
  return { size: info.size, width: info.width, height: info.height };
}

const queue = new Queue('convert', {
  connection: connect(),
  defaultJobOptions: { attempts: 3, removeOnComplete: { count: 10000 }, removeOnFail: { count: 1000 } },
});
if (Number(CONCURRENCY) > 0)
  new Worker('convert', convert, { connection: connect(), concurrency: Number(CONCURRENCY) });
const events = new QueueEvents('convert', { connection: connect() });
const waiting = new Map(); // id -> function that is told what came of it
events.on('completed', ({ jobId, returnvalue }) => waiting.get(jobId)?.(completed(jobId, returnvalue)));
events.on('failed', ({ jobId, failedReason }) => waiting.get(jobId)?.(failed(jobId, failedReason)));

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
  let animated = false;
  form.on('file', (name, stream, filename) => {
    animated = filename.endsWith('.gif');
    written = pipeline(stream, createWriteStream(source(id)));
  });
  await pipeline(request, form);
  await written;
  await sync(source(id));
  await queue.add('convert', {
    id, animated, format: fields.format, quality: Number(fields.compression), width: Number(fields.resizeWidth ?? 0),
    target: Number(fields.targetBytes ?? 0), adaptive: fields.adaptive === 'true',
  }, { jobId: id });
  answer(response, 200, { jobId: id });
}

const failed = (jobId, reason) => ({ jobId, status: 'failed', reason });
const completed = (jobId, { size }) =>
  ({ jobId, status: 'completed', results: [{ finalSize: size, downloadUrl: `/result/${jobId}` }] });

async function finished(id) {
  const job = await queue.getJob(id);
  if (!job?.finishedOn) return undefined;
  return job.failedReason ? failed(id, job.failedReason) : completed(id, job.returnvalue);
}

async function show(id, seconds, response) {
  let told;
  if (seconds) {
    told = new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      waiting.set(id, (state) => { clearTimeout(timer); resolve(state); });
    });
  }
  const state = await finished(id) ?? await told; // it may have ended before anybody waited
  waiting.delete(id);
  answer(response, 200, state ?? { jobId: id, status: 'pending' });
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
