import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ServedNode, serveNode, statusesIn, TOKENS } from './serve-node.js';

/** What the kubelet was told to run in Pods. */
const added: (readonly { readonly name: string }[])[] = [];
let node: ServedNode;
beforeAll(async () => {
  node = await serveNode({
    addEphemeralContainers: async (_uid, containers) => {
      added.push(containers);
      return true;
    },
    admit: async (object) =>
      JSON.stringify(object).includes('"privileged":true')
        ? { type: 'denied', message: 'pods "web" is forbidden: privileged' }
        : { type: 'admitted', object },
  });
});
afterAll(() => node[Symbol.asyncDispose]());
beforeEach(() => void added.splice(0));

const PODS = '/api/v1/namespaces/default/pods';
const PART = `${PODS}/web/ephemeralcontainers`;
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const APPLY = 'application/apply-patch+yaml';
const ask = async (method: string, target: string, body: unknown, type = 'application/json', role: keyof typeof TOKENS = 'admin') => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const head = `${method} ${target} HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer ${TOKENS[role]}\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`;
  const answer = await node.exchange(head + text);
  return { code: statusesIn(answer)[0] ?? 0, answer };
};
const debug = (more: object = {}, name = 'd') => ({ name, image: 'tools:1', terminationMessagePolicy: 'File', ...more });
const adding = (...containers: readonly object[]) => ({ spec: { ephemeralContainers: containers } });
const web = (more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  spec: { nodeName: 'node1', containers: [{ name: 'app', image: 'app:1' }], ...more },
});

it('they come by their own part of the Pod alone: by no write of the Pod, no new Pod and no template', async () => {
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'app', image: 'a' }], ephemeralContainers: [debug()] },
  };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'default' },
    spec: { selector: { matchLabels: { a: 'b' } }, template },
  };
  const tries: readonly (readonly [string, string, unknown, string?])[] = [
    ['PATCH', `${PODS}/web`, adding(debug()), MERGE],
    ['PATCH', `${PODS}/web`, adding(debug()), STRATEGIC],
    ['PATCH', `${PODS}/web`, [{ op: 'add', path: '/spec/ephemeralContainers', value: [debug()] }], JSON_PATCH],
    ['PATCH', `${PODS}/web?fieldManager=x&force=true`, web(adding(debug()).spec), APPLY],
    ['PUT', `${PODS}/web`, web({ ephemeralContainers: [debug()] })],
    ['POST', PODS, { ...web({ ephemeralContainers: [debug()] }), metadata: { name: 'new', namespace: 'default' } }],
    ['POST', '/apis/apps/v1/namespaces/default/deployments', deployment],
    ['PATCH', `${PODS}/web/resize`, adding(debug()), MERGE],
    ['PATCH', `${PODS}/web/status`, adding(debug()), MERGE],
    ['POST', PART, web({ ephemeralContainers: [debug()] })],
  ];
  for (const [method, target, body, type] of tries) {
    const { code } = await ask(method, target, body, type);
    expect([method, target, type, [200, 403, 405, 409, 415, 422].includes(code)]).toEqual([method, target, type, true]);
    const { answer } = await ask('GET', `${PODS}/web`, '');
    expect([method, target, type, answer.includes('tools:1')]).toEqual([method, target, type, false]);
  }
  expect(added).toEqual([]);
  for (const file of await readdir(node.manifestDirectory))
    expect(await readFile(join(node.manifestDirectory, file), 'utf8')).not.toMatch(/ephemeral|tools:1/);
});

