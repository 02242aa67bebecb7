import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode, waitingFor } from '../kubelet/node.js';
import { dropAll, eventOf, journaled, journalOf, removeAll, restartedTimes, STAY, statusOf, stayAndTell } from './watching.js';

const rule = (action: 'Restart' | 'RestartAllContainers', ...values: readonly number[]) => ({
  action,
  exitCodes: { operator: 'In', values },
});
/** Counts its starts in the journal, and goes on with what it is told for that start. */
const perStart = (...texts: readonly string[]): string =>
  `echo start >> $JOURNAL; case $(grep -c start $JOURNAL) in ${texts.map((text, index) => `${index === texts.length - 1 ? '*' : index + 1}) ${text} ;;`).join(' ')} esac`;
let node: TestNode;

beforeAll(async () => {
  node = await startNode({ config: { crashLoopBackOff: { maxContainerRestartPeriod: '4s' } } });
  await dropAll(
    node,
    journaled(node, 'always', { containers: [script('app', perStart('exit 0', STAY))] }),
    journaled(node, 'on-failure', { restartPolicy: 'OnFailure', containers: [script('app', perStart('exit 5', 'exit 0'))] }),
    journaled(node, 'never', { restartPolicy: 'Never', containers: [script('app', perStart('exit 5', STAY))] }),
    journaled(node, 'own-policy', {
      restartPolicy: 'Never',
      containers: [script('app', perStart('exit 5', STAY), { restartPolicy: 'Always' }), script('once', 'exit 0')],
    }),
    journaled(node, 'own-never', { containers: [script('app', perStart('exit 5', STAY), { restartPolicy: 'Never' })] }),
    journaled(node, 'by-rule', {
      restartPolicy: 'Never',
      containers: [script('app', perStart('exit 42', 'exit 3'), { restartPolicy: 'Never', restartPolicyRules: [rule('Restart', 42)] })],
    }),
    journaled(node, 'all', {
      restartPolicy: 'Never',
      initContainers: [
        script('init', 'echo init >> $JOURNAL'),
        script('side', `echo side >> $JOURNAL; ${stayAndTell('side')}`, { restartPolicy: 'Always' }),
      ],
      containers: [
        script('source', `echo source >> $JOURNAL; [ $(grep -c source $JOURNAL) -ge 2 ] || { sleep 1; exit 42; }; ${STAY}`, {
          restartPolicy: 'Never',
          restartPolicyRules: [rule('RestartAllContainers', 42)],
        }),
        script('regular', `echo regular >> $JOURNAL; ${STAY}`),
      ],
    }),
    podManifest('loop', { containers: [script('app', 'exit 1')] }),
  );
});
afterAll(() => node?.[Symbol.asyncDispose]());

describe('a container that ends', () => {
  it('well is started again under Always', async () => {
    expect(statusOf(await node.pod('always', restartedTimes(1)))).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 0, reason: 'Completed' } },
    });
  });

  it('badly is started again under OnFailure, and not when it ends well', async () => {
    expect(statusOf(await node.pod('on-failure', hasPhase('Succeeded')))).toMatchObject({
      restartCount: 1,
      state: { terminated: { exitCode: 0 } },
      lastState: { terminated: { exitCode: 5, reason: 'Error' } },
    });
    expect(await journalOf(node, 'on-failure')).toEqual(['start', 'start']);
  });

  it('is not started again under Never', async () => {
    expect(statusOf(await node.pod('never', hasPhase('Failed')))).toMatchObject({
      restartCount: 0,
      state: { terminated: { exitCode: 5 } },
    });
    expect(await journalOf(node, 'never')).toEqual(['start']);
  });

  it('follows its own policy before that of its pod', async () => {
    const pod = await node.pod('own-policy', restartedTimes(1));
    expect(pod.status?.phase).toBe('Running');
    expect(statusOf(pod, 'once')).toMatchObject({ restartCount: 0, state: { terminated: { exitCode: 0 } } });
    expect(statusOf(await node.pod('own-never', hasPhase('Failed')))).toMatchObject({
      restartCount: 0,
      state: { terminated: { exitCode: 5 } },
    });
  });

  it('with a code of a rule is started again, and with another is not', async () => {
    expect(statusOf(await node.pod('by-rule', hasPhase('Failed')))).toMatchObject({
      restartCount: 1,
      state: { terminated: { exitCode: 3 } },
      lastState: { terminated: { exitCode: 42 } },
    });
  });
});

