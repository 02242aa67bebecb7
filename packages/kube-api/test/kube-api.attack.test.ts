import { readdir, readFile } from 'node:fs/promises';
import type { TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type Role, SECRET, type ServedNode, serveNode, showsSecret, statusesIn, TOKENS } from './serve-node.js';

const PATIENCE = { timeout: 20_000, interval: 20 };
const ROLES = Object.keys(TOKENS) as readonly Role[];
const RANK: Readonly<Record<Role, number>> = { nobody: 0, stranger: 0, read: 1, exec: 2, admin: 3 };

let node: ServedNode;
const surprises: unknown[] = [];
const surprise = (error: unknown): void => void surprises.push(error);
/** Longest time between two turns of the event loop, in ms of processor time: others may keep this machine busy. */
let longestTurnMs: number;
let turns: NodeJS.Timeout;
let sockets: TLSSocket[];

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

beforeAll(async () => {
  process.on('unhandledRejection', surprise);
  process.on('uncaughtExceptionMonitor', surprise);
  node = await serveNode({ limits: { total: 400, perPeer: 300 } });
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  process.off('unhandledRejection', surprise);
  process.off('uncaughtExceptionMonitor', surprise);
});
beforeEach(() => {
  node.asked.length = 0;
  sockets = [];
  let lastMs = cpuMs();
  longestTurnMs = 0;
  turns = setInterval(() => {
    longestTurnMs = Math.max(longestTurnMs, cpuMs() - lastMs);
    lastMs = cpuMs();
  }, 10);
});
afterEach(() => {
  clearInterval(turns);
  for (const socket of sockets) socket.destroy();
  expect(surprises).toEqual([]);
});

const API = '/api/v1/namespaces/default';
const authorization = (role: Role): string => (TOKENS[role] === undefined ? '' : `Authorization: Bearer ${TOKENS[role]}\r\n`);
const head = (role: Role, method: string, target: string, headers = ''): string =>
  `${method} ${target} HTTP/1.1\r\nHost: node\r\n${authorization(role)}${headers}\r\n`;
const ask = (role: Role, method: string, target: string, headers = '', body: string | Uint8Array = ''): Promise<string> => {
  const length = Buffer.byteLength(body);
  const more = length === 0 ? '' : `Content-Length: ${length}\r\n`;
  return node.exchange(
    Buffer.concat([Buffer.from(head(role, method, target, `Connection: close\r\n${more}${headers}`)), Buffer.from(body)]),
  );
};
const JSON_BODY = 'Content-Type: application/json\r\n';
const manifests = (): Promise<string[]> => readdir(node.manifestDirectory);

/** A client that sends something and never ends its half. */
const client = (bytes: string, at: ServedNode = node): { readonly socket: TLSSocket; text(): string; readonly ended: Promise<void> } => {
  const socket = at.open();
  socket.allowHalfOpen = true;
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  const ended = new Promise<void>((resolve) => {
    for (const event of ['end', 'close']) socket.once(event, () => resolve());
  });
  socket.write(bytes);
  return { socket, text: () => text, ended };
};

const stillServes = async (): Promise<void> => {
  expect(statusesIn(await ask('read', 'GET', `${API}/pods`))).toEqual([200]);
};

