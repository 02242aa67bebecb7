import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode, waitingFor } from '../kubelet/node.js';
import { dropAll, eventOf, eventsOf, isReady, removeAll, STAY, statusOf } from './watching.js';

let node: TestNode;

beforeAll(async () => {
  node = await startNode({ config: { resolvConf: '/etc/resolv.conf' } });
  const dns = { dnsPolicy: 'Default' };
  await dropAll(
    node,
    podManifest('plain', { ...dns, containers: [script('b', STAY), script('a', STAY)] }),
    podManifest('init', { ...dns, initContainers: [script('setup', 'exit 0')], containers: [script('app', STAY)] }),
    podManifest('guaranteed', {
      ...dns,
      hostNetwork: true,
      containers: [script('app', STAY, { resources: { limits: { cpu: '10m', memory: '20Mi' } } })],
    }),
    podManifest('burstable', { ...dns, containers: [script('app', STAY, { resources: { requests: { cpu: '10m' } } })] }),
    podManifest('gate', { ...dns, readinessGates: [{ conditionType: 'example.com/go' }], containers: [script('app', STAY)] }),
    podManifest('no-mount', {
      ...dns,
      volumes: [{ name: 'data', hostPath: { path: '/no/such/place', type: 'Directory' } }],
      containers: [script('app', STAY, { volumeMounts: [{ name: 'data', mountPath: '/data' }] })],
    }),
    podManifest('root', { ...dns, containers: [script('app', STAY, { securityContext: { runAsNonRoot: true } })] }),
    podManifest('no-command', { ...dns, containers: [{ name: 'app', image: imageNames.busybox, command: ['/no/such/command'] }] }),
    podManifest('never-pull', { ...dns, containers: [{ name: 'app', image: 'localhost/no/such:1', imagePullPolicy: 'Never' }] }),
    podManifest('crash', { ...dns, containers: [script('app', 'exit 1')] }),
  );
});
afterAll(() => node?.[Symbol.asyncDispose]());

