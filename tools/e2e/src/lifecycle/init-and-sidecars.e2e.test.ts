import { afterAll, beforeAll, expect, it } from 'vitest';
import { script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, journaled, journalOf, journalWith, removeAll, restartedTimes, STAY, statusOf, stayAndTell } from './watching.js';

const ALWAYS = { restartPolicy: 'Always' };
let node: TestNode;

beforeAll(async () => {
  node = await startNode();
  await dropAll(
    node,
    journaled(node, 'order', {
      terminationGracePeriodSeconds: 20,
      initContainers: [
        script('init1', 'echo init1 >> $JOURNAL'),
        script('side1', `echo side1 begins >> $JOURNAL; sleep 1; touch /tmp/up; echo side1 up >> $JOURNAL; ${stayAndTell('side1')}`, {
          ...ALWAYS,
          startupProbe: { exec: { command: ['test', '-e', '/tmp/up'] }, periodSeconds: 1, failureThreshold: 30 },
          lifecycle: { preStop: { exec: { command: ['sh', '-c', 'echo side1 preStop >> $JOURNAL'] } } },
        }),
        script('init2', 'echo init2 >> $JOURNAL'),
        script('side2', stayAndTell('side2'), ALWAYS),
      ],
      containers: [
        script('app', `echo app begins >> $JOURNAL; trap 'sleep 1; echo app ended >> $JOURNAL; exit 0' TERM; sleep 1000000 & wait $!`),
      ],
    }),
    journaled(node, 'init-fails', {
      restartPolicy: 'Never',
      initContainers: [script('setup', 'echo setup >> $JOURNAL; exit 7'), script('later', 'echo later >> $JOURNAL')],
      containers: [script('app', 'echo app >> $JOURNAL')],
    }),
    journaled(node, 'init-retries', {
      restartPolicy: 'OnFailure',
      initContainers: [script('setup', 'echo setup >> $JOURNAL; [ $(wc -l < $JOURNAL) -ge 2 ]')],
      containers: [script('app', 'echo app >> $JOURNAL')],
    }),
    journaled(node, 'job', {
      restartPolicy: 'Never',
      initContainers: [script('side', `echo side begins >> $JOURNAL; ${stayAndTell('side')}`, ALWAYS)],
      containers: [script('app', 'sleep 1; echo app done >> $JOURNAL')],
    }),
    journaled(node, 'side-crashes', {
      initContainers: [
        script('side', `echo side >> $JOURNAL; [ $(grep -c side $JOURNAL) -ge 2 ] || { sleep 1; exit 9; }; ${STAY}`, ALWAYS),
      ],
      containers: [script('app', `echo app >> $JOURNAL; ${STAY}`)],
    }),
    journaled(node, 'shared-pids', {
      shareProcessNamespace: true,
      containers: [script('app', STAY), script('other', 'exec sleep 7654321')],
    }),
  );
});
afterAll(() => node?.[Symbol.asyncDispose]());

it('init containers and sidecars start in their order, each after the one before has finished or started up', async () => {
  await node.pod('order', isRunning);
  expect(await journalOf(node, 'order')).toEqual(['init1', 'side1 begins', 'side1 up', 'init2', 'app begins']);
  const started = (await node.containerStatuses('order')).map(({ metadata, startedAt }) => ({ name: metadata?.name, startedAt }));
  expect(started.sort((a, b) => Number(a.startedAt - b.startedAt)).map(({ name }) => name)).toEqual([
    'init1',
    'side1',
    'init2',
    'side2',
    'app',
  ]);
});

it('containers end first, then sidecars in reverse order, whose preStop hooks have run at once', async () => {
  await node.pod('order', isRunning);
  await removeAll(node, 'order');
  expect((await journalOf(node, 'order')).slice(5)).toEqual(['side1 preStop', 'app ended', 'side2 ended', 'side1 ended']);
});

it('an init container that fails for good fails the pod, and nothing after it starts', async () => {
  const { status } = await node.pod('init-fails', hasPhase('Failed'));
  expect(status?.initContainerStatuses).toMatchObject([
    { name: 'setup', ready: false, restartCount: 0, state: { terminated: { exitCode: 7, reason: 'Error' } } },
    { name: 'later', state: { waiting: { reason: 'PodInitializing' } } },
  ]);
  expect(status?.containerStatuses).toMatchObject([{ name: 'app', state: { waiting: { reason: 'PodInitializing' } } }]);
  expect(status?.conditions).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        type: 'Initialized',
        status: 'False',
        reason: 'ContainersNotInitialized',
        message: 'containers with incomplete status: [setup later]',
      }),
    ]),
  );
  expect(await journalOf(node, 'init-fails')).toEqual(['setup']);
});

it('an init container that may be retried is, and the pod goes on from there', async () => {
  const pod = await node.pod('init-retries', hasPhase('Succeeded'));
  expect(statusOf(pod, 'setup')).toMatchObject({
    ready: true,
    restartCount: 1,
    state: { terminated: { exitCode: 0, reason: 'Completed' } },
    lastState: { terminated: { exitCode: 1, reason: 'Error' } },
  });
  expect(await journalOf(node, 'init-retries')).toEqual(['setup', 'setup', 'app']);
});

it('a sidecar does not keep a finished pod alive: it is ended after the last container', async () => {
  await journalWith(node, 'job', 'side ended');
  expect(await journalOf(node, 'job')).toEqual(['side begins', 'app done', 'side ended']);
  const pod = await node.pod('job', (one) => hasPhase('Succeeded')(one) && statusOf(one, 'side').state?.terminated !== undefined);
  expect(statusOf(pod, 'side').restartCount).toBe(0);
});

it('a sidecar that crashes is started again while the containers run on', async () => {
  const pod = await node.pod('side-crashes', restartedTimes(1, 'side'));
  expect(statusOf(pod, 'side').lastState).toMatchObject({ terminated: { exitCode: 9, reason: 'Error' } });
  expect(statusOf(pod, 'app').restartCount).toBe(0);
  expect(await journalOf(node, 'side-crashes')).toEqual(['side', 'app', 'side']);
});

it('containers of a pod that shares its process namespace see each other', async () => {
  await node.pod('shared-pids', isRunning);
  expect(await node.exec('shared-pids', 'ps -o args')).toMatch(/^sleep 7654321$/m);
});