/** What each role may see and do here, as a rank: 4 is nobody. */
const PATHS: readonly (readonly [method: string, path: string, needed: number])[] = [
  ['GET', '/version', 0],
  ['GET', `${API}/pods`, 1],
  ['GET', `${API}/pods/web`, 1],
  ['GET', `${API}/pods?watch=true&timeoutSeconds=1`, 1],
  ['GET', '/api/v1/watch/namespaces/default/pods?timeoutSeconds=1', 1],
  ['GET', `${API}/pods/web/log`, 1],
  ['GET', `${API}/configmaps/settings`, 1],
  ['GET', `${API}/secrets`, 3],
  ['GET', `${API}/secrets/password`, 3],
  ['GET', `${API}/secrets?watch=true&timeoutSeconds=1`, 3],
  ['GET', '/api/v1/secrets', 3],
  ['GET', '/api/v1/watch/secrets?timeoutSeconds=1', 3],
  ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles', 3],
  ['GET', '/api/v1/nodes/node1/proxy/pods', 3],
  ['POST', '/api/v1/nodes/node1/proxy/run/default/web/app?cmd=id', 3],
  ['POST', `${API}/configmaps`, 3],
  ['POST', `${API}/pods`, 3],
  ['PUT', `${API}/configmaps/settings`, 3],
  ['PATCH', `${API}/configmaps/settings`, 3],
  ['PATCH', `${API}/pods/web/ephemeralcontainers`, 3],
  ['DELETE', `${API}/configmaps/settings`, 3],
  ['DELETE', `${API}/configmaps`, 3],
  ['POST', `${API}/pods/web/eviction`, 3],
  ['POST', `${API}/serviceaccounts/default/token`, 3],
];

it('every path can be used by its role and by none below', async () => {
  for (const role of ROLES) {
    for (const [method, path, needed] of PATHS.filter(([, , rank]) => rank < 4)) {
      const text = await ask(role, method, path, JSON_BODY, method === 'GET' ? '' : '{"broken"');
      const [status = 0] = statusesIn(text);
      const refused = role === 'stranger' ? [401] : [403];
      if (RANK[role] < needed || role === 'stranger') expect([role, method, path, refused]).toEqual([role, method, path, [status]]);
      else expect([role, method, path, [401, 403].includes(status)]).toEqual([role, method, path, false]);
      if (RANK[role] < RANK.admin) expect(showsSecret(text)).toBe(false);
    }
  }
  expect(showsSecret(await ask('admin', 'GET', `${API}/secrets/password`))).toBe(true);
});

/** Other ways to write a path, of which a second parser might make the path itself. */
const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => `/${path}`,
  (path) => `${path.replace('?', '/?')}`,
  (path) => path.replaceAll('/', '//'),
  (path) => path.replaceAll('/', '/./'),
  (path) => `/api/v1/pods/..%2f..${path}`,
  (path) => `/version/..${path}`,
  (path) => `/version/%2e%2e${path}`,
  (path) => `/healthz/..;${path}`,
  (path) => `${API}/pods/web/..%2f..${path.slice(API.length)}`,
  (path) => path.replaceAll('secrets', 'Secrets'),
  (path) => path.replaceAll('secrets', '%73ecrets'),
  (path) => path.replaceAll('secrets', 'pods/../secrets'),
  (path) => path.replaceAll('secrets', 'secrets%00'),
  (path) => path.replaceAll('/', '%2f'),
  (path) => path.replaceAll('/', '%252f'),
  (path) => path.replaceAll('/', '\\'),
  (path) => `https://node${path}`,
  (path) => `//node${path}`,
  (path) => `${path}#`,
  (path) => `/api/v1/nodes/node1/proxy${path}`,
  (path) => `/api/v1/nodes/node1/proxy/..${path}`,
  (path) => path.replace('default', 'default%2Fsecrets'),
  (path) => `${path}${path.includes('?') ? '&' : '?'}watch=0&watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dpassword`,
];
const HEADERS = [
  '',
  'Impersonate-User: admin-user\r\nImpersonate-Group: system:masters\r\n',
  'IMPERSONATE-UID: 0\r\n',
  'X-Remote-User: admin-user\r\nX-Remote-Group: system:masters\r\nX-Forwarded-For: 127.0.0.1\r\n',
  'X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /api/v1/secrets\r\n',
  `Authorization: Bearer ${TOKENS.admin}x\r\n`,
  'Accept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n',
  'Accept: application/vnd.kubernetes.protobuf\r\n',
  'Accept: application/yaml\r\n',
  'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n',
] as const;
const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'] as const;