describe('the status of a pod', () => {
  it('that runs says all that Kubernetes would', async () => {
    const { status } = await node.pod('plain', isRunning);
    expect(status?.conditions?.map(({ type, status: value }) => `${type}=${value}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
    const address = (await node.exec('plain', 'hostname -i', 'a')).trim();
    expect(status).toMatchObject({ podIP: address, podIPs: [{ ip: address }], qosClass: 'BestEffort', phase: 'Running' });
    expect(status?.hostIPs?.map(({ ip }) => ip)).toContain(status?.hostIP);
    expect(Date.parse(status?.startTime ?? '')).toBeLessThanOrEqual(
      Date.parse(status?.containerStatuses?.[0]?.state?.running?.startedAt ?? ''),
    );
    expect(status?.containerStatuses?.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(status?.containerStatuses?.[0]).toMatchObject({
      image: imageNames.busybox,
      imageID: expect.stringMatching(/sha256:[0-9a-f]{64}$/),
      containerID: expect.stringMatching(/^(?:containerd|cri-o):\/\/[0-9a-f]{64}$/),
      ready: true,
      started: true,
      restartCount: 0,
      lastState: {},
    });
  });

  it('on the host network has the addresses of the node', async () => {
    const { status } = await node.pod('guaranteed', isRunning);
    expect(status).toMatchObject({ qosClass: 'Guaranteed', podIP: status?.hostIP, podIPs: status?.hostIPs });
    expect((await node.pod('burstable', isRunning)).status?.qosClass).toBe('Burstable');
  });

  it('with a readiness gate that nobody opens is not ready, and says why', async () => {
    const { status } = await node.pod('gate', (pod) => isReady('False')(pod) && statusOf(pod).ready);
    expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "example.com/go" does not exist.',
    });
  });

  it.each([
    ['root', 'CreateContainerConfigError', /container has runAsNonRoot and image will run as root/, 'Failed'],
    [
      'never-pull',
      'ErrImageNeverPull',
      /^Container image "localhost\/no\/such:1" is not present with pull policy of Never$/,
      'ErrImageNeverPull',
    ],
  ])('that cannot start says why: %s', async (name, reason, message, event) => {
    expect(statusOf(await node.pod(name, waitingFor(reason))).state?.waiting?.message).toMatch(message);
    await eventOf(node, name, event, message);
    await eventOf(node, name, 'Failed', reason === 'ErrImageNeverPull' ? /^Error: ErrImageNeverPull$/ : /^Error: container has/);
  });

  it('whose command does not exist says so', async () => {
    await eventOf(node, 'no-command', 'Failed', /^Error: .*\/no\/such\/command/);
    const pod = await node.pod('no-command', (one) => waitingFor('RunContainerError')(one) || waitingFor('CrashLoopBackOff')(one));
    expect(statusOf(pod).lastState?.terminated ?? statusOf(pod).state?.waiting).toBeDefined();
  });

  it('is the same after a restart of the kubelet', async () => {
    const before = await node.pod('init', isRunning);
    await node.restartKubelet();
    const after = await node.pod('init', isRunning);
    expect(after.status).toEqual(before.status);
  });

  it('knows what an init container did whose record somebody took away, and counts the start time anew', async () => {
    const before = await node.pod('init', isRunning);
    const { cri } = node.bed;
    await node.restartKubelet('SIGTERM', async () => {
      const { containers } = await cri.runtime.listContainers({ filter: { labelSelector: { 'io.kubernetes.container.name': 'setup' } } });
      expect(containers).toHaveLength(1);
      await cri.runtime.removeContainer({ containerId: containers[0]?.id ?? '' });
    });
    const after = await node.pod('init', isRunning);
    expect(statusOf(after, 'setup')).toMatchObject({ ready: true, state: { terminated: { exitCode: 0, reason: 'Completed' } } });
    expect(Date.parse(after.status?.startTime ?? '')).toBeGreaterThan(Date.parse(before.status?.startTime ?? ''));
    expect(statusOf(after)).toEqual(statusOf(before));
    expect(after.status?.conditions).toEqual(before.status?.conditions);
  });
});

describe('the events of a pod', () => {
  it('tell every step of its start and its end, at the container that it is about', async () => {
    await node.pod('plain', isRunning);
    const of = async (name: string) =>
      (await eventsOf(node, 'plain')).filter(({ involvedObject }) => involvedObject?.fieldPath === `spec.containers{${name}}`);
    await waitFor(async () => (await of('a')).length === 3, { what: 'three events' });
    expect((await of('a')).map(({ type, reason, message }) => ({ type, reason, message }))).toEqual([
      {
        type: 'Normal',
        reason: 'Pulled',
        message: `Container image "${imageNames.busybox}" already present on machine and can be accessed by the pod`,
      },
      { type: 'Normal', reason: 'Created', message: 'Container created' },
      { type: 'Normal', reason: 'Started', message: 'Container started' },
    ]);
    await removeAll(node, 'plain');
    expect((await of('a')).at(-1)).toMatchObject({ type: 'Normal', reason: 'Killing', message: 'Stopping container a', count: 1 });
  });

  it('say what is wrong with a volume', async () => {
    expect(await eventOf(node, 'no-mount', 'FailedMount')).toMatchObject({
      type: 'Warning',
      message: expect.stringMatching(/"data".*\/no\/such\/place/s),
    });
  });

  it('are counted, and outlive the kubelet', async () => {
    await waitFor(async () => ((await eventOf(node, 'crash', 'Started')).count ?? 0) >= 2, { what: 'a second start' });
    await eventOf(node, 'crash', 'BackOff', /^Back-off restarting failed container app in pod crash-node1_default\(/);
    const kept = join(node.bed.rootDirectory, 'events.json');
    await waitFor(async () => (await readFile(kept, 'utf8')).includes('FailedMount'), { what: 'events on disk' });
    await node.restartKubelet('SIGKILL');
    await node.pod('crash', () => true);
    const [first] = await eventsOf(node, 'init');
    expect(first).toMatchObject({ reason: 'Pulled', involvedObject: { fieldPath: 'spec.initContainers{setup}' } });
  });
});
