import { createServer, type Server, type Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { watchManifestUrl } from '../src/index.js';
import { collect } from './collect.js';

const MEBIBYTE = 1 << 20;
const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app, image: "app:1"}]}\n';
const RUNS = 'applied pod.yaml web-n:app:1';

/** What the server does with one connection that has sent a request. */
type Deed = (socket: Socket) => void;

let server: Server;
let port: number;
let deed: Deed;
let visits: number;
const sockets = new Set<Socket>();
/** Longest time between two turns of the event loop, in ms of processor time: others may keep this machine busy. */
let longestTurnMs: number;
let lastCpuMs: number;
let turns: NodeJS.Timeout;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

const ok = (text: string | Uint8Array, headers = ''): Deed => {
  const bytes = Buffer.from(text);
  return (socket) =>
    void socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n${headers}\r\n`), bytes]));
};
const raw =
  (text: string): Deed =>
  (socket) =>
    void socket.end(text);

beforeEach(async () => {
  visits = 0;
  deed = ok(POD);
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', () => {
      visits += 1;
      deed(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as { readonly port: number }).port;
  [longestTurnMs, lastCpuMs] = [0, cpuMs()];
  turns = setInterval(() => {
    longestTurnMs = Math.max(longestTurnMs, cpuMs() - lastCpuMs);
    lastCpuMs = cpuMs();
  }, 10);
});
afterEach(async () => {
  clearInterval(turns);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const watchUrl = () =>
  collect(watchManifestUrl({ url: `http://127.0.0.1:${port}/pod.yaml`, nodeName: 'n', httpCheckFrequencyMs: 20, timeoutMs: 400 }));
const visited = async (more: number): Promise<void> => {
  const until = visits + more;
  while (visits < until) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** Writes the same bytes for as long as the reader takes them. */
const endless =
  (head: string, bytes: string): Deed =>
  (socket) => {
    socket.write(head);
    const write = (): void => {
      while (!socket.destroyed && socket.write(bytes));
    };
    socket.on('drain', write);
    write();
  };
const zeros = Buffer.alloc(256 * MEBIBYTE);

const DEEDS: readonly (readonly [string, () => Deed])[] = [
  ['ends at once', () => (socket) => void socket.end()],
  ['resets', () => (socket) => void socket.resetAndDestroy()],
  ['says nothing', () => () => {}],
  ['dribbles its head', () => (socket) => void setInterval(() => socket.write('X'), 50).unref()],
  ['sends a body without end', () => endless('HTTP/1.1 200 OK\r\n\r\n', ' '.repeat(65_536))],
  ['sends a head without end', () => endless('HTTP/1.1 200 OK\r\n', `X-A: ${'a'.repeat(8_000)}\r\n`)],
  ['sends one header without end', () => endless('HTTP/1.1 200 OK\r\nX-A: ', 'a'.repeat(65_536))],
  ['sends interim answers without end', () => endless('', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(100))],
  [
    'sends chunks of one byte without end',
    () => endless('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\na\r\n'.repeat(1_000)),
  ],
  ['sends a chunk size of less than nothing', () => raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-6\r\nabcdef\r\n0\r\n\r\n')],
  ['sends a chunk size without end', () => endless('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '0'.repeat(65_536))],
  ['promises more than it sends', () => raw(`HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n${POD}`)],
  ['names two lengths', () => raw(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: ${POD.length}\r\n\r\n${POD}`)],
  ['cuts a list off', () => ok('{"apiVersion":"v1","kind":"PodList","items":[')],
  ['answers with a web page', () => ok('<!DOCTYPE html><html><body>Sign in. items: []</body></html>', 'Content-Type: text/html\r\n')],
  ['mentions an empty list', () => ok('# items: []\napiVersion: v1\nkind: Nothing\nitems: no\n')],
  ['answers with a bomb of gzip', () => ok(gzipSync(zeros), 'Content-Encoding: gzip\r\n')],
  ['answers with a bomb of brotli', () => ok(brotliCompressSync(zeros.subarray(0, 64 * MEBIBYTE)), 'Content-Encoding: br\r\n')],
  ['answers with what is no gzip', () => ok('nothing', 'Content-Encoding: gzip\r\n')],
  [
    'answers with aliases of aliases',
    () =>
      ok(
        `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghijk'.replace(/./g, (name, at: number) => `${name}: &${name} [${`*${'abcdefghijk'[at]},`.repeat(9)}]\n`)}`,
      ),
  ],
  ['answers with a deep tree', () => ok('['.repeat(500_000))],
  ['answers with a deep map', () => ok(`${'{a: '.repeat(100_000)}`)],
  ['answers with 200,000 documents', () => ok('---\n'.repeat(200_000))],
  [
    'answers with a huge label map',
    () =>
      ok(POD.replace('{name: web}', `{name: web, labels: {${Array.from({ length: 40_000 }, (_, index) => `l${index}: v`).join(', ')}}}`)),
  ],
  ['answers with one long word', () => ok('a'.repeat(1_000_000))],
  ['answers with bytes that are no text', () => ok(Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x00, 0x00]))],
  [
    'answers with members of Object',
    () => ok('{"__proto__": {"kind": "Pod"}, "constructor": {"prototype": {"spec": 1}}, "kind": "constructor", "apiVersion": "toString"}'),
  ],
  ['redirects to itself', () => raw('HTTP/1.1 302 Found\r\nLocation: /pod.yaml\r\nContent-Length: 0\r\n\r\n')],
  ['redirects to a file', () => raw('HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n')],
  ['redirects to nowhere', () => raw('HTTP/1.1 302 Found\r\nLocation: http://\r\nContent-Length: 0\r\n\r\n')],
  [
    'redirects to data',
    () => raw(`HTTP/1.1 302 Found\r\nLocation: data:,${encodeURIComponent(POD.replace('app:1', 'evil:1'))}\r\nContent-Length: 0\r\n\r\n`),
  ],
  ['has nothing new though nothing was there', () => raw('HTTP/1.1 304 Not Modified\r\n\r\n')],
  ['answers with no content', () => raw('HTTP/1.1 204 No Content\r\n\r\n')],
  ['answers with a part', () => raw(`HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\nkind`)],
  ['switches protocols', () => raw('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n')],
  ['speaks HTTP/2', () => raw('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0')],
  ['speaks TLS', () => raw('\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03')],
];

it.each(DEEDS)('a server that %s takes nothing away, holds nothing up, and is forgotten once it answers', async (_what, make) => {
  const bad = make();
  const watched = watchUrl();
  await watched.until(RUNS);
  const before = process.memoryUsage.rss();
  [longestTurnMs, lastCpuMs] = [0, cpuMs()];
  deed = bad;
  await visited(3);
  const since = watched.said.length;
  deed = ok(POD.replace('app:1', 'app:2'));
  await watched.until('applied pod.yaml web-n:app:2', { since: Math.max(0, since - 1), withinMs: 10_000 });
  watched.stop();
  expect(watched.said.filter((line) => /^(removed|error|ignored)|evil/.test(line))).toEqual([]);
  expect(longestTurnMs).toBeLessThan(1_000);
  expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MEBIBYTE);
});

it('an answer whose bytes were changed on the way removes nothing, unless it is an empty list', async () => {
  const watched = watchUrl();
  await watched.until(RUNS);
  const text =
    '{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"web"},"spec":{"containers":[{"name":"app","image":"app:1"}]}}]}';
  const change = fc.record({
    at: fc.nat(text.length - 1),
    gone: fc.nat(12),
    put: fc.constantFrom('', '"', ']', '}', '[]', '{}', 'null', '\0', '*', '&a', ',', '\n---\n'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const since = watched.said.length;
      const changed = changes.reduce((whole, { at, gone, put }) => whole.slice(0, at) + put + whole.slice(at + gone), text);
      deed = ok(changed);
      await visited(2);
      const isEmptyList = /"items":\s*(\[\s*\]|null)\s*[,}]/.test(changed);
      const said = watched.said.slice(since);
      if (!isEmptyList && said.includes('removed pod.yaml')) expect([changed, said]).toEqual([changed, []]);
      deed = ok(POD);
      await visited(2);
    }),
    { numRuns: (fc.readConfigureGlobal().numRuns ?? 100) / 4 },
  );
  watched.stop();
  expect(longestTurnMs).toBeLessThan(1_000);
});