it('no spelling of a path, method or header gives more than the role', async () => {
  const before = await manifests();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ROLES.filter((role) => role !== 'admin')),
      fc.constantFrom(...METHODS),
      fc.constantFrom(
        ...PATHS.map(([, path]) => path),
        `${API}/pods/web/exec?command=id&stdout=true`,
        `${API}/pods/web/portforward?ports=80`,
      ),
      fc.constantFrom(...SPELLINGS),
      fc.constantFrom(...HEADERS),
      async (role, method, path, spell, headers) => {
        node.asked.length = 0;
        const close = headers.includes('Upgrade') ? '' : 'Connection: close\r\n';
        const text = await node.exchange(head(role, method, spell(path), `${close}${headers}`));
        const [status = 0] = statusesIn(text);
        expect(status).toBeGreaterThan(100);
        expect(status).not.toBe(500);
        expect(showsSecret(text)).toBe(false);
        if (/impersonate/i.test(headers) && role !== 'stranger') expect(status).toBeGreaterThanOrEqual(400);
        for (const { target, isStream } of node.asked) {
          expect(RANK[role]).toBeGreaterThanOrEqual(isStream ? RANK.exec : RANK.read);
          // What is not a stream is a log, whoever is below an admin.
          expect(target).toMatch(isStream ? /^\/(?:exec|portForward)\/default\/web/ : /^\/containerLogs\/default\/web\/app\?/);
        }
      },
    ),
  );
  expect(await manifests()).toEqual(before);
  await stillServes();
});

it('a watch that is not allowed is refused, however it is asked for', async () => {
  for (const query of ['watch', 'watch=1', 'watch=true', 'watch=true&watch=false', 'watch=TRUE', 'allowWatchBookmarks=true&watch=yes']) {
    for (const path of [
      `${API}/secrets?${query}`,
      `/api/v1/secrets?${query}&fieldSelector=metadata.name%3Dpassword`,
      `${API}/secrets/password?${query}`,
    ]) {
      const text = await ask('read', 'GET', `${path}&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`);
      expect([path, statusesIn(text), showsSecret(text)]).toEqual([path, [403], false]);
    }
  }
});

/** Requests that two parsers may read as one and as two. */
const AMBIGUOUS: readonly (readonly [what: string, headers: string, body: string])[] = [
  ['two lengths', 'Content-Length: 0\r\nContent-Length: 44\r\n', ''],
  ['lengths in a list', 'Content-Length: 0, 44\r\n', ''],
  ['a length with a sign', 'Content-Length: +0\r\n', ''],
  ['a length in hexadecimal', 'Content-Length: 0x0\r\n', ''],
  ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['chunks that are not last', 'Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'],
  ['chunks by another name', 'Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'],
  ['chunks after a tab', 'Transfer-Encoding:\tchunked\r\nTransfer-Encoding: x\r\n', '0\r\n\r\n'],
  ['a name with a blank', 'Transfer-Encoding : chunked\r\n', '0\r\n\r\n'],
  ['a folded header', 'X: a\r\n Content-Length: 44\r\n', ''],
  ['a header ended by a line feed', 'X: a\nContent-Length: 44\r\n', ''],
  ['a header with a null', 'X: a\0b\r\n', ''],
  ['a chunk of negative size', 'Transfer-Encoding: chunked\r\n', '-1\r\n\r\n'],
  ['a chunk of endless size', 'Transfer-Encoding: chunked\r\n', 'ffffffffffffffffff\r\n'],
];

it.each(AMBIGUOUS)('what may be read in two ways is answered once: %s', async (_what, headers, body) => {
  const before = await manifests();
  const smuggled = head('admin', 'DELETE', `${API}/configmaps/settings`);
  const text = await node.exchange(`${head('read', 'POST', `${API}/pods`, `${JSON_BODY}${headers}`)}${body}${smuggled}`);
  const statuses = statusesIn(text);
  // Refused as a whole; what was refused with 403 before its body was found broken ends there.
  expect(statuses.filter((status) => ![400, 403].includes(status))).toEqual([]);
  expect(statuses.length).toBeGreaterThan(0);
  expect(await manifests()).toEqual(before);
  await stillServes();
});

