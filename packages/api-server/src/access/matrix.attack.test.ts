import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ApiRequest } from '../context.js';
import type { ApiAnswer } from '../respond/answer.js';
import { createMemoryStore } from '../store/memory-store.js';
import type { ObjectStore, StoreEvent } from '../store/object-store.js';
import type { StoredObject } from '../stored-object.js';
import { createCore } from '../testing/ask-core.js';
import type { Attributes, Authorizer } from './authorizer.js';

const SECRET = Buffer.from('only who may read Secrets').toString('base64');
const TOKEN = 'a-token-of-the-default-account';
const NODE = 'node1';

/** What somebody may do: any verb of these, with one resource or one part of it. `*` is every resource. */
interface Rule {
  readonly verbs: readonly string[];
  readonly resource: string;
  readonly subresource: string;
}

const allows = ({ verbs, resource, subresource }: Rule, asked: Attributes): boolean =>
  asked.isResource && verbs.includes(asked.verb) && (resource === '*' || resource === asked.resource) && subresource === asked.subresource;

const metadata = (name: string, namespace = 'default') => ({ name, namespace, uid: `uid-${name}` });
const containers = [{ name: 'app', image: 'app:1', terminationMessagePath: '/dev/termination-log' }];
const OBJECTS: readonly (readonly [bucket: string, key: string, object: StoredObject])[] = [
  [
    'secrets',
    'default/password',
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('password'), data: { p: SECRET }, type: 'Opaque' },
  ],
  ['configmaps', 'default/settings', { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('settings'), data: { a: 'x' } }],
  ['serviceaccounts', 'default/default', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('default') }],
  [
    'pods',
    'default/web',
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: metadata('web'),
      spec: { nodeName: NODE, containers, serviceAccountName: 'default' },
      status: { phase: 'Running' },
    },
  ],
  [
    'deployments',
    'default/web',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata('web'),
      spec: { replicas: 1, selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers } } },
    },
  ],
  ['nodes', NODE, { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE, uid: 'uid-node' }, status: {} }],
];

/** A store that tells which buckets are written. */
const openStore = (): { readonly store: ObjectStore; readonly written: Set<string> } => {
  const store = createMemoryStore();
  for (const [bucket, key, object] of OBJECTS) store.put(bucket, key, object, 0);
  const written = new Set<string>();
  const tell = ({ bucket }: StoreEvent): void => void written.add(bucket);
  for (const bucket of BUCKETS) store.subscribe(bucket, tell);
  return { store, written };
};

const RESOURCES = ['secrets', 'configmaps', 'serviceaccounts', 'pods', 'deployments', 'nodes', 'namespaces'] as const;
const BUCKETS = [...RESOURCES, 'events', 'roles', 'clusterroles', 'rolebindings', 'clusterrolebindings', 'services'];
const NAMES = ['password', 'settings', 'default', 'web', NODE, 'other', ''];
const EXISTING = [
  ['secrets', 'password'],
  ['secrets', ''],
  ['pods', 'web'],
  ['serviceaccounts', 'default'],
  ['deployments', 'web'],
  ['nodes', NODE],
] as const;
const PARTS = [
  '',
  'status',
  'log',
  'exec',
  'attach',
  'portforward',
  'proxy',
  'eviction',
  'binding',
  'ephemeralcontainers',
  'resize',
  'scale',
  'token',
  'finalize',
  'other',
];
const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'proxy'];
const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection'];

const BODIES: readonly (readonly [type: string, body: object])[] = [
  ['application/json', {}],
  ['application/json', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'password', namespace: 'default' }, data: { q: 'eA==' } }],
  ['application/json', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { b: 'y' } }],
  ['application/json', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web' } }],
  ['application/json', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }],
  ['application/json', { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'web' }, target: { kind: 'Node', name: NODE } }],
  ['application/merge-patch+json', { metadata: { labels: { a: 'b' } }, data: { r: 'eA==' }, spec: { replicas: 3 } }],
  [
    'application/strategic-merge-patch+json',
    { spec: { ephemeralContainers: [{ name: 'debug', image: 'app:1', terminationMessagePolicy: 'File', imagePullPolicy: 'Always' }] } },
  ],
];
const PATCH = BODIES[6]!;
const BODY_OF: Readonly<Record<string, (typeof BODIES)[number]>> = {
  eviction: BODIES[3]!,
  token: BODIES[4]!,
  ephemeralcontainers: BODIES[7]!,
};
const QUERIES = [
  '',
  '?watch=1',
  '?watch=0&watch=1',
  '?fieldSelector=metadata.name%3Dsettings',
  '?container=app&command=id&stdout=1&ports=80',
  '?dryRun=All',
  '?resourceVersion=0',
];

