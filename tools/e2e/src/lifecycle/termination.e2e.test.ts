import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, eventOf, removeAll, STAY, STUBBORN, statusOf } from './watching.js';

let node: TestNode;
const never = (name: string, text: string, container: object = {}): object =>
  podManifest(name, { restartPolicy: 'Never', containers: [script('app', text, container)] });
const deleted = (metadata: object = {}): object =>
  podManifest(
    'deleted',
    { terminationGracePeriodSeconds: 600, containers: [script('app', STUBBORN)] },
    { uid: 'deleted-uid', ...metadata },
  );

beforeAll(async () => {
  node = await startNode();
  await dropAll(
    node,
    deleted(),
    podManifest('grace', { terminationGracePeriodSeconds: 3, containers: [script('app', STUBBORN)] }),
    podManifest('no-grace', { terminationGracePeriodSeconds: 0, containers: [script('app', STUBBORN)] }),
    podManifest('deadline', { activeDeadlineSeconds: 8, containers: [script('app', STAY)] }),
    podManifest('signal', { containers: [{ name: 'app', image: imageNames.stopSignal }] }),
    never('exit-0', 'exit 0'),
    never('exit-3', 'exit 3'),
    never('killed', "sh -c 'kill -9 $$$$'; exit $?"),
    never('oom', 'head -c 200000000 /dev/zero | tail', { resources: { limits: { memory: '20Mi' } } }),
    never('message', 'printf "all is well" > /dev/termination-log; exit 0'),
    never('own-path', 'mkdir -p /tmp; printf "from elsewhere" > /tmp/why; exit 2', { terminationMessagePath: '/tmp/why' }),
    never('long', 'head -c 5000 /dev/zero | tr "\\0" x > /dev/termination-log; printf end >> /dev/termination-log'),
    never('from-log', 'for i in $(seq 100); do echo line $i; done; exit 4', { terminationMessagePolicy: 'FallbackToLogsOnError' }),
    never('log-of-success', 'echo fine; exit 0', { terminationMessagePolicy: 'FallbackToLogsOnError' }),
  );
});
afterAll(() => node?.[Symbol.asyncDispose]());

const ended = async (name: string, phase: string) => statusOf(await node.pod(name, hasPhase(phase))).state?.terminated;

describe('how a container ended', () => {
  it.each([
    ['exit-0', 'Succeeded', { exitCode: 0, reason: 'Completed' }],
    ['exit-3', 'Failed', { exitCode: 3, reason: 'Error' }],
    ['killed', 'Failed', { exitCode: 137, reason: 'Error' }],
    ['oom', 'Failed', { exitCode: 137, reason: 'OOMKilled' }],
  ])('is told by code and reason: %s', async (name, phase, expected) => {
    const terminated = await ended(name, phase);
    expect(terminated).toMatchObject(expected);
    expect(terminated?.containerID).toMatch(/^containerd:\/\/[0-9a-f]{64}$/);
    expect(Date.parse(terminated?.finishedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(terminated?.startedAt ?? ''));
  });

  it('is told in its own words from its termination file', async () => {
    expect((await ended('message', 'Succeeded'))?.message).toBe('all is well');
    expect((await ended('own-path', 'Failed'))?.message).toBe('from elsewhere');
    expect((await ended('long', 'Succeeded'))?.message).toBe(`${'x'.repeat(4_093)}end`);
  });

  it('is told by the last lines of its log when it failed without a word and asks for that', async () => {
    const lines = Array.from({ length: 80 }, (_, index) => `line ${index + 21}\n`).join('');
    expect((await ended('from-log', 'Failed'))?.message).toBe(lines);
    expect(await ended('log-of-success', 'Succeeded')).not.toHaveProperty('message');
  });
});

describe('time to end', () => {
  it('is what the pod says, and no less', async () => {
    await node.pod('grace', isRunning);
    const before = performance.now();
    await removeAll(node, 'grace');
    expect(performance.now() - before).toBeGreaterThanOrEqual(3_000);
    expect(performance.now() - before).toBeLessThan(12_000);
  });

  it('is two seconds where the pod gives none', async () => {
    await node.pod('no-grace', isRunning);
    const before = performance.now();
    await removeAll(node, 'no-grace');
    expect(performance.now() - before).toBeGreaterThanOrEqual(2_000);
    expect(performance.now() - before).toBeLessThan(12_000);
  });

  it('is what a deletion in the manifest says, and the pod does not come back', async () => {
    await node.pod('deleted', isRunning);
    const before = performance.now();
    await dropAll(node, deleted({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 3 }));
    const pod = await node.pod('deleted', (one) => statusOf(one).state?.terminated !== undefined);
    expect(performance.now() - before).toBeGreaterThanOrEqual(3_000);
    expect(performance.now() - before).toBeLessThan(12_000);
    expect(statusOf(pod)).toMatchObject({ restartCount: 0, state: { terminated: { exitCode: 137 } } });
    await waitFor(
      async () => {
        const { items } = await node.bed.cri.runtime.listPodSandbox({
          filter: { labelSelector: { 'io.kubernetes.pod.uid': 'deleted-uid' } },
        });
        return items.every(({ state }) => state === 1) && items.length > 0;
      },
      { what: 'end of the sandbox' },
    );
    await removeAll(node, 'deleted');
  });
});

it('activeDeadlineSeconds ends the pod for good, over a restart of the kubelet too', async () => {
  const pod = await node.pod('deadline', (one) => hasPhase('Failed')(one) && statusOf(one).state?.terminated !== undefined);
  expect(pod.status).toMatchObject({
    phase: 'Failed',
    reason: 'DeadlineExceeded',
    message: 'Pod was active on the node longer than the specified deadline',
  });
  await eventOf(node, 'deadline', 'DeadlineExceeded');
  await node.restartKubelet();
  const after = await node.pod('deadline', (one) => one.status?.containerStatuses !== undefined);
  expect(after.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  expect((await node.running()).has('deadline/app')).toBe(false);
});

it("a stop is by the image's own signal", async () => {
  await node.pod('signal', isRunning);
  const before = performance.now();
  const log = await waitFor(async () => ((await node.log('signal')) === 'ready\n' ? true : undefined), { what: 'ready' });
  expect(log).toBe(true);
  await removeAll(node, 'signal');
  expect(performance.now() - before).toBeLessThan(5_000);
});