it('requests of one connection are answered in order, each by its own credentials, and few wait', async () => {
  const targets = [head('read', 'GET', `${API}/pods`), head('nobody', 'GET', `${API}/secrets`), head('admin', 'GET', `${API}/secrets`)];
  const { socket, text } = client(targets.join(''));
  await vi.waitFor(() => expect(statusesIn(text())).toEqual([200, 403, 200]), PATIENCE);
  socket.destroy();
  const flood = client(head('read', 'GET', `${API}/pods`).repeat(2_000));
  await flood.ended;
  expect(statusesIn(flood.text()).length).toBeLessThan(200);
  await stillServes();
});

it('an upgrade that is refused leaves no connection, though the client keeps its half', async () => {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n';
  await using own = await serveNode({ limits: { total: 120, perPeer: 100 } });
  // More than one address may have: the connections of earlier rounds must be gone, for which each has half a second.
  for (let round = 0; round < 5; round += 1) {
    await vi.waitFor(async () => {
      const clients = Array.from({ length: 30 }, (_, index) =>
        client(head(index % 2 === 0 ? 'nobody' : 'read', 'POST', `${API}/pods/web/exec?command=id&stdout=true`, upgrade), own),
      );
      await Promise.all(clients.map(({ ended }) => ended));
      expect(clients.map(({ text }) => statusesIn(text())[0])).toEqual(clients.map(() => 403));
    }, PATIENCE);
  }
});

it('somebody who may not ask is told so before his body has come', async () => {
  const clients = Array.from({ length: 60 }, (_, index) =>
    client(`${head(index % 3 === 0 ? 'read' : 'nobody', 'POST', `${API}/pods`, `${JSON_BODY}Content-Length: 3000000\r\n`)}{`),
  );
  await vi.waitFor(() => expect(clients.map(({ text }) => statusesIn(text())[0])).toEqual(clients.map(() => 403)), PATIENCE);
  await stillServes();
});

it('slow bodies of one user are bounded, and hinder no other', async () => {
  const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const request = head('read', 'POST', REVIEWS, `${JSON_BODY}Content-Length: 3000000\r\n`);
  const clients = Array.from({ length: 30 }, () => client(`${request}${' '.repeat(2_900_000)}`));
  await vi.waitFor(() => expect(clients.filter(({ text }) => statusesIn(text())[0] === 429).length).toBeGreaterThan(10), PATIENCE);
  const review = JSON.stringify({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
  });
  expect(statusesIn(await ask('exec', 'POST', REVIEWS, JSON_BODY, review))).toEqual([201]);
  await stillServes();
  for (const { socket } of clients) socket.destroy();
  // What was held is free again.
  await vi.waitFor(async () => expect(statusesIn(await ask('read', 'POST', REVIEWS, JSON_BODY, review))).toEqual([201]), PATIENCE);
});

it('strangers lock nobody out, and who has shown credentials keeps the connection', async () => {
  const known = client(head('read', 'GET', '/version'));
  await vi.waitFor(() => expect(statusesIn(known.text())).toEqual([200]), PATIENCE);
  for (let index = 0; index < 450; index += 1)
    client(index % 3 === 0 ? head('nobody', 'GET', '/version') : index % 3 === 1 ? 'GET /ver' : '');
  known.socket.write(head('read', 'GET', `${API}/pods`));
  await vi.waitFor(() => expect(statusesIn(known.text())).toEqual([200, 200]), PATIENCE);
  await stillServes();
});

