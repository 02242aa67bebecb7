import type { Pod } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { randomFrom } from '../lifecycle/random-from.js';
import { restartedUntouched, violationsOf } from './laws.js';
import type { Seen } from './seen.js';
import { drawPeriod, type SoakPod } from './soak-plan.js';
import { imageOf, markOf } from './soak-pod.js';

const id = (digit: string): string => digit.repeat(64);
const plain: SoakPod = { version: 7, shape: 'plain', image: 'busybox' };
const wanted = { pods: new Map([['web', plain]]), directory: '/bed', nodeName: 'n' };
const status = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ name: 'app', containerID: `containerd://${id('b')}`, state: { running: {} }, restartCount: 2, ready: true }],
};
const shown = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-n', namespace: 'default', uid: 'u1' },
  spec: {},
  status,
} as unknown as Pod;
const container = { id: id('b'), uid: 'u1', pod: 'web', name: 'app', running: true, attempt: 2, image: 'sha256:1' };
const right: Seen = {
  sandboxes: [{ id: id('a'), uid: 'u1', pod: 'web', ready: true }],
  containers: [container],
  programs: [{ mark: markOf('/bed', 'web', 'app'), version: '7' }],
  shims: [id('a')],
  interfaces: ['veth0'],
  addresses: ['10.0.0.2'],
  mounts: ['/bed/kubelet', `/bed/run/shm/${id('a')}`, '/bed/kubelet/pods/u1/volumes/x'],
  cgroups: [
    { path: `/sys/fs/cgroup/cpu/solo/kubepods/podu1/${id('b')}`, used: true },
    { path: `/sys/fs/cgroup/cpu/solo/kubepods/podu1/${id('d')}`, used: false },
  ],
  directories: { volumes: ['u1'], records: ['u1'], logs: ['u1'] },
  pods: [shown],
  imageIds: new Map([[imageOf(plain), 'sha256:1']]),
};

it('finds nothing wrong with a node that is as it should be', () => {
  expect(violationsOf(right, wanted)).toEqual([]);
});

it.each<[string, Partial<Seen>, RegExp]>([
  ['a Pod that is not shown', { pods: [] }, /shows it not at all/],
  ['a Pod that is shown twice', { pods: [shown, shown] }, /more than once/],
  ['a program that runs twice', { programs: [...right.programs, ...right.programs] }, /VERSION 7 and 7/],
  ['a program of an older manifest', { programs: [{ mark: markOf('/bed', 'web', 'app'), version: '6' }] }, /VERSION 6/],
  ['no program at all', { programs: [] }, /VERSION none/],
  ['a program that nobody wants', { programs: [...right.programs, { mark: '/bed/mark/old/app', version: '1' }] }, /nobody wants/],
  ['another image', { containers: [{ ...container, image: 'sha256:2' }] }, /runs image sha256:2/],
  ['another count of restarts', { containers: [{ ...container, attempt: 3 }] }, /attempt 3/],
  [
    'two ready sandboxes',
    { sandboxes: [...right.sandboxes, { id: id('c'), uid: 'u1', pod: 'web', ready: true }] },
    /sandboxes that are ready/,
  ],
  [
    'a sandbox of a Pod that has gone',
    { sandboxes: [...right.sandboxes, { id: id('c'), uid: 'u0', pod: 'old', ready: false }] },
    /is there still/,
  ],
  [
    'a shim of a sandbox that was stopped',
    { shims: [id('a'), id('c')], sandboxes: [...right.sandboxes, { id: id('c'), uid: 'u1', pod: 'web', ready: false }] },
    /a shim of c+ is there still/,
  ],
  ['a sandbox without a shim', { shims: [] }, /has no shim/],
  ['a network', { interfaces: ['veth0', 'veth1'] }, /2 network interfaces/],
  ['an address', { addresses: ['10.0.0.2', '10.0.0.3'] }, /2 addresses/],
  ['a mount of a sandbox', { mounts: [`/bed/run/shm/${id('c')}`] }, /mount .* is there still/],
  ['a mount of a volume', { mounts: ['/bed/kubelet/pods/u0/volumes/x'] }, /mount .* is there still/],
  [
    'a cgroup of a Pod',
    { cgroups: [{ path: `/sys/fs/cgroup/cpu/solo/kubepods/pod${'0'.repeat(32)}`, used: false }] },
    /cgroup .* is there still/,
  ],
  [
    'a cgroup of a container that has ended, with a process',
    {
      containers: [container, { ...container, id: id('d'), running: false }],
      cgroups: [{ path: `/sys/fs/cgroup/cpu/solo/kubepods/podu1/${id('d')}`, used: true }],
    },
    /cgroup .* is there still/,
  ],
  ['a record', { directories: { ...right.directories, records: ['u0', 'u1'] } }, /records of u0/],
])('finds %s', (_name, change, message) => {
  expect(violationsOf({ ...right, ...change }, wanted).join('\n')).toMatch(message);
});

it('leaves to a runtime that was killed what it has forgotten, and no more of it', () => {
  const killed = { ...wanted, forgotten: new Set<string>() };
  const seen = { ...right, shims: [id('a'), id('c')], interfaces: ['veth0', 'veth1'], mounts: [`/bed/run/shm/${id('c')}`] };
  expect(violationsOf(seen, killed)).toEqual([]);
  expect(violationsOf(seen, wanted).join('\n')).toMatch(/a shim of c+ is there still/);
  expect(violationsOf({ ...right, interfaces: ['veth0', 'veth1'] }, { ...wanted, forgotten: new Set([id('c')]) })).toEqual([]);
  expect(violationsOf({ ...seen, interfaces: ['veth0', 'veth1', 'veth2'] }, killed)).toHaveLength(1);
});

it('finds a container that was replaced though nothing was done to its Pod', () => {
  const before = new Map([
    ['web/app', 'one'],
    ['db/app', 'two'],
  ]);
  const after = new Map([
    ['web/app', 'three'],
    ['db/app', 'four'],
  ]);
  expect(restartedUntouched(before, after, new Set(['db']))).toEqual([expect.stringContaining('web/app')]);
});

it('draws the same day from the same seed', () => {
  expect(drawPeriod(randomFrom(5), new Map(), 0)).toEqual(drawPeriod(randomFrom(5), new Map(), 0));
  expect(drawPeriod(randomFrom(5), new Map(), 0)).not.toEqual(drawPeriod(randomFrom(6), new Map(), 0));
});