it('RestartAllContainers starts the whole pod over in its sandbox, from the first init container', async () => {
  const names = ['init', 'side', 'source', 'regular'];
  const pod = await node.pod('all', (one) => isRunning(one) && names.every((name) => statusOf(one, name).restartCount === 1));
  const journal = (await journalOf(node, 'all')).filter((line) => !line.endsWith('ended'));
  expect([journal.slice(0, 2), journal.slice(4, 6)]).toEqual([
    ['init', 'side'],
    ['init', 'side'],
  ]);
  expect([...journal].sort()).toEqual([...names, ...names].sort());
  expect(statusOf(pod, 'source').lastState).toMatchObject({ terminated: { exitCode: 42 } });
  expect(pod.status?.conditions).toEqual(
    expect.arrayContaining([expect.objectContaining({ type: 'AllContainersRestarting', status: 'False' })]),
  );
  const { items } = await node.bed.cri.runtime.listPodSandbox({
    filter: { labelSelector: { 'io.kubernetes.pod.uid': pod.metadata.uid ?? '' } },
  });
  expect(items.map(({ metadata }) => metadata?.attempt)).toEqual([0]);
});

describe('a crash loop', () => {
  const inBackoff = (times: number) => (pod: Parameters<typeof statusOf>[0]) =>
    waitingFor('CrashLoopBackOff')(pod) && statusOf(pod).restartCount >= times;

  it('waits as long as the node allows at most, and says how long', async () => {
    const pod = await node.pod('loop', inBackoff(1));
    const message = `back-off 4s restarting failed container=app pod=loop-node1_default(${pod.metadata.uid})`;
    expect(statusOf(pod)).toMatchObject({
      state: { waiting: { reason: 'CrashLoopBackOff', message } },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
      ready: false,
      started: false,
    });
    expect((await eventOf(node, 'loop', 'BackOff')).message).toBe(
      `Back-off restarting failed container app in pod loop-node1_default(${pod.metadata.uid})`,
    );
    const later = await node.pod('loop', inBackoff(2));
    const [last, before] = [...(await node.containerStatuses('loop'))].reverse();
    const pauseMs = Number((last!.startedAt - before!.finishedAt) / 1_000_000n);
    expect(pauseMs).toBeGreaterThanOrEqual(4_000);
    expect(later.status?.phase).toBe('Running');
  });

  it('keeps waiting over a restart of the kubelet', async () => {
    await node.pod('loop', inBackoff(2));
    await node.restartKubelet('SIGKILL');
    const pod = await node.pod(
      'loop',
      (one) => statusOf(one).state?.waiting !== undefined || statusOf(one).state?.terminated !== undefined,
    );
    await node.pod('loop', inBackoff(statusOf(pod).restartCount + 1));
    const [last, before] = [...(await node.containerStatuses('loop'))].reverse();
    expect(Number((last!.startedAt - before!.finishedAt) / 1_000_000n)).toBeGreaterThanOrEqual(4_000);
  });

  it('is tried at once when its manifest is touched', async () => {
    const { restartCount } = statusOf(await node.pod('loop', inBackoff(1)));
    const now = new Date();
    await utimes(join(node.bed.manifestDirectory, 'loop.json'), now, now);
    await node.pod('loop', (pod) => statusOf(pod).restartCount > restartCount, 3_500);
    await removeAll(node, 'loop');
    await waitFor(async () => !(await node.running()).has('loop/app'), { what: 'end of loop' });
  });
});