const deepJson = (depth: number): string =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"deep"},"data":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;
const deepList = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const config = (data: string): string => `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":${data}}`;
const many = (count: number): string => `{${Array.from({ length: count }, (_, index) => `"k${index}":"v"`).join(',')}}`;

it.each<[string, string, string, string, string]>([
  ['deep JSON', 'POST', `${API}/configmaps`, 'application/json', deepJson(400_000)],
  ['deep YAML', 'POST', `${API}/configmaps`, 'application/yaml', deepList(100_000)],
  ['deep JSON in a patch', 'PATCH', `${API}/configmaps/settings`, 'application/merge-patch+json', deepJson(300_000)],
  ['deep YAML in an apply', 'PATCH', `${API}/configmaps/settings?fieldManager=a`, 'application/apply-patch+yaml', deepList(100_000)],
  [
    'a JSON patch that grows',
    'PATCH',
    `${API}/configmaps/settings`,
    'application/json-patch+json',
    JSON.stringify(Array.from({ length: 30_000 }, (_, index) => ({ op: 'copy', from: '/data', path: `/data/${index}` }))),
  ],
  [
    'a JSON patch of very many steps',
    'PATCH',
    `${API}/configmaps/settings`,
    'application/json-patch+json',
    JSON.stringify(Array.from({ length: 40_000 }, () => ({ op: 'test', path: '/data/a', value: 'x' }))),
  ],
  ['very many keys', 'POST', `${API}/configmaps`, 'application/json', config(many(150_000))],
  ['very many keys in YAML', 'POST', `${API}/configmaps`, 'application/yaml', config(many(60_000))],
  [
    'aliases that unfold',
    'POST',
    `${API}/configmaps`,
    'application/yaml',
    Array.from({ length: 40 }, (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1},*a${i - 1}`}]`).join('\n'),
  ],
  [
    'protobuf that is none',
    'POST',
    `${API}/configmaps`,
    'application/vnd.kubernetes.protobuf',
    `k8s\0${'\x0a\xff\xff\xff\xff\x0f'.repeat(10_000)}`,
  ],
  ['groups of protobuf without end', 'POST', `${API}/configmaps`, 'application/vnd.kubernetes.protobuf', `k8s\0${'\x0b'.repeat(500_000)}`],
])('%s is refused in time', async (_what, method, path, type, body) => {
  const before = await manifests();
  const text = await ask('admin', method, path, `Content-Type: ${type}\r\n`, Buffer.from(body, 'latin1'));
  const [status = 0] = statusesIn(text);
  expect([400, 403, 404, 409, 413, 415, 422, 500]).toContain(status);
  if (status === 500) expect(text).toContain('nested too deeply');
  expect(longestTurnMs).toBeLessThan(1_000);
  expect(await manifests()).toEqual(before);
  await stillServes();
});

it('bytes that are no request crash nothing and learn nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
      const { socket, ended, text } = client('');
      socket.end(bytes);
      await ended;
      expect(statusesIn(text()).filter((status) => status < 400)).toEqual([]);
      socket.destroy();
    }),
  );
  await stillServes();
});

