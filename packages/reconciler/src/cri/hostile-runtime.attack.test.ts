import { ContainerState, type CriClient } from '@solo-kubelet/cri-client';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newestContainer } from '../core/observed-pod.js';
import { podUid } from '../core/pod-identity.js';
import { createPodObserver } from './observe-pods.js';
import { OWNER_LABEL, POD_UID_LABEL } from './owner-label.js';

const signal = new AbortController().signal;
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

interface Answers {
  readonly containers: readonly unknown[];
  readonly sandboxes?: readonly unknown[];
  readonly containerStatus: (id: string) => unknown;
  readonly sandboxStatus?: (id: string) => unknown;
}

/** A runtime that answers what it likes. */
const runtimeOf = ({ containers, sandboxes = [], containerStatus, sandboxStatus = () => ({ info: {} }) }: Answers): CriClient =>
  ({
    lists: { podSandboxes: async () => sandboxes, containers: async () => containers },
    runtime: {
      version: async () => ({ runtimeName: 'containerd' }),
      containerStatus: async ({ containerId }: { containerId: string }) => containerStatus(containerId),
      podSandboxStatus: async ({ podSandboxId }: { podSandboxId: string }) => sandboxStatus(podSandboxId),
    },
  }) as unknown as CriClient;

const labelsOf = (uid: string) => ({ [OWNER_LABEL]: 'me', [POD_UID_LABEL]: uid });
const listed = (id: string, labels: Readonly<Record<string, string>>) => ({
  id,
  podSandboxId: 's1',
  metadata: { name: 'app', attempt: 0 },
  state: ContainerState.CONTAINER_RUNNING,
  labels,
  annotations: {},
  createdAt: 1n,
});
const statusOf = (id: string, labels: Readonly<Record<string, string>>) => ({
  status: {
    ...listed(id, labels),
    startedAt: 1n,
    finishedAt: 0n,
    exitCode: 0,
    reason: '',
    message: '',
    mounts: [],
    imageRef: '',
    logPath: '',
  },
});
const observe = (answers: Answers) => createPodObserver({ cri: runtimeOf(answers), owner: 'me' }).list({ signal });

it('containers of others are nobody of ours, though a runtime passes over the selector', async () => {
  const containers = [
    listed('c1', labelsOf('good')),
    listed('c2', { [OWNER_LABEL]: 'you', [POD_UID_LABEL]: 'other' }),
    listed('c3', {}),
    listed('c4', { [OWNER_LABEL]: 'me' }),
    listed('', labelsOf('nameless')),
  ];
  const { pods } = await observe({ containers, containerStatus: (id) => statusOf(id, labelsOf('good')) });
  expect([...pods.keys()]).toEqual(['good']);
});

it('what is listed twice is there once', async () => {
  const twice = [listed('c1', labelsOf('good')), listed('c1', labelsOf('good'))];
  const { pods } = await observe({ containers: twice, containerStatus: (id) => statusOf(id, labelsOf('good')) });
  expect(pods.get(podUid('good'))?.containers).toHaveLength(1);
});

it.each(['null', '5', '"exec"', 'true', '{'])('a preStop hook of %s is none', async (preStop) => {
  const { status } = statusOf('c1', labelsOf('good'));
  const annotations = { 'io.kubernetes.container.preStopHandler': preStop, 'io.kubernetes.pod.terminationGracePeriod': '9'.repeat(400) };
  const containers = [listed('c1', labelsOf('good'))];
  const { pods } = await observe({ containers, containerStatus: () => ({ status: { ...status, annotations } }) });
  const [container] = pods.get(podUid('good'))?.containers ?? [];
  expect(container).toMatchObject({ id: 'c1' });
  expect(container).not.toHaveProperty('preStop');
  expect(container).not.toHaveProperty('terminationGracePeriodSeconds');
});

const text = fc.oneof(fc.string(), fc.constantFrom('', '/', '../../etc', 'a/b', '__proto__', 'constructor', 'null', '[]', '-1', '1e400'));
const time = fc.oneof(fc.bigInt(INT64), fc.constantFrom(INT64.min, INT64.max, 0n, -1n));
const number = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2_147_483_647, -2_147_483_648));
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const annotations = fc.dictionary(
  fc.constantFrom(
    'io.kubernetes.container.restartCount',
    'io.kubernetes.container.hash',
    'io.kubernetes.container.ports',
    'io.kubernetes.container.preStopHandler',
    'io.kubernetes.container.terminationMessagePath',
    'io.kubernetes.pod.terminationGracePeriod',
  ),
  fc.oneof(text, fc.json()),
);
const linux = fc.record({ cpuShares: time, cpuQuota: time, cpuPeriod: time, memoryLimitInBytes: time });
/** A status as it can come over the wire, with what it likes in every field. */
const status = fc.record({
  id: text,
  metadata: maybe(fc.record({ name: text, attempt: fc.nat() })),
  state: number,
  createdAt: time,
  startedAt: time,
  finishedAt: time,
  exitCode: number,
  image: maybe(fc.record({ image: text, userSpecifiedImage: text })),
  imageRef: text,
  reason: text,
  message: text,
  labels: fc.dictionary(text, text),
  annotations,
  mounts: fc.array(fc.record({ containerPath: text, hostPath: text }), { maxLength: 3 }),
  logPath: fc.constantFrom('', '/', '/nowhere/log', '../log'),
  resources: maybe(fc.record({ linux: maybe(linux) })),
  user: maybe(fc.record({ linux: maybe(fc.record({ uid: time, gid: time, supplementalGroups: fc.array(time, { maxLength: 3 }) })) })),
});
const sandboxStatus = fc.record({
  id: text,
  metadata: maybe(fc.record({ name: text, namespace: text, uid: text, attempt: fc.nat() })),
  state: number,
  createdAt: time,
  network: maybe(fc.record({ ip: text, additionalIps: fc.array(fc.record({ ip: text }), { maxLength: 3 }) })),
  linux: maybe(fc.record({ namespaces: maybe(fc.record({ options: maybe(fc.record({ network: number })) })) })),
  labels: fc.dictionary(text, text),
  annotations,
});

it('whatever a status holds, its Pod and the others are observed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(status, { maxLength: 4 }), fc.array(sandboxStatus, { maxLength: 3 }), async (statuses, boxes) => {
      const evil = statuses.map((each, index) => ({ ...listed(`e${index}`, labelsOf('evil')), state: each.state }));
      const { pods } = await observe({
        containers: [...evil, listed('c1', labelsOf('good'))],
        sandboxes: boxes.map((each, index) => ({ id: `b${index}`, labels: labelsOf('evil'), annotations: {}, state: each.state })),
        containerStatus: (id) => (id === 'c1' ? statusOf(id, labelsOf('good')) : { status: statuses[Number(id.slice(1))] }),
        sandboxStatus: (id) => ({ status: boxes[Number(id.slice(1))], info: {} }),
      });
      expect(newestContainer(pods.get(podUid('good')), 'app')).toMatchObject({ id: 'c1', state: 'running' });
      expect(pods.get(podUid('evil'))?.containers ?? []).toHaveLength(statuses.length);
      expect(pods.get(podUid('evil'))?.sandboxes ?? []).toHaveLength(boxes.length);
    }),
  );
});
