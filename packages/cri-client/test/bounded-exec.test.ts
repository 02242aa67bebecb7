import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CriClient, createCriClient } from '../src/index.js';
import { createFakeCri, type FakeCri } from '../src/testing/index.js';
import { soon } from './soon.js';

const KEPT = { outputKept: { head: 4, tail: 4 } };
const SANDBOX = { metadata: { name: 'p', namespace: 'default', uid: 'u' } };

describe('a command of which not everything is wanted', () => {
  let fake: FakeCri;
  let cri: CriClient;
  let containerId: string;
  beforeEach(async () => {
    fake = await createFakeCri({
      images: [{ tags: ['app:1'] }],
      exec: ({ cmd: [program, text = ''] }) => {
        if (program === 'sleep') return { durationMs: Number.POSITIVE_INFINITY };
        return { stdout: text, stderr: 'x'.repeat(10), exitCode: 3 };
      },
    });
    cri = createCriClient({ endpoint: fake.endpoint, maxMessageBytes: 100_000 });
    const { podSandboxId } = await cri.runtime.runPodSandbox({ config: SANDBOX });
    ({ containerId } = await cri.runtime.createContainer({
      podSandboxId,
      config: { metadata: { name: 'app' }, image: { image: 'app:1' } },
      sandboxConfig: SANDBOX,
    }));
    await cri.runtime.startContainer({ containerId });
  });
  afterEach(async () => {
    await cri.close();
    await fake.close();
  });

  it('comes with the ends of what it wrote, and its status', async () => {
    const { stdout, stderr, exitCode } = await cri.runtime.execSync({ containerId, cmd: ['say', 'hello, world'] }, KEPT);
    expect([stdout.toString(), stderr.toString(), exitCode]).toEqual(['hellorld', 'xxxxxxxx', 3]);
  });

  it('fails as others do: by the runtime, by its size, by its time, by whoever gives it up', async () => {
    const run = (cmd: readonly string[], more: object = {}) =>
      cri.runtime.execSync({ containerId, cmd: [...cmd], timeout: 0n }, { ...KEPT, ...more });
    await expect(cri.runtime.execSync({ containerId: 'none', cmd: ['say'] }, KEPT)).rejects.toMatchObject({ code: 'CRI_NOT_FOUND' });
    const whole = cri.runtime.execSync({ containerId, cmd: ['say', 'x'.repeat(100_000)] });
    await expect(whole).rejects.toMatchObject({ code: 'CRI_RESOURCE_EXHAUSTED' });
    await expect(run(['say', 'x'.repeat(100_000)])).rejects.toMatchObject({
      message: expect.stringMatching(/^ExecSync failed: Received message larger than max \(1000\d\d vs 100000\)$/),
      code: 'CRI_RESOURCE_EXHAUSTED',
    });
    await expect(run(['sleep'], { timeoutMs: 50 })).rejects.toMatchObject({ code: 'CRI_DEADLINE_EXCEEDED' });
    const controller = new AbortController();
    const given = run(['sleep'], { signal: controller.signal });
    await soon(() => fake.runningExecs.length).toBeGreaterThan(0);
    controller.abort('enough');
    await expect(given).rejects.toBe('enough');
    await expect(run(['sleep'], { signal: AbortSignal.abort('before') })).rejects.toBe('before');
  });

  it('is asked again over a new connection after a break, and fails when the client is closed', async () => {
    await cri.runtime.execSync({ containerId, cmd: ['say'] }, KEPT);
    const broken = cri.runtime.execSync({ containerId, cmd: ['sleep'] }, KEPT);
    await soon(() => fake.runningExecs.length).toBe(1);
    fake.dropConnections();
    await expect(broken).rejects.toMatchObject({ code: 'CRI_UNAVAILABLE' });
    await cri.runtime.execSync({ containerId, cmd: ['say'] }, KEPT);
    const last = cri.runtime.execSync({ containerId, cmd: ['sleep'] }, KEPT);
    await soon(() => fake.runningExecs.length).toBe(1);
    const told = expect(last).rejects.toMatchObject({ code: 'CRI_CANCELLED' });
    await cri.close();
    await told;
  });
});

