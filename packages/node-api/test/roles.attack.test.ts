import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri, type FakeCri } from '@solo-kubelet/cri-client/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeView, pod, startApi, type TestApi, watchable } from './api.js';
import { createCa } from './certificates.js';
import { exchangeRaw, statusesIn, type Where } from './raw-socket.js';

type Role = 'nobody' | 'stranger' | 'read' | 'exec' | 'admin';
const RANK: Readonly<Record<Role, number>> = { nobody: 0, stranger: 0, read: 1, exec: 2, admin: 3 };
const TOKENS: Readonly<Record<Role, string | undefined>> = {
  nobody: undefined,
  stranger: 'wrong-token-0123456789',
  read: 'reader-token-0123456789',
  exec: 'exec-token-0123456789abc',
  admin: 'admin-token-0123456789ab',
};
const ROLES = Object.keys(TOKENS) as readonly Role[];

/** What each deed leaves as a trace, and the weakest role that may do it. */
const NEEDED = { ran: RANK.exec, streamed: RANK.exec, restarted: RANK.admin, checkpointed: RANK.admin } as const;
type Deed = keyof typeof NEEDED;

let directory: string;
let fake: FakeCri;
let test: TestApi;
let listeners: Readonly<Record<'tls' | 'readOnly' | 'healthz' | 'socket', Where>>;
let deeds: Set<Deed>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-roles-'));
  const tokenFile = join(directory, 'tokens.csv');
  const lines = ROLES.flatMap((role) => (RANK[role] === 0 ? [] : [`${TOKENS[role]},${role}-user,${role}\n`]));
  await writeFile(tokenFile, lines.join(''));
  await writeFile(join(directory, 'kubelet.log'), 'only admins see this log');
  const clientCaFile = join(directory, 'ca.crt');
  await writeFile(clientCaFile, (await createCa()).certificatePem);
  deeds = new Set();
  fake = await createFakeCri({
    images: [{ tags: ['app:1'] }],
    exec: () => {
      deeds.add('ran');
      return { stdout: 'ran' };
    },
    streams: (_call, _request, socket) => {
      deeds.add('streamed');
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    },
  });
  test = await startApi({
    endpoint: fake.endpoint,
    port: 0,
    readOnlyPort: 0,
    healthz: { address: '127.0.0.1', port: 0 },
    socket: { path: join(directory, 'api.sock') },
    tokenFile,
    clientCaFile,
    headerTimeoutMs: 2_000,
    nodeLogDirectory: directory,
    view: fakeView({
      pods: watchable([pod('web')]),
      deletePod: () => false,
      restartPod: () => {
        deeds.add('restarted');
        return true;
      },
    }),
  });
  const labels = { 'io.kubernetes.pod.name': 'web', 'io.kubernetes.pod.namespace': 'default', 'io.kubernetes.pod.uid': 'uid-web' };
  const config = { metadata: { name: 'web', namespace: 'default', uid: 'uid-web', attempt: 0 }, labels };
  const { podSandboxId } = await test.cri.runtime.runPodSandbox({ config });
  const { containerId } = await test.cri.runtime.createContainer({
    podSandboxId,
    sandboxConfig: config,
    config: {
      metadata: { name: 'app', attempt: 0 },
      image: { image: 'app:1' },
      labels: { ...labels, 'io.kubernetes.container.name': 'app' },
    },
  });
  await test.cri.runtime.startContainer({ containerId });
  const port = (name: 'tls' | 'readOnly' | 'healthz'): number => test.api.listeners[name]?.port ?? 0;
  listeners = {
    tls: { port: port('tls'), tls: {} },
    readOnly: { port: port('readOnly') },
    healthz: { port: port('healthz') },
    socket: { path: join(directory, 'api.sock') },
  };
});
afterAll(async () => {
  await test[Symbol.asyncDispose]();
  await fake.close();
  await rm(directory, { recursive: true, force: true });
});

