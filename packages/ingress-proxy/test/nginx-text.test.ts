import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { nginxConfiguration } from '../src/core/nginx/nginx-files.js';
import { hasRoomForPath } from '../src/core/nginx/nginx-limits.js';
import { comparedPath } from '../src/core/request-path.js';
import type { HeaderChanges, ListenerRule, Route, RouteTable } from '../src/index.js';
import { ask, freePorts, installedProxies, SOON, startBackend } from './started-proxy.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of nginx
/** Words that end a directive, begin a block, name a variable, or are no words at all. */
const EVIL = [
  '";',
  '}',
  '{ return 200; }',
  '$host',
  '${request_uri}',
  '\\',
  '\\"',
  "'",
  '#',
  '%{',
  '\t',
  '~^',
  '@x',
  '$1',
  '*',
  'ü',
  '\\n',
  '//',
  '?',
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of nginx
const short = fc.array(fc.oneof(fc.constantFrom(...EVIL), fc.string({ maxLength: 6 })), { maxLength: 6 }).map((all) => all.join(''));
/** Short ones, and those of any length up to one. */
const evil = (most: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: short },
    { weight: 1, arbitrary: fc.constantFrom('a', '"', '$a', '$host!').map((text) => text.repeat(most).slice(0, most)) },
    { weight: 1, arbitrary: fc.tuple(short, fc.nat(most)).map(([text, length]) => (text || 'x').repeat(length).slice(0, length)) },
  );
/** What validation lets through. */
const headerValue = evil(4_096)
  .map((text) => text.replace(/[^\x20-\x7e]/g, '').trim())
  .filter((text) => text !== '');
const printable = evil(1_023).map((text) => text.replace(/[^\x21-\x7e]/g, ''));
const path = evil(1_023)
  .map((text) => comparedPath(`/${text}`))
  .filter((each) => each !== undefined && hasRoomForPath(each))
  .map(String);
const host = fc.constantFrom('', 'a.example', '*.a.example', 'b.a.example', `${'x'.repeat(63)}.${'y'.repeat(60)}.example`, '1.2');
const name = fc.oneof(
  fc.constantFrom('X-A', 'x-a', 'x-b', 'Host', 'Set-Cookie', 'Content-Type', 'X_C', `X-${'d'.repeat(200)}`),
  fc.integer({ min: 1, max: 254 }).map((length) => `x-${'e'.repeat(length)}`),
);
const named = fc.record({ name, value: headerValue });
const MOST_HEADERS = 16;
const changes: fc.Arbitrary<HeaderChanges> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      set: fc.array(named, { maxLength: 2 }),
      add: fc.array(named, { maxLength: 2 }),
      remove: fc.array(name, { maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      set: fc.array(named, { minLength: MOST_HEADERS, maxLength: MOST_HEADERS }),
      add: fc.array(
        headerValue.map((value) => ({ name: 'x-a', value })),
        { minLength: MOST_HEADERS, maxLength: MOST_HEADERS },
      ),
      remove: fc.array(name, { minLength: MOST_HEADERS, maxLength: MOST_HEADERS }),
    }),
  },
);
const change = fc.oneof(
  fc.record({ text: printable.map((text) => `/${text.replace(/[?#]/g, '')}`) }),
  fc.record({ text: printable.map((text) => `/${text.replace(/[?#]/g, '')}`), prefix: fc.nat(3) }),
);
const weighted = fc.record({
  name: fc.constantFrom('s_a_80', 's_b_80', 's_empty_80'),
  weight: fc.integer({ min: 1, max: 1_000_000 }),
  requestHeaders: changes,
});
const rule: fc.Arbitrary<ListenerRule> = fc.record({
  ...{ host, path, pathType: fc.constantFrom('Exact' as const, 'Prefix' as const) },
  headers: fc.array(
    fc.record({ name: fc.constantFrom('x-a', 'x-b', `x-${'d'.repeat(254)}`), value: evil(4_096).filter((text) => text !== '') }),
    { maxLength: 3 },
  ),
  query: fc.array(fc.record({ name: fc.constantFrom('q', 'a-b', '-'.repeat(256)), value: evil(1_024).filter((text) => text !== '') }), {
    maxLength: 3,
  }),
  action: fc.oneof(
    fc.record({
      backends: fc.array(weighted, { maxLength: 3 }),
      requestHeaders: changes,
      responseHeaders: changes,
      rewrite: fc.record({ path: change }),
    }),
    fc.record({
      backends: fc.array(weighted, { maxLength: 2 }),
      requestHeaders: changes,
      responseHeaders: changes,
      timeoutMs: fc.integer({ min: 1, max: 2 ** 30 }),
      mirrors: fc.constant([{ name: 's_a_80', numerator: 1, denominator: 3 }]),
    }),
    fc.record({
      backends: fc.constant([]),
      requestHeaders: changes,
      responseHeaders: changes,
      redirect: fc.record({ status: fc.constantFrom(301, 302), path: change }),
    }),
  ),
});
const url = fc
  .tuple(fc.constantFrom('http://auth.example', 'http://no.such.host.invalid:1'), evil(1_900))
  .map(([server, text]) => `${server}/${text.replace(/[^\x21-\x7e]/g, '')}`);