describe('a runtime that answers as none does', () => {
  let directory: string;
  let server: Http2Server;
  let answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;
  let cri: CriClient;
  const closed = new Set<ServerHttp2Stream>();
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'odd-cri-'));
    closed.clear();
    server = createServer({ maxSessionMemory: 100_000 }).on('stream', (stream, headers) => {
      stream.on('error', () => {});
      stream.once('close', () => closed.add(stream));
      stream.resume();
      answer(stream, headers);
    });
    await new Promise<void>((resolve) => server.listen(join(directory, 'cri.sock'), resolve));
    cri = createCriClient({ endpoint: join(directory, 'cri.sock') });
  });
  afterEach(async () => {
    await cri.close();
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true });
  });
  const OK = { ':status': 200, 'content-type': 'application/grpc' };
  /** 15 MiB of zeros on stdout. */
  const LARGE = Buffer.concat([Buffer.from([0, 0, 0xf0, 0, 5, 10, 0x80, 0x80, 0xc0, 7]), Buffer.alloc(15 << 20)]);
  const sent = (stream: ServerHttp2Stream, body: Buffer, trailers: Record<string, string> = { 'grpc-status': '0' }): void => {
    stream.respond(OK, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(body);
  };
  const run = (more: object = {}) => cri.runtime.execSync({ containerId: 'c', cmd: ['x'] }, { ...KEPT, ...more });

  it.each<[string, (stream: ServerHttp2Stream) => void, string]>([
    ['an error page', (stream) => stream.respond({ ':status': 503 }, { endStream: true }), 'CRI_UNKNOWN'],
    ['nothing but good news', (stream) => sent(stream, Buffer.alloc(0)), 'CRI_INTERNAL'],
    ['half a message', (stream) => sent(stream, LARGE.subarray(0, 1_000)), 'CRI_INTERNAL'],
    ['no status', (stream) => sent(stream, Buffer.from([0, 0, 0, 0, 0]), {}), 'CRI_UNKNOWN'],
    ['a status that is none', (stream) => sent(stream, Buffer.alloc(0), { 'grpc-status': 'x', 'grpc-message': '%' }), 'CRI_UNKNOWN'],
    ['a refusal at once', (stream) => stream.respond({ ...OK, 'grpc-status': '8' }, { endStream: true }), 'CRI_RESOURCE_EXHAUSTED'],
    ['a reset', (stream) => stream.close(7), 'CRI_UNAVAILABLE'],
    ['bytes without end', (stream) => endless(stream), 'CRI_INTERNAL'],
  ])('%s: fails at once, and nothing stays open', async (_what, hostile, code) => {
    answer = hostile;
    await expect(run({ timeoutMs: 20_000 })).rejects.toMatchObject({ code });
    await soon(() => closed.size).toBe(1);
  });
  const endless = (stream: ServerHttp2Stream): void => {
    stream.respond(OK);
    stream.write(Buffer.from([0, 0, 0, 0, 0]));
    const more = (): void => {
      while (!stream.destroyed && stream.write(Buffer.alloc(65_536)));
      if (!stream.destroyed) stream.once('drain', more);
    };
    more();
  };

  it('hundreds of large answers at once take next to no memory, and hold nobody up', { timeout: 60_000 }, async () => {
    answer = (stream) => sent(stream, LARGE);
    await run();
    // Of this process, the server's part included: that one writes from one buffer.
    const before = process.memoryUsage.rss();
    let [peak, longestMs, lastMs] = [0, 0, performance.now()];
    const watching = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss() - before);
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 5);
    try {
      const replies = await Promise.all(Array.from({ length: 100 }, () => run()));
      expect(replies.every(({ stdout }) => stdout.length === 8)).toBe(true);
    } finally {
      clearInterval(watching);
    }
    expect(peak / 2 ** 20).toBeLessThan(60);
    expect(longestMs).toBeLessThan(1_000);
  });
});
