import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri, type FakeCri } from '@solo-kubelet/cri-client/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { fakeIo } from './fake-io.js';

let directory: string;
let fake: FakeCri;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'doctor-for-'));
  await mkdir(join(directory, 'manifests'));
  fake = await createFakeCri({});
}, 180_000);
afterEach(async () => {
  await fake.close();
  await rm(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

const manifest = (name: string, text: string): Promise<void> => writeFile(join(directory, 'manifests', name), text);
const POD = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - { name: app, image: app:1 }
`;
const kubelet = async (configuration: object, ...flags: string[]) => {
  const path = join(directory, 'config.json');
  const base = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    staticPodPath: join(directory, 'manifests'),
  };
  await writeFile(path, JSON.stringify({ ...base, ...configuration }));
  return ['--config', path, ...flags];
};
const doctor = async (flags: readonly string[], ...more: string[]) => {
  const io = fakeIo();
  const socket = ['--socket', join(directory, 'none.sock'), '--runtime-endpoint', fake.endpoint];
  const status = await main(
    ['doctor', '--for', '1.37', '-o', 'json', ...socket, ...more, ...(flags.length > 0 ? ['--', ...flags] : [])],
    io,
  );
  if (io.output() === '') throw new Error(`status ${status}: ${io.errors()}`);
  const findings = JSON.parse(io.output()) as { name: string; status: string; detail: string }[];
  return { status, bad: findings.filter((each) => each.status !== 'ok').map((each) => `${each.status}: ${each.detail}`), findings };
};

describe('doctor --for 1.37', () => {
  it('finds nothing against a machine that is ready', async () => {
    await manifest('web.yaml', POD);
    const { status, bad, findings } = await doctor(await kubelet({}));
    expect([status, bad]).toEqual([0, []]);
    expect(findings.map(({ name }) => name.split('/')[0]).sort()).toEqual(
      ['configuration', 'feature gates', 'manifest ', 'runtime'].sort(),
    );
    expect(findings.find(({ name }) => name === 'runtime')?.detail).toContain('it has no CheckpointContainer, CheckpointPod');
  });

  it('names gates and flags that its kubelet refuses, and defaults that change', async () => {
    const featureGates = { SidecarContainers: true, HostnameOverride: false, MemoryQoS: true };
    const { status, bad } = await doctor(await kubelet({ featureGates }, '--machine-id-file=/x'));
    expect(status).toBe(1);
    expect(bad).toEqual([
      'failed: featureGates: SidecarContainers is gone in Kubernetes 1.37: the kubelet of Kubernetes 1.37 does not start with it',
      'failed: featureGates: HostnameOverride=false: locked to true in Kubernetes 1.37: the kubelet of Kubernetes 1.37 does not start with it',
      'failed: --machine-id-file is gone in Kubernetes 1.37: the kubelet of Kubernetes 1.37 does not start with it',
      expect.stringContaining('warning: memoryThrottlingFactor was 0.9, and is nothing now'),
    ]);
  });

  it('names what of a manifest it refuses, or reads in another way', async () => {
    const mount = 'volumeMounts: [{ name: v, mountPath: /v, bindMountOptions: ';
    const volumes = '  volumes: [{ name: v, emptyDir: {} }]\n';
    await manifest('a-data.yaml', POD.replace('image: app:1 }', `image: app:1, ${mount}[nodev] }] }`) + volumes);
    await manifest('b-type.yaml', POD.replace('image: app:1 }', `image: app:1, ${mount}nodev }] }`) + volumes);
    await manifest('c-two.yaml', `${POD}---\n${POD.replace('web', 'db')}`);
    await manifest('d-other.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n');
    await manifest('e-refers.yaml', POD.replace('image: app:1 }', 'image: app:1, envFrom: [{ configMapRef: { name: c } }] }'));
    await manifest('.hidden.yaml', 'nonsense');
    const { status, bad } = await doctor(await kubelet({}));
    expect(status).toBe(1);
    expect(bad).toEqual([
      expect.stringMatching(/^warning: line 6, column \d+: .*bindMountOptions is ignored today; .*feature gate VolumeBindMountOptions$/),
      expect.stringMatching(/^failed: line 6, column \d+: the decoder of 1.37 refuses it: expected a list, found a string$/),
      expect.stringContaining('warning: line 6'),
      'warning: the kubelet of 1.37 reads the first document alone, of 2',
      "failed: the kubelet of 1.37 reads Pods alone: the other objects are this kubelet's own way",
      'failed: the kubelet of 1.37 refuses it: static pods may not reference configmaps',
    ]);
  });

  it('says what it could not look at', async () => {
    await fake.close();
    const { status, bad } = await doctor([], '--manifests', join(directory, 'manifests'));
    expect(status).toBe(0);
    expect(bad).toEqual([
      'warning: no kubelet answers, and none of its flags were given: configuration and flags were not looked at',
      'warning: no container runtime answers: it was not looked at',
    ]);
  });

  it.each([
    [['doctor', '--for', '1.99'], 'nothing is known of Kubernetes 1.99\nKnown releases: 1.37.\n'],
    [['doctor', '--', '--port=1'], 'flags of a kubelet are looked at with --for VERSION\n'],
  ])('%j is a usage error', async (argv, message) => {
    const io = fakeIo();
    expect(await main(argv, io)).toBe(2);
    expect(io.errors()).toBe(message);
  });
});
