import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, journaled, journalOf, journalWith, removeAll, restartedTimes, STAY, statusOf } from '../lifecycle/watching.js';

// What Kubernetes' node tests (test/e2e_node: container_lifecycle_test.go, mirror_pod_test.go) hold of pods, where it can be seen without an API server.
// Times are shorter than there.

const ALWAYS = { restartPolicy: 'Always' };
let node: TestNode;

/** Writes what it does to the journal, each line with the time since boot, s. */
const say = 'say() { read up _ < /proc/uptime; echo "$1 $up" >> $JOURNAL; }; ';
const ends = (name: string, afterSeconds: number, exitCode = 0): string =>
  `${say}trap 'sleep ${afterSeconds}; say ${name}-ended; exit ${exitCode}' TERM; say ${name}; sleep 1000000 & wait $!`;
const hook = (text: string): object => ({ exec: { command: ['sh', '-c', `${say}${text}`] } });
const sidecar = (name: string, text: string, more: object = {}): object => script(name, text, { ...ALWAYS, ...more });

const linesOf = async (name: string): Promise<readonly { readonly what: string; readonly at: number }[]> =>
  (await journalOf(node, name)).map((line) => ({ what: line.split(' ')[0] ?? '', at: Number(line.split(' ')[1]) }));
const namesOf = async (name: string): Promise<readonly string[]> => (await linesOf(name)).map(({ what }) => what);

const endOf = (pod: Pod, container: string) => {
  const terminated = statusOf(pod, container).state?.terminated;
  return terminated === undefined ? 'has not ended' : `${terminated.exitCode} ${terminated.reason}`;
};
const hasEnded = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

const updated = (image: string): object =>
  journaled(
    node,
    'updated',
    {
      initContainers: [
        script('first', `${say}say first`),
        { ...sidecar('side', ends('side', 0)), image },
        script('long', `${say}say long; ${STAY}`),
      ],
      containers: [script('app', `${say}say app`)],
    },
    { uid: 'uid-updated' },
  );

const file = (): string => join(node.bed.manifestDirectory, 'recreated.json');
const recreated = JSON.stringify(podManifest('recreated', { containers: [script('app', STAY)] }));

beforeAll(async () => {
  node = await startNode();
  await dropAll(
    node,
    journaled(node, 'reverse', {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 20,
      initContainers: [sidecar('one', ends('one', 1)), sidecar('two', ends('two', 1, 3))],
      containers: [script('app', `${say}sleep 1; say app-ended`)],
    }),
    journaled(node, 'endless', {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 3,
      initContainers: ['one', 'two'].map((name) =>
        sidecar(name, 'trap "" TERM; while :; do sleep 1; done', {
          lifecycle: { preStop: hook(`while :; do say ${name}; sleep 0.2; done`) },
        }),
      ),
      containers: [script('app', 'sleep 1')],
    }),
    journaled(node, 'unready', {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 20,
      containers: [
        script('app', ends('app', 0), {
          livenessProbe: { ...hook('say liveness; exit 1'), initialDelaySeconds: 2, periodSeconds: 1, failureThreshold: 1 },
          readinessProbe: { ...hook('say readiness'), periodSeconds: 1 },
          lifecycle: { preStop: hook('say hook; sleep 4; say hook-ended') },
        }),
      ],
    }),
    journaled(node, 'well-ended', {
      restartPolicy: 'OnFailure',
      containers: [
        script('app', ends('app', 0), {
          livenessProbe: { ...hook('[ $(grep -c "^app " $JOURNAL) -ge 2 ]'), periodSeconds: 1, failureThreshold: 1 },
        }),
      ],
    }),
    journaled(node, 'in-init', {
      terminationGracePeriodSeconds: 3,
      initContainers: [script('init', ends('init', 0)), sidecar('side', STAY, { lifecycle: { preStop: hook('sleep 100') } })],
      containers: [script('app', STAY)],
    }),
    updated(imageNames.busybox),
  );
  writeFileSync(file(), recreated);
});
afterAll(() => node?.[Symbol.asyncDispose]());

describe('a pod with sidecars', () => {
  it('has ended when the last of them has, in reverse order, and their exit codes do not count', async () => {
    const pod = await node.pod('reverse', hasEnded);
    expect(pod.status?.phase).toBe('Succeeded');
    expect(['one', 'two', 'app'].map((name) => endOf(pod, name))).toEqual(['0 Completed', '3 Error', '0 Completed']);
    expect(await namesOf('reverse')).toEqual(['one', 'two', 'app-ended', 'two-ended', 'one-ended']);
  });

  it('lets preStop hooks that never end go on side by side until their containers are killed', async () => {
    const pod = await node.pod('endless', hasEnded);
    expect(['one', 'two'].map((name) => endOf(pod, name))).toEqual(['137 Error', '137 Error']);
    const lines = await linesOf('endless');
    for (const name of ['one', 'two']) {
      const at = lines.filter(({ what }) => what === name).map((line) => line.at);
      expect(at.at(-1)! - at[0]!).toBeGreaterThan(4); // 3 s of grace, and 2 s from the stop signal to the kill
    }
  });

  it('ends at once when it is removed while it is initialized', async () => {
    await journalWith(
      node,
      'in-init',
      (await waitFor(async () => (await journalOf(node, 'in-init'))[0], { what: 'the init container' })) ?? '',
    );
    const before = performance.now();
    await removeAll(node, 'in-init');
    expect(performance.now() - before).toBeLessThan(6_000);
  });

  it('has the image of one of them changed under a pinned UID while an init container runs', async () => {
    await waitFor(async () => (await namesOf('updated')).includes('long'), { what: 'the long init container' });
    await dropAll(node, updated(imageNames.http));
    const pod = await node.pod('updated', restartedTimes(1, 'side'));
    expect(statusOf(pod, 'side').image).toBe(imageNames.http);
    expect(pod.status?.phase).toBe('Pending');
    await waitFor(async () => (await namesOf('updated')).filter((name) => name === 'side').length === 2, { what: 'the new sidecar' });
    expect(await namesOf('updated')).toEqual(['first', 'side', 'long', 'side-ended', 'side']);
  });
});

describe('a container that fails its liveness probe', () => {
  it('is probed for readiness but not for liveness while its preStop hook runs', async () => {
    await node.pod('unready', hasPhase('Succeeded'));
    const names = await namesOf('unready');
    const during = names.slice(names.indexOf('hook') + 1, names.indexOf('hook-ended'));
    expect(during).toContain('readiness');
    expect(during).not.toContain('liveness');
    expect(names.at(-1)).toBe('app-ended');
  });

  it('is started again under OnFailure although it ends well', async () => {
    const pod = await node.pod('well-ended', restartedTimes(1));
    expect(statusOf(pod).lastState?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(pod.status?.phase).toBe('Running');
    await removeAll(node, 'well-ended');
  });
});

it('a manifest that is deleted and made anew at once restarts its pod with count 1', async () => {
  const { metadata } = await node.pod('recreated', isRunning);
  unlinkSync(file());
  writeFileSync(file(), recreated);
  const pod = await node.pod('recreated', (one) => isRunning(one) && statusOf(one).restartCount > 0);
  expect(pod.metadata.uid).toBe(metadata.uid);
  expect(statusOf(pod)).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 0 } } });
});