/** Everything that is served, as paths without a query. */
const PATHS = [
  '/run/default/web/app',
  '/run/default/web/uid-web/app',
  '/exec/default/web/app',
  '/attach/default/web/app',
  '/portForward/default/web',
  '/restart/default/web',
  '/checkpoint/default/web/app',
  '/logs/kubelet.log',
  '/logs/',
  '/pods',
  '/stats/summary',
  '/metrics',
  '/containerLogs/default/web/app',
  '/configz',
  '/runningpods/',
  '/healthz/ping',
  '/node',
  '/nothing',
] as const;
const QUERY = '?cmd=id&command=id&output=1&port=80';
const PREFIXES = ['stats', 'pods', 'metrics', 'healthz', 'logs', 'configz', 'exec', 'x'] as const;

/** Other ways to write a path, of which a second parser might make the path itself. */
const SPELLINGS: readonly ((path: string, prefix: string) => string)[] = [
  (path) => path,
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.replaceAll('/', '//'),
  (path, prefix) => `/${prefix}/..${path}`,
  (path, prefix) => `/${prefix}/../${path}`,
  (path, prefix) => `/${prefix}/%2e%2e${path}`,
  (path, prefix) => `/${prefix}/.%2E${path}`,
  (path, prefix) => `/${prefix}/..\\${path.slice(1)}`,
  (path, prefix) => `/${prefix}/..%2f${path.slice(1)}`,
  (path, prefix) => `/${prefix}/..%5c${path.slice(1)}`,
  (path, prefix) => `/${prefix}/%252e%252e${path}`,
  (path, prefix) => `/${prefix}/..;${path}`,
  (path, prefix) => `/${prefix}/../../..${path}`,
  (path) => `/.${path}`,
  (path) => path.replaceAll('/', '\\'),
  (path) => path.replaceAll('/', '/%2f'),
  (path) => `${path}/.`,
  (path) => `${path}/x/..`,
  (path) => `${path}%00`,
  (path) => `${path}#`,
  (path) => `${path};x=/pods`,
  (path) => path.toUpperCase(),
  (path) => path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => `http://node${path}`,
  (path, prefix) => `http://node/${prefix}/..${path}`,
  (path) => `http://node@${path}`,
  (path) => `//node${path}`,
  (path, prefix) => `/${prefix}?/..${path}`,
  (path, prefix) => `/${prefix}#/..${path}`,
  (path) => path.slice(1),
  (path) => ` ${path}`,
  (path) => `\t${path}`,
];
const HEADERS = [
  '',
  'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket\r\n',
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n',
  'X-HTTP-Method-Override: POST\r\nX-Original-URL: /run/default/web/app?cmd=id\r\n',
  'X-Forwarded-For: 127.0.0.1\r\nX-Remote-User: boss\r\nX-Remote-Group: system:masters\r\nImpersonate-User: boss\r\n',
] as const;
const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'] as const;

const attempt = async (listener: keyof typeof listeners, role: Role, method: string, target: string, headers: string): Promise<string> => {
  const token = TOKENS[role];
  const credentials = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
  const close = headers.includes('Upgrade:') ? '' : 'Connection: close\r\n';
  return exchangeRaw(listeners[listener], `${method} ${target} HTTP/1.1\r\nHost: node\r\n${credentials}${close}${headers}\r\n`);
};

/** The weakest role that the deeds done since the last look needed. */
const rankOfDeeds = (): number => {
  const ranks = [...deeds].map((deed) => NEEDED[deed]);
  deeds.clear();
  return Math.max(0, ...ranks);
};

it('every path can be used on the TLS port by its role and by none below', async () => {
  for (const role of ROLES) {
    for (const [method, path, needed] of [
      ['POST', '/run/default/web/app', RANK.exec],
      ['POST', '/restart/default/web', RANK.admin],
      ['GET', '/logs/kubelet.log', RANK.admin],
      ['GET', '/pods', RANK.read],
    ] as const) {
      const [status] = statusesIn(await attempt('tls', role, method, `${path}${QUERY}`, ''));
      expect([role, path, status]).toEqual([
        role,
        path,
        RANK[role] >= needed ? (path.startsWith('/restart') ? 202 : 200) : RANK[role] === 0 ? 401 : 403,
      ]);
    }
  }
  expect(rankOfDeeds()).toBe(RANK.admin);
});

