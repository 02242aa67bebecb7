import { type LoginManager, startLoginManager, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podManifest, SLEEP, script, sleeper } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';

const ABORTABLE = { signal: new AbortController().signal };
const CRITICAL = 2_000_000_000;
let login: LoginManager;
let node: TestNode;

beforeAll(async () => {
  login = await startLoginManager({ delaySeconds: 60 });
  node = await startNode({ config: { shutdownGracePeriod: '40s', shutdownGracePeriodCriticalPods: '20s' }, env: login.env });
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await login?.[Symbol.asyncDispose]();
});

/** Takes a second to end, and says when. */
const SLOW = 'trap "sleep 1; exit 0" TERM; while :; do sleep 0.1; done';

const finishedMs = async (name: string): Promise<number> => {
  const { status } = await node.pod(name, hasPhase('Failed'));
  return Date.parse(status?.containerStatuses?.[0]?.state?.terminated?.finishedAt ?? '');
};

const readiness = async () => {
  const { status } = (await node.api.getNode(ABORTABLE)) as unknown as {
    readonly status: { readonly conditions: readonly { readonly type: string }[] };
  };
  return status.conditions.find(({ type }) => type === 'Ready');
};

it('a shutdown waits for the pods, ordinary ones first; one that is given up brings them back', async () => {
  await login.said('held');
  await node.drop('web.yaml', podManifest('web', { containers: [script('app', SLOW)] }));
  await node.drop('once.yaml', podManifest('once', { restartPolicy: 'Never', containers: [script('app', SLEEP)] }));
  await node.drop('core.yaml', podManifest('core', { priority: CRITICAL, containers: [script('app', SLEEP)] }));
  await Promise.all(['web', 'once', 'core'].map((name) => node.pod(name, isRunning)));

  login.announce('shutdown');
  await login.said('released', 1);
  expect([...(await node.running()).keys()]).toEqual([]);
  expect(await finishedMs('web')).toBeLessThanOrEqual(await finishedMs('core'));
  const { status } = await node.pod('web', hasPhase('Failed'));
  expect(status).toMatchObject({ reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' });
  expect(status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' }),
  );
  expect(await readiness()).toMatchObject({ status: 'False', reason: 'KubeletNotReady', message: 'node is shutting down' });
  await node.drop('late.yaml', sleeper('late'));
  const late = await node.pod('late', hasPhase('Failed'));
  expect(late.status).toMatchObject({
    reason: 'NodeShutdown',
    message: 'Pod was rejected: Pod was rejected as the node is shutting down.',
  });
  const events = await node.api.listEvents(ABORTABLE);
  expect(events.find(({ reason }) => reason === 'NodeShutdown')).toMatchObject({ involvedObject: { kind: 'Node' } });

  login.announce('cancel');
  await login.said('held', 2);
  await Promise.all(['web', 'core', 'late'].map((name) => node.pod(name, isRunning)));
  expect((await node.pod('once', hasPhase('Failed'))).status?.reason).toBe('Terminated');
  await waitFor(async () => ((await readiness()) as { readonly status?: string })?.status === 'True' || undefined, {
    what: 'a ready node',
  });
});

it('pods that a shutdown has ended run again when the machine has started anew', async () => {
  login.announce('shutdown');
  await login.said('released', 2);
  await node.restartKubelet('SIGKILL', () => login.restart());
  await login.said('held', 3);
  await Promise.all(['web', 'core', 'late'].map((name) => node.pod(name, isRunning)));
});
