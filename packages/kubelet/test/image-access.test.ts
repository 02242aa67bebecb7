import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { createPodEnvironment } from '@solo-kubelet/pod-environment';
import { testNode } from '@solo-kubelet/pod-environment/testing';
import type { StepReport } from '@solo-kubelet/reconciler';
import { criRuntime, type ImageRequest, joinCredentials, type PullSecret, secretCredentials } from '@solo-kubelet/reconciler/cri';
import { container, pod } from '@solo-kubelet/reconciler/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { VerificationPolicy } from '../src/image-pulls/core/verification-policy.js';
import { imagePullRecords } from '../src/image-pulls/image-pull-records.js';
import { markPreloaded } from '../src/image-pulls/mark-preloaded.js';
import { preloading } from '../src/image-pulls/node-pull-records.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});
const { signal } = new AbortController();
const IMAGE = 'reg.example/app:1';
const AUTH = { username: 'team', password: 'let me in' };

const secret = (uid: string, { username, password }: typeof AUTH): PullSecret => ({
  type: 'kubernetes.io/dockercfg',
  metadata: { uid },
  data: { '.dockercfg': Buffer.from(JSON.stringify({ 'reg.example': { username, password } })).toString('base64') },
});

/** A node with the private image in a registry, and Pods that ask for it. */
const machine = async ({ policy = 'NeverVerifyPreloadedImages' as VerificationPolicy, nodeHas = false } = {}) => {
  const rootDirectory = await mkdtemp(join(tmpdir(), 'image-access-'));
  const registry = [{ tags: [IMAGE], auth: AUTH }, { tags: ['open.example/app:1'] }];
  const fake = await createFakeCri({ images: [{ tags: ['base:1'] }], registry });
  const cri = createCriClient({ endpoint: fake.endpoint });
  cleanups.push(
    () => rm(rootDirectory, { recursive: true, force: true }),
    () => fake.close(),
    () => cri.close(),
  );
  const secrets = new Map([
    ['login', secret('u1', AUTH)],
    ['copy', secret('u2', AUTH)],
    ['wrong', secret('u3', { ...AUTH, password: 'let me out' })],
    ['broken', { type: 'kubernetes.io/dockercfg', data: { '.dockercfg': 'e30' } }],
  ]);
  secrets.set('broken', { type: 'kubernetes.io/dockercfg', data: { '.dockercfg': Buffer.from('{').toString('base64') } });
  const requests: ImageRequest[] = [];
  const checks: string[] = [];
  const records = imagePullRecords({
    ...{ rootDirectory, policy, allowlist: [], logger: silentLogger, wallNow: Date.now },
    onCheck: (result) => checks.push(result),
  });
  const node = { lookup: async () => (nodeHas ? [AUTH] : []) };
  const runtime = criRuntime({
    cri,
    environment: createPodEnvironment(testNode(rootDirectory)),
    credentials: joinCredentials([secretCredentials((_, name) => secrets.get(name)), node]),
    podLogsDir: join(rootDirectory, 'logs'),
    containerLogsDir: '',
    pullRecords: records,
    onImageRequest: (request) => requests.push(request),
  });
  let pods = 0;
  /** What becomes of the image for a new Pod: `pulled`, `present`, or why not. */
  const ask = async (name = IMAGE, secretName?: string, imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never' = 'IfNotPresent') => {
    const reports: StepReport[] = [];
    pods += 1;
    const imagePullSecrets = secretName === undefined ? [] : [{ name: secretName }];
    const spec = { imagePullSecrets, containers: [container('app', { image: name, imagePullPolicy })] };
    await runtime.pullImages(pod(`pod${pods}`, spec), { signal, report: (report) => void reports.push(report) });
    for (const report of reports) {
      if (report.type === 'imageFailed') return report.reason;
      if (report.type === 'imagePulled') return report.present ? 'present' : 'pulled';
    }
    return undefined;
  };
  return { fake, cri, records, ask, secrets, requests, checks, rootDirectory };
};