it('no spelling of a path lets anybody on the TLS port do more than his role', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ROLES),
      fc.constantFrom(...METHODS),
      fc.constantFrom(...PATHS),
      fc.constantFrom(...SPELLINGS),
      fc.constantFrom(...PREFIXES),
      fc.constantFrom(...HEADERS),
      async (role, method, path, spell, prefix, headers) => {
        deeds.clear();
        const text = await attempt('tls', role, method, `${spell(path, prefix)}${QUERY}`, headers);
        const [status = 0] = statusesIn(text);
        expect(rankOfDeeds()).toBeLessThanOrEqual(RANK[role]);
        if (RANK[role] === 0) expect([400, 401]).toContain(status);
        if (RANK[role] < RANK.admin) expect(text).not.toContain('only admins see this log');
        // Whatever is answered is answered: no reset, no silence.
        expect(status).toBeGreaterThan(100);
      },
    ),
    { numRuns: 1.5 * (fc.readConfigureGlobal().numRuns ?? 100) },
  );
});

it.each(['readOnly', 'healthz'] as const)(
  'the %s port does nothing and shows no log, whatever the spelling and the token',
  async (listener) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ROLES),
        fc.constantFrom(...METHODS),
        fc.constantFrom(...PATHS),
        fc.constantFrom(...SPELLINGS),
        fc.constantFrom(...PREFIXES),
        fc.constantFrom(...HEADERS),
        async (role, method, path, spell, prefix, headers) => {
          deeds.clear();
          const text = await attempt(listener, role, method, `${spell(path, prefix)}${QUERY}`, headers);
          expect(rankOfDeeds()).toBe(0);
          expect(text).not.toContain('only admins see this log');
          expect(text).not.toContain('"kubeletconfig"');
          expect(statusesIn(text)).not.toContain(101);
          if (listener === 'healthz') expect(text).not.toContain('"PodList"');
        },
      ),
    );
  },
);

/** What a request to a path that is already clean may do; every other spelling is refused, redirected, or another path. */
const DEED_OF: ReadonlyMap<string, readonly Deed[]> = new Map([
  ['/run/default/web/app', ['ran']],
  ['/run/default/web/uid-web/app', ['ran']],
  ['/exec/default/web/app', ['streamed']],
  ['/attach/default/web/app', ['streamed']],
  ['/portForward/default/web', ['streamed']],
  ['/restart/default/web', ['restarted']],
]);

it('on the unix socket, whoever may open it may do everything, and a path still does no more than it says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ROLES),
      fc.constantFrom(...METHODS),
      fc.constantFrom(...PATHS),
      fc.constantFrom(...SPELLINGS),
      fc.constantFrom(...PREFIXES),
      fc.constantFrom(...HEADERS),
      async (role, method, path, spell, prefix, headers) => {
        deeds.clear();
        const text = await attempt('socket', role, method, `${spell(path, prefix)}${QUERY}`, headers);
        const [status = 0] = statusesIn(text);
        expect(status).toBeGreaterThan(100);
        // A wrong token is no reason to refuse: nobody is asked for one here.
        expect([401, 403]).not.toContain(status);
        expect(DEED_OF.get(path) ?? []).toEqual(expect.arrayContaining([...deeds]));
      },
    ),
  );
});

it('a redirect leads to the same server, where the role is asked for again', async () => {
  for (const role of ['read', 'exec'] as const) {
    const text = await attempt('tls', role, 'POST', `/stats/../restart/default/web`, '');
    expect(statusesIn(text)).toEqual([307]);
    const location = /^location: (.*)\r$/im.exec(text)?.[1] ?? '';
    expect(location).toBe('/restart/default/web');
    expect(statusesIn(await attempt('tls', role, 'POST', location, ''))).toEqual([403]);
  }
  expect(rankOfDeeds()).toBe(0);
});