interface Request {
  readonly resource: string;
  readonly part: string;
  readonly method: string;
  readonly target: string;
  readonly type: string;
  readonly body: object;
}

/** Mostly of what is asked for, or of another part of it: anything else is a plain refusal. */
const ruleFor = ({ resource, part }: Request): fc.Arbitrary<Rule> =>
  fc.record({
    verbs: fc.oneof(fc.constant(VERBS), fc.subarray(VERBS, { minLength: 1 })),
    resource: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(resource, '*') }, { weight: 1, arbitrary: fc.constantFrom(...RESOURCES) }),
    subresource: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(part, '') }, { weight: 1, arbitrary: fc.constantFrom(...PARTS) }),
  });

const anything: fc.Arbitrary<Request> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'),
    version: fc.constantFrom('/api/v1', '/api/v1', '/api/v1', '/apis/apps/v1'),
    prefix: fc.constantFrom('', '', '', '', 'watch', 'watch', 'proxy'),
    namespace: fc.constantFrom('namespaces/default', 'namespaces/default', 'namespaces/default', 'namespaces', 'namespaces/', '', ''),
    object: fc.oneof<fc.Arbitrary<readonly [string, string]>[]>(
      fc.constantFrom(...EXISTING),
      fc.tuple(fc.constantFrom(...RESOURCES), fc.constantFrom(...NAMES)),
    ),
    part: fc.oneof(fc.constant(''), fc.constantFrom(...PARTS)),
    rest: fc.constantFrom('', '', '', '', '', '', 'run/default/web/app', 'secrets/password', '..', 'status', '/'),
    query: fc.constantFrom(...QUERIES),
    body: fc.constantFrom(...BODIES),
    spell: fc.constantFrom<(path: string) => string>(
      (path) => path,
      (path) => path,
      (path) => `${path}/`,
      (path) => path.replaceAll('/', '//'),
      (path) => path.replace('default/', 'default%2F'),
    ),
  })
  .map(({ method, version, prefix, namespace, object: [resource, name], part, rest, query, body: [type, body], spell }) => {
    const parts = [version, prefix, namespace, resource, name, part, rest].filter((each) => each !== '');
    return { resource, part, method, target: `${spell(parts.join('/'))}${query}`, type, body };
  });

/** What is answered, if it is allowed, and may be so for the wrong rule. */
const sensible: fc.Arbitrary<Request> = fc
  .tuple(
    fc.constantFrom(
      ['GET', 'secrets', 'password', '', ''],
      ['GET', 'secrets', '', '', '?watch=1'],
      ['GET', 'pods', 'web', 'log', '?container=app'],
      ['GET', 'pods', 'web', 'exec', '?command=id&stdout=1'],
      ['POST', 'pods', 'web', 'attach', '?stdout=1'],
      ['GET', 'pods', 'web', 'portforward', '?ports=80'],
      ['POST', 'pods', 'web', 'eviction', ''],
      ['PATCH', 'pods', 'web', 'ephemeralcontainers', ''],
      ['PATCH', 'configmaps', 'settings', '', ''],
      ['DELETE', 'configmaps', 'settings', '', ''],
      ['DELETE', 'secrets', '', '', ''],
      ['POST', 'serviceaccounts', 'default', 'token', ''],
    ),
    fc.constantFrom('', '', '', 'watch/'),
    fc.constantFrom('', '', '', '/', '/status'),
  )
  .map(([[method, resource, name, part, query], prefix, rest]) => {
    const path = [resource, name, part].filter((each) => each !== '').join('/');
    const [type, body] = BODY_OF[part] ?? (method === 'PATCH' ? PATCH : BODIES[0]!);
    return { method, resource, part, target: `/api/v1/${prefix}namespaces/default/${path}${rest}${query}`, type, body };
  });