const selectorPart = fc.oneof(
  fc.constantFrom(
    'a',
    'a=b',
    'a==b',
    'a!=b',
    '!a',
    'a in (b,c)',
    'a notin ()',
    'a>1',
    'metadata.name=web',
    'spec.nodeName!=x',
    'status.phase',
    ',',
    '(',
    ')',
    '=',
    '\\',
  ),
  fc.constantFrom(
    '__proto__=x',
    'constructor',
    'toString in (a)',
    `${'a'.repeat(5_000)}=b`,
    '(('.repeat(2_000),
    `a in (${'x,'.repeat(5_000)})`,
  ),
  fc.string({ unit: 'binary', maxLength: 10 }),
);
it('selectors, limits and versions of any form are understood or refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        labelSelector: fc.array(selectorPart, { maxLength: 4 }).map((parts) => parts.join(',')),
        fieldSelector: fc.array(selectorPart, { maxLength: 3 }).map((parts) => parts.join(',')),
        limit: fc.constantFrom('', '1', '-1', '99999999999999999999', 'x'),
        continue: fc.oneof(
          fc.constantFrom('', 'x'),
          fc.string({ maxLength: 40 }).map((text) => Buffer.from(text).toString('base64')),
        ),
        resourceVersion: fc.constantFrom('', '0', '-1', 'x', '99999999999999999999'),
        resourceVersionMatch: fc.constantFrom('', 'Exact', 'NotOlderThan', 'x'),
      }),
      fc.constantFrom('pods', 'configmaps', 'events'),
      async (query, resource) => {
        const given = Object.entries(query).filter(([, value]) => value !== '');
        const text = await ask('read', 'GET', `${API}/${resource}?${new URLSearchParams(given)}`);
        // 504: a version that there is not yet is waited for.
        expect([200, 400, 410, 422, 431, 504]).toContain(statusesIn(text)[0]);
        expect(showsSecret(text)).toBe(false);
      },
    ),
  );
  expect(longestTurnMs).toBeLessThan(1_000);
  await stillServes();
});

it('patches of any form change an object or are refused, and none breaks the server', async () => {
  const value: fc.Arbitrary<unknown> = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('__proto__', null, -0, 1e308, '\ud800'));
  const pointer = fc.oneof(
    fc.constantFrom(
      '',
      '/',
      '/data',
      '/data/a',
      '/metadata/labels',
      '/metadata/managedFields/0',
      '/-',
      '/data/-',
      '/__proto__/x',
      '/constructor/prototype',
      '/~2',
      '/kind',
    ),
    fc.string({ maxLength: 8 }).map((text) => `/${text}`),
  );
  const operation = fc.record({
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
    path: pointer,
    from: pointer,
    value,
  });
  const patch = fc.oneof(
    fc.tuple(fc.constant('application/json-patch+json'), fc.array(operation, { maxLength: 5 })),
    fc.tuple(
      fc.constantFrom('application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml'),
      fc.oneof(
        value,
        fc.record({ apiVersion: fc.constantFrom('v1', 'x'), kind: fc.constantFrom('ConfigMap', 'Secret'), metadata: value, data: value }),
        fc.dictionary(
          fc.constantFrom('$patch', '$retainKeys', '$setElementOrder/data', '$deleteFromPrimitiveList/finalizers', 'metadata'),
          value,
        ),
      ),
    ),
  );
  await fc.assert(
    fc.asyncProperty(patch, fc.constantFrom('configmaps/settings', 'pods/web', 'configmaps/none'), async ([type, body], path) => {
      const text = await ask(
        'admin',
        'PATCH',
        `${API}/${path}?fieldManager=a&dryRun=All`,
        `Content-Type: ${type}\r\n`,
        JSON.stringify(body) ?? '',
      );
      const [status = 0] = statusesIn(text);
      // Upstream says 500 of some patches that make no sense, without a reason; a fault of this program has one.
      if (![200, 201, 400, 404, 405, 409, 413, 415, 422, 500].includes(status) || text.includes('"InternalError"')) throw new Error(text);
    }),
  );
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  expect(longestTurnMs).toBeLessThan(1_000);
  await stillServes();
});

it('no token and no value of a Secret is in the audit log', async () => {
  await ask('admin', 'POST', `${API}/secrets`, JSON_BODY, config(JSON.stringify({ p: SECRET })));
  await vi.waitFor(async () => expect(await readFile(`${node.directory}/api/audit.log`, 'utf8')).toContain('"secrets"'), PATIENCE);
  const text = await readFile(`${node.directory}/api/audit.log`, 'utf8');
  for (const token of Object.values(TOKENS)) if (token !== undefined) expect(text).not.toContain(token);
  expect(showsSecret(text)).toBe(false);
});
