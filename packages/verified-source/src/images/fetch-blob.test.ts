import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { VirtualTimeScheduler } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileRequest, OpenedFile } from '../places/place.js';
import { nodeBlobFiles } from './blob-files.js';
import { type BlobPool, openBlobPool } from './blob-pool.js';
import { fetchBlob } from './fetch-blob.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fetch-blob-'));
});
afterEach(() => rm(root, { recursive: true }));

const content = Buffer.alloc(1_000_000, 'layer');
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** A server that gives a byte with each second of a clock, as far as somebody reads them. */
const slowServer = (scheduler: VirtualTimeScheduler) => {
  const requests: (string | undefined)[] = [];
  let cancelled = 0;
  const file = async ({ range }: FileRequest): Promise<OpenedFile> => {
    requests.push(range);
    let at = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    const from = at;
    const body = new Readable({
      highWaterMark: 0,
      read() {
        scheduler.schedule(() => {
          if (!this.destroyed) this.push(content.subarray(at, at + 1));
          at += 1;
        }, 1_000);
      },
      destroy: (error, done) => {
        cancelled += 1;
        done(error);
      },
    });
    const headers: Record<string, string> =
      range === undefined ? {} : { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
    return {
      type: 'opened',
      status: range === undefined ? 200 : 206,
      statusLine: 'OK',
      header: (name) => headers[name],
      body,
      where: 'http://slow/layer',
    };
  };
  return { file, requests, cancelled: () => cancelled };
};

/** Lets the clock go on, a second at a time, and everything that waits for the disk in between. */
const runClock = async (scheduler: VirtualTimeScheduler, until: () => boolean): Promise<void> => {
  for (let turns = 0; !until() && turns < 2_000; turns += 1) {
    scheduler.maxFrames = scheduler.frame + 1_000;
    scheduler.flush();
    for (let waits = 0; waits < 20 && !until(); waits += 1) await new Promise((resolve) => setImmediate(resolve));
  }
};

/** A pool in memory for one blob, with a disk that takes this long by a clock to read what is there before more comes, and to make a whole one of it; `writesMs` to take bytes. */
const slowDisk = (scheduler: VirtualTimeScheduler, takesMs: number, writesMs: number): Pick<BlobPool, 'open'> => {
  const wait = (ms = takesMs) => new Promise<void>((resolve) => void scheduler.schedule(() => resolve(), ms));
  return {
    open: async () => {
      await wait();
      let bytes = Buffer.alloc(0);
      return {
        get size() {
          return bytes.length;
        },
        write: async (more) => {
          if (writesMs > 0) await wait(writesMs);
          bytes = Buffer.concat([bytes, more]);
        },
        sync: () => wait(writesMs),
        drop: async () => {
          bytes = Buffer.alloc(0);
        },
        finish: async () => {
          await wait();
          return bytes.equals(content);
        },
        close: async () => {},
      };
    },
  };
};

/** Fetches the layer onto a disk that takes ten minutes, and lets the clock leap from one thing that is due to the next until that has ended. */
const fetchToSlowDisk = async (scheduler: VirtualTimeScheduler, file: (request: FileRequest) => Promise<OpenedFile>, writesMs = 0) => {
  let ended = false;
  const fetched = fetchBlob({
    file,
    pool: slowDisk(scheduler, 600_000, writesMs) as BlobPool,
    path: 'images/layer',
    digest,
    size: content.length,
    maxBytes: 4 << 20,
    timeoutMs: 3_600_000,
    scheduler,
    told: () => {},
    signal: new AbortController().signal,
  }).finally(() => {
    ended = true;
  });
  for (let turns = 0; !ended && turns < 2_000; turns += 1) {
    for (let waits = 0; waits < 20; waits += 1) await new Promise((resolve) => setImmediate(resolve));
    scheduler.maxFrames = scheduler.actions[0]?.delay ?? scheduler.frame;
    scheduler.flush();
  }
  return fetched;
};

it('a byte a second holds nothing up for longer than a minute, and what came of it stays', async () => {
  const scheduler = new VirtualTimeScheduler();
  const server = slowServer(scheduler);
  const pool = await openBlobPool(root, nodeBlobFiles);
  let told = 0;
  const fetch = () =>
    fetchBlob({
      file: server.file,
      pool,
      path: 'images/layer',
      digest,
      size: content.length,
      maxBytes: 4 << 20,
      timeoutMs: 3_600_000,
      scheduler,
      told: (bytes) => {
        told += bytes;
      },
      signal: new AbortController().signal,
    });
  let ended = false;
  const first = fetch().finally(() => {
    ended = true;
  });
  await runClock(scheduler, () => ended);
  expect(await first).toMatchObject({ type: 'failed', reason: 'TooSlow', message: expect.stringContaining('61440 bytes within 60 s') });
  expect(scheduler.frame).toBeLessThanOrEqual(61_000);
  expect(server.cancelled()).toBe(1);
  expect(told).toBeGreaterThan(40);
  expect(pool.bytesOf(digest)).toBe(told);

  ended = false;
  const second = fetch().finally(() => {
    ended = true;
  });
  const before = told;
  await runClock(scheduler, () => ended);
  expect(await second).toMatchObject({ reason: 'TooSlow' });
  expect(server.requests).toEqual([undefined, `bytes=${before}-${content.length - 1}`]);
});

describe('a disk that takes minutes for a large blob', () => {
  it('is no slow server', async () => {
    const scheduler = new VirtualTimeScheduler();
    const file = async (): Promise<OpenedFile> => ({
      type: 'opened',
      status: 200,
      statusLine: 'OK',
      header: () => undefined,
      body: Readable.from([content]),
      where: 'http://quick/layer',
    });
    expect(await fetchToSlowDisk(scheduler, file, 600_000)).toEqual({ type: 'here' });
    expect(scheduler.frame).toBeGreaterThanOrEqual(2_400_000);
  });

  it('excuses no server that is slow afterwards', async () => {
    const scheduler = new VirtualTimeScheduler();
    const server = slowServer(scheduler);
    expect(await fetchToSlowDisk(scheduler, server.file)).toMatchObject({ type: 'failed', reason: 'TooSlow' });
    expect(server.requests).toHaveLength(1);
    expect(scheduler.frame).toBeGreaterThanOrEqual(660_000);
    expect(scheduler.frame).toBeLessThanOrEqual(662_000);
  });

  it('excuses no server that never answers', async () => {
    const scheduler = new VirtualTimeScheduler();
    const file = ({ signal }: FileRequest): Promise<OpenedFile> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    expect(await fetchToSlowDisk(scheduler, file)).toMatchObject({ type: 'failed', reason: 'TooSlow' });
    expect(scheduler.frame).toBeLessThanOrEqual(662_000);
  });
});