const requests = fc.oneof(anything, sensible);

/** All that an answer tells, of a watch what it begins with. */
const told = (answer: ApiAnswer): string => {
  if (answer.type === 'later') return told(answer.finish(60_000));
  if (answer.type === 'answer') return Buffer.from(answer.body as string).toString();
  if (answer.type === 'node') return '';
  let text = '';
  const send = (event: string | Uint8Array): void => {
    text += Buffer.from(event as string).toString();
  };
  answer.start({ send, end: () => {} })();
  return text;
};

/** What an attack may do, of the moment: to make a whole server for each would take most of the time. */
let current: Rule;
let server: ReturnType<typeof openServer> | undefined;
const openServer = () => {
  const { store, written } = openStore();
  const authorizer: Authorizer = {
    decide: (asked) => ({ allowed: allows(current, asked), reason: '' }),
    rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }),
    escalation: () => undefined,
  };
  const core = createCore({}, { store, nodeName: NODE, authorizer, signToken: () => TOKEN });
  written.clear();
  return { core, written };
};

const ask = (rule: Rule, { method, target, type, body }: Omit<Request, 'resource' | 'part'>) => {
  current = rule;
  server ??= openServer();
  const { core, written } = server;
  const request: ApiRequest = {
    method,
    target,
    headers: { 'content-type': type },
    user: { username: 'u', groups: [] },
    body: method === 'GET' || method === 'HEAD' ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(body)),
    nowMs: 1_000,
  };
  const answer = core.handle(request);
  const text = told(answer);
  if (written.size > 0) server = undefined;
  return { answer, text, written };
};

const STREAMS: Readonly<Record<string, string>> = { exec: '/exec/', attach: '/attach/', portforward: '/portForward/' };

it('a rule of a resource, or of one part of it, lets nobody do more than that', () => {
  const seen = { secrets: 0, writes: 0, node: 0 };
  fc.assert(
    fc.property(
      requests.chain((request) => fc.tuple(ruleFor(request), fc.constant(request))),
      ([rule, request]) => {
        const { answer, text, written } = ask(rule, request);
        const may = (resource: string, subresource: string, verbs: readonly string[]): boolean =>
          (rule.resource === '*' || rule.resource === resource) &&
          rule.subresource === subresource &&
          verbs.some((verb) => rule.verbs.includes(verb));
        if (text.includes(SECRET)) {
          seen.secrets += 1;
          expect(may('secrets', '', VERBS)).toBe(true);
        }
        if (text.includes(TOKEN)) expect(may('serviceaccounts', 'token', ['create'])).toBe(true);
        for (const bucket of written) {
          seen.writes += 1;
          const parts = bucket === 'pods' ? PARTS : ['', 'status', 'scale', 'finalize'];
          expect([bucket, parts.some((part) => may(bucket, part, WRITES))]).toEqual([bucket, true]);
        }
        if (answer.type !== 'node') return;
        seen.node += 1;
        if (answer.isStream) {
          const stream = Object.keys(STREAMS).find((each) => answer.target.startsWith(`${STREAMS[each]}default/web`));
          expect(may('pods', stream ?? 'none', ['create'])).toBe(true);
        } else if (answer.target.startsWith('/containerLogs/default/web/'))
          expect(may('pods', 'log', ['get']) || may('nodes', 'proxy', VERBS)).toBe(true);
        else expect(may('nodes', 'proxy', VERBS)).toBe(true);
      },
    ),
    { numRuns: 20 * (fc.readConfigureGlobal().numRuns ?? 100) },
  );
  // The fuzzer is worth something only if it is let in at times.
  expect(seen.secrets).toBeGreaterThan(5);
  expect(seen.writes).toBeGreaterThan(5);
  expect(seen.node).toBeGreaterThan(2);
});

it.each(['status', 'log', 'exec', 'other', 'password'])('a watch of the part %s of an object is none of the object', (part) => {
  const rule: Rule = { verbs: ['watch'], resource: '*', subresource: part };
  for (const resource of ['secrets/password', 'pods/web']) {
    const { answer } = ask(rule, { method: 'GET', target: `/api/v1/watch/namespaces/default/${resource}/${part}`, type: '', body: {} });
    expect(answer).toMatchObject({ type: 'answer', code: 404 });
  }
});