const route: fc.Arbitrary<Route> = fc.record({
  ...{
    host,
    path,
    pathType: fc.constantFrom('Exact' as const, 'Prefix' as const),
    backend: fc.constantFrom('s_a_80', 's_h2_80'),
    ingress: fc.constant('s/i'),
  },
  auth: fc.record(
    {
      url,
      backend: fc.constantFrom('s_a_80', 's_h2_80'),
      signin: url,
      responseHeaders: fc.constantFrom(['X-User', 'Host', 'Content-Length'], [`X-${'u'.repeat(98)}`]),
    },
    { requiredKeys: ['url', 'responseHeaders'] },
  ),
  httpsOnly: fc.boolean(),
});
const backend = (key: string, protocol: 'http' | 'h2c' = 'http', ports: readonly number[] = [8_000]) =>
  [key, { name: key, protocol, endpoints: ports.map((port) => ({ address: '127.0.0.1', port })) }] as const;
const backends = new Map([
  backend('s_a_80'),
  backend('s_b_80', 'http', [8_001, 8_002]),
  backend('s_empty_80', 'http', []),
  backend('s_h2_80', 'h2c'),
]);
const FALLBACK: Route = { host: '', path: '/', pathType: 'Prefix', backend: 's_b_80', ingress: 's/i' };
const table = (routes: readonly Route[], rules: readonly ListenerRule[]): RouteTable => ({
  ...{ backends, routes, fallbacks: new Map([['', FALLBACK]]), certificates: [], listens: { http: true, https: false } },
  challenges: new Map([['tok-EN_1', 'tok-EN_1.thumb']]),
  listeners: [{ gateway: 's/g', name: 'l', port: 20_081, host: '', rules }],
});

const configurationIn = (directory: string, of: RouteTable, httpPort = 20_080): string =>
  nginxConfiguration(of, {
    ...{
      directory,
      statusSocket: join(directory, 'status.sock'),
      generationDirectory: directory,
      generation: 1,
      addresses: ['127.0.0.1'],
      resolvers: ['127.0.0.1', '::1'],
      certificates: [],
    },
    ...{ httpPort, httpsPort: 20_443 },
  });

const inDirectory = async <T>(use: (directory: string) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), 'ngx-'));
  await mkdir(join(directory, 'temporary'));
  return use(directory).finally(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
};

describe.skipIf(!installedProxies.includes('nginx'))('the configuration of nginx', { timeout: 180_000 }, () => {
  it('is taken by nginx whatever texts are in it, and has no block that they made', () =>
    inDirectory(async (directory) => {
      const file = join(directory, 'nginx.conf');
      await fc.assert(
        fc.asyncProperty(fc.array(route, { maxLength: 4 }), fc.array(rule, { maxLength: 4 }), async (routes, rules) => {
          await writeFile(file, configurationIn(directory, table(routes, rules)), 'latin1');
          const said = await promisify(execFile)('nginx', ['-t', '-q', '-e', 'stderr', '-p', `${directory}/`, '-c', file]).then(
            () => '',
            (error: { stderr: string }) => error.stderr,
          );
          expect(said).toBe('');
        }),
        { numRuns: 150 },
      );
    }));

  it('texts of header filters, paths and sign-in pages come out byte for byte', () =>
    inDirectory(async (directory) => {
      const [port] = await freePorts();
      await using web = await startBackend('web');
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of nginx
      const values = ['$host', '${request_uri}', 'a "b" \\ \'c\'; } #', '\\\\n', '$1$$', `${'long'.repeat(1_000)}"`, '%41 {'];
      const rules = values.map(
        (value, i): ListenerRule => ({
          ...{ host: '', path: `/v${i}`, pathType: 'Prefix', headers: [], query: [] },
          action: {
            backends: [{ name: 's_a_80', weight: 1 }],
            requestHeaders: { set: [{ name: 'X-Value', value }], add: [], remove: [] },
            responseHeaders: { set: [{ name: 'X-Answer', value }], add: [], remove: [] },
            rewrite: { path: { text: '/$host/"a"\\;{$uri}%20', prefix: 1 } },
          },
        }),
      );
      const base = table([], rules);
      const served: RouteTable = {
        ...base,
        backends: new Map([backend('s_a_80', 'http', [web.port])]),
        fallbacks: new Map(),
        listeners: base.listeners.map((each) => ({ ...each, port })),
        listens: { http: false, https: false },
        challenges: new Map(),
      };
      const file = join(directory, 'nginx.conf');
      await writeFile(file, configurationIn(directory, served), 'latin1');
      const nginx = spawn('nginx', ['-e', 'stderr', '-p', `${directory}/`, '-c', file], { stdio: 'ignore' });
      try {
        await vi.waitFor(() => ask(port, 'x', '/'), SOON);
        for (const [i, value] of values.entries()) {
          const reply = await ask(port, 'x', `/v${i}/rest`);
          expect(JSON.parse(reply.body), value).toMatchObject({ url: '/$host/"a"\\;{$uri}%20/rest', headers: { 'x-value': value } });
          expect(reply.headers['x-answer']).toBe(value);
        }
      } finally {
        const ended = new Promise((resolve) => nginx.on('exit', resolve));
        nginx.kill('SIGTERM');
        await ended;
      }
    }));
});