it.each<[string, object, RegExp]>([
  ['the target of another Pod', debug({ targetContainerName: 'db' }), /targetContainerName.*Not found/],
  ['a target outside of names', debug({ targetContainerName: '../app' }), /targetContainerName/],
  ['the name of a container', debug({}, 'app'), /Duplicate value/],
  ['a name that leads elsewhere', debug({}, '../../x'), /name: Invalid value/],
  ['no image', debug({ image: '' }), /image: Required/],
  ['ports', debug({ ports: [{ containerPort: 1 }] }), /ports: Forbidden/],
  ['probes', debug({ livenessProbe: { exec: { command: ['x'] } } }), /livenessProbe: Forbidden/],
  ['hooks', debug({ lifecycle: { postStart: { exec: { command: ['x'] } } } }), /lifecycle: Forbidden/],
  ['resources', debug({ resources: { limits: { cpu: '1' } } }), /resources: Forbidden/],
  ['a restart policy', debug({ restartPolicy: 'Always' }), /restartPolicy/],
  ['a volume that the Pod does not have', debug({ volumeMounts: [{ name: 'host', mountPath: '/h' }] }), /volumeMounts.*Not found/],
  ['a path within a volume', debug({ volumeMounts: [{ name: 'v', mountPath: '/h', subPath: 'x' }] }), /subPath|Not found/],
  ['devices', debug({ volumeDevices: [{ name: 'v', devicePath: '/dev/x' }] }), /volumeDevices/],
  ['privileges that the policy denies', debug({ securityContext: { privileged: true } }), /is forbidden: privileged/],
])('none has %s', async (_what, container, why) => {
  for (const type of [MERGE, STRATEGIC]) {
    const { code, answer } = await ask('PATCH', PART, adding(container), type);
    expect([code === 403 || code === 422, answer]).toEqual([true, expect.stringMatching(why)]);
    expect((await ask('PATCH', `${PART}?dryRun=All`, adding(container), type)).code).toBe(code);
  }
  expect(added).toEqual([]);
});

it('nobody below the right adds one, however it is asked for', async () => {
  for (const role of ['nobody', 'stranger', 'read', 'exec'] as const)
    for (const target of [PART, `${PART}?dryRun=All`, `${PART}/`, `${PODS}/web/EphemeralContainers`, `${PODS}/web/%65phemeralcontainers`])
      for (const method of ['PATCH', 'PUT', 'POST', 'DELETE'])
        expect((await ask(method, target, adding(debug()), STRATEGIC, role)).code).toBeGreaterThanOrEqual(401);
  expect(added).toEqual([]);
});

it('one that is there stays as it is, and thousands are refused in time', { timeout: 60_000 }, async () => {
  expect(await ask('PATCH', PART, adding(debug({}, 'first')), STRATEGIC)).toMatchObject({ code: 200 });
  expect(added.map((containers) => containers.map(({ name }) => name))).toEqual([['first']]);
  const changes: readonly (readonly [unknown, string])[] = [
    [adding(debug({ image: 'evil:1' }, 'first')), STRATEGIC],
    [adding(debug({ stdin: true }, 'first')), STRATEGIC],
    [adding(debug({}, 'second')), MERGE],
    [adding(), MERGE],
    [[{ op: 'remove', path: '/spec/ephemeralContainers/0' }], JSON_PATCH],
    [[{ op: 'replace', path: '/spec/ephemeralContainers/0/securityContext', value: { privileged: true } }], JSON_PATCH],
    [{ spec: { ephemeralContainers: [{ $patch: 'delete', name: 'first' }] } }, STRATEGIC],
    [{ spec: { $patch: 'replace', ephemeralContainers: [] } }, STRATEGIC],
  ];
  for (const [body, type] of changes) expect([body, (await ask('PATCH', PART, body, type)).code]).toEqual([body, 422]);
  const thousands = Array.from({ length: 5_000 }, (_, at) => debug({}, `d-${at}`));
  const startMs = performance.now();
  for (const target of [PART, `${PART}?dryRun=All`]) {
    const { code, answer } = await ask('PATCH', target, adding(...thousands), STRATEGIC);
    expect([code, answer]).toEqual([413, expect.stringMatching(/at most 65536 are kept of one Pod/)]);
  }
  expect(performance.now() - startMs).toBeLessThan(20_000);
  expect(added.length).toBe(1);
  const twice = await ask('PATCH', PART, [{ op: 'add', path: '/spec/ephemeralContainers/-', value: debug({}, 'first') }], JSON_PATCH);
  expect([twice.code, twice.answer]).toEqual([422, expect.stringContaining('Duplicate value')]);
});