describe('a private image', () => {
  it('is the Pod’s whose Secret brought it, under every pull policy', async () => {
    const { ask, requests, checks } = await machine();
    expect(await ask()).toBe('ErrImagePull');
    expect(await ask(IMAGE, 'login')).toBe('pulled');
    expect(await Promise.all([ask(), ask(IMAGE, 'wrong'), ask(IMAGE, 'broken'), ask(IMAGE, undefined, 'Never')])).toEqual([
      'ErrImagePull',
      'ErrImagePull',
      'ErrImagePull',
      'ErrImageNeverPull',
    ]);
    expect([await ask(IMAGE, 'login'), await ask(IMAGE, 'copy'), await ask(IMAGE, 'login', 'Never')]).toEqual([
      'present',
      'present',
      'present',
    ]);
    expect(await ask(IMAGE, 'login', 'Always')).toBe('pulled');
    expect(requests).toContainEqual({ pullPolicy: 'IfNotPresent', present: false, pullRequired: true });
    expect(requests).toContainEqual({ pullPolicy: 'IfNotPresent', present: true, pullRequired: true });
    expect(requests).toContainEqual({ pullPolicy: 'Never', present: true, pullRequired: false });
    expect(requests).toContainEqual({ pullPolicy: 'IfNotPresent', present: true, pullRequired: undefined });
    expect(requests.at(-1)).toEqual({ pullPolicy: 'Always', present: undefined, pullRequired: true });
    expect(checks.filter((check) => check === 'mustAuthenticate')).toHaveLength(3);
  });

  it('stays the Pod’s when the content of its Secret changes, and nobody asks the registry', async () => {
    const { ask, secrets } = await machine();
    await ask(IMAGE, 'login');
    secrets.set('login', secret('u1', { ...AUTH, password: 'newer' }));
    expect(await ask(IMAGE, 'login')).toBe('present');
    secrets.set('login', secret('u9', { ...AUTH, password: 'newest' }));
    expect(await ask(IMAGE, 'login')).toBe('ErrImagePull');
  });

  it('is every Pod’s when the node has the credentials, and one that needs none likewise', async () => {
    const { ask } = await machine({ nodeHas: true, policy: 'AlwaysVerify' });
    expect([await ask(), await ask(), await ask(IMAGE, 'wrong')]).toEqual(['pulled', 'present', 'present']);
    expect([await ask('open.example/app:1'), await ask('open.example/app:1')]).toEqual(['pulled', 'present']);
  });
});

describe('an image that came without a pull', () => {
  it('is free, whatever is pulled', async () => {
    const { ask, fake } = await machine();
    fake.addImage({ tags: [IMAGE] });
    expect([await ask(), await ask(IMAGE, undefined, 'Never'), await ask(IMAGE, undefined, 'Always')]).toEqual([
      'present',
      'present',
      'ErrImagePull',
    ]);
    expect([await ask(IMAGE, 'login', 'Always'), await ask(), await ask(IMAGE, 'wrong')]).toEqual(['pulled', 'present', 'present']);
  });

  it('needs a pull where all images are verified', async () => {
    const { ask } = await machine({ policy: 'AlwaysVerify' });
    expect([await ask('base:1'), await ask('base:1', undefined, 'Never')]).toEqual(['ErrImagePull', 'ErrImageNeverPull']);
  });

  it('is one that was imported after the kubelet had pulled it', async () => {
    const { ask, cri, rootDirectory } = await machine();
    await ask(IMAGE, 'login');
    expect(await ask()).toBe('ErrImagePull');
    await markPreloaded(rootDirectory, [IMAGE, 'unknown:1', 'Not A Name'], { cri, wallNow: Date.now });
    expect(await ask()).toBe('present');
  });

  it('is one that came with manifests', async () => {
    const { ask, cri, records } = await machine();
    await ask(IMAGE, 'login');
    const loaded: string[] = [];
    const images = preloading(
      {
        platform: 'linux/amd64',
        lacking: async () => [],
        heldBlobs: async () => new Set(),
        load: async () => {},
        loadArchive: async ({ name }) => void loaded.push(name),
      },
      { cri, records },
    );
    await images?.loadArchive({ path: '/x', name: IMAGE, digest: '' }, { signal });
    expect([loaded, await ask()]).toEqual([[IMAGE], 'present']);
  });
});

it('does not pull what it cannot record', async () => {
  const { ask, records, rootDirectory } = await machine();
  const { writeFile } = await import('node:fs/promises');
  await writeFile(join(rootDirectory, 'image_manager'), '');
  expect(await ask(IMAGE, 'login')).toBe('ErrImagePull');
  expect(await records.count()).toEqual({ intents: 0, records: 0 });
});
