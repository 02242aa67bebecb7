import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { grpcServer, hasBroker, mqttBroker, mqttPlugin, publish } from './real-servers.js';
import { dropAll, eventOf, isReady, journaled, journalOf, journalWith, restartedTimes, STAY, STUBBORN, statusOf } from './watching.js';

/** As often and as quick to judge as it gets. */
const QUICK = { periodSeconds: 1, failureThreshold: 1 };
// Ten seconds: in these tests the time limit is not the point, and a busy machine takes more than the default of one to begin an exec.
const exec = (command: string) => ({ exec: { command: ['sh', '-c', command] }, timeoutSeconds: 10 });
let node: TestNode;

beforeAll(async () => {
  node = await startNode({ flags: ['--probe-plugin', mqttPlugin] });
  const mqtt = await mqttBroker(node, 'app');
  const http = { name: 'app', image: imageNames.http, ports: [{ name: 'web', containerPort: 8080 }] };
  const grpc = await grpcServer(node, 'app');
  const grpcPod = (name: string, probe: object): object =>
    podManifest(name, {
      volumes: grpc.volumes,
      containers: [{ ...grpc.container, readinessProbe: { grpc: probe, ...QUICK, timeoutSeconds: 5 } }],
    });
  await dropAll(
    node,
    podManifest('exec', {
      containers: [script('app', `touch /tmp/alive; ${STAY}`, { livenessProbe: { ...exec('test -e /tmp/alive'), ...QUICK } })],
    }),
    podManifest('http', { containers: [{ ...http, readinessProbe: { httpGet: { path: '/cgi-bin/healthz', port: 'web' }, ...QUICK } }] }),
    podManifest('tcp', {
      containers: [script('app', `httpd -p 9000; ${STAY}`, { readinessProbe: { tcpSocket: { port: 9000 }, ...QUICK } })],
    }),
    grpcPod('grpc', { port: 5000 }),
    grpcPod('grpc-main', { port: 5000, service: 'main' }),
    grpcPod('grpc-broken', { port: 5000, service: 'broken' }),
    grpcPod('grpc-none', { port: 5001 }),
    journaled(node, 'startup', {
      containers: [
        script('app', STAY, {
          startupProbe: { ...exec('echo startup >> $JOURNAL; test -e /tmp/up'), periodSeconds: 1, failureThreshold: 600 },
          livenessProbe: { ...exec('echo liveness >> $JOURNAL; test -e /tmp/up'), ...QUICK },
          readinessProbe: { ...exec('echo readiness >> $JOURNAL; test -e /tmp/up'), ...QUICK },
        }),
      ],
    }),
    podManifest(
      'mqtt',
      { volumes: mqtt.volumes, containers: [mqtt.container] },
      {
        annotations: {
          'probes.solo-kubelet.dev/app.startup': JSON.stringify({ mqtt: { port: 1883 }, periodSeconds: 1, failureThreshold: 60 }),
          'probes.solo-kubelet.dev/app.readiness': JSON.stringify({
            mqtt: { port: 1883, topic: 'line/state', payload: 'up' },
            timeoutSeconds: 2,
            ...QUICK,
          }),
        },
      },
    ),
    podManifest('startup-fails', {
      containers: [script('app', STAY, { startupProbe: { ...exec('echo not yet; exit 1'), periodSeconds: 1, failureThreshold: 2 } })],
    }),
    podManifest('own-grace', {
      terminationGracePeriodSeconds: 600,
      containers: [
        script('app', `touch /tmp/alive; ${STUBBORN}`, {
          livenessProbe: { ...exec('test -e /tmp/alive'), ...QUICK, terminationGracePeriodSeconds: 2 },
        }),
      ],
    }),
    podManifest('slow', {
      containers: [script('app', STAY, { readinessProbe: { ...exec('sleep 60'), ...QUICK, timeoutSeconds: 1 } })],
    }),
    podManifest('sidecar', {
      initContainers: [script('side', STAY, { restartPolicy: 'Always', readinessProbe: { ...exec('test -e /tmp/up'), ...QUICK } })],
      containers: [script('app', STAY)],
    }),
  );
});
afterAll(() => node?.[Symbol.asyncDispose]());

it.skipIf(!hasBroker)('a probe of a plugin is chosen by annotation: MQTT, against a real broker', async () => {
  const pod = await node.pod('mqtt', (one) => statusOf(one).started === true);
  expect(isReady('False')(pod)).toBe(true);
  await eventOf(node, 'mqtt', 'Unhealthy', /^Readiness probe failed: /);
  const { podIP = '' } = pod.status ?? {};
  await publish(podIP, 'line/state', 'up');
  await node.pod('mqtt', isReady('True'));
  await publish(podIP, 'line/state', 'down');
  expect(statusOf(await node.pod('mqtt', isReady('False'))).restartCount).toBe(0);
});

const readyReason = async (name: string): Promise<string> => {
  const pod = await node.pod(name, isReady('False'));
  return pod.status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
};

describe('a liveness probe', () => {
  it('has its container restarted when it fails, and says so', async () => {
    await node.pod('exec', isRunning);
    await node.exec('exec', 'rm /tmp/alive');
    const pod = await node.pod('exec', restartedTimes(1));
    expect(statusOf(pod)).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 0, reason: 'Completed' } } });
    expect(await eventOf(node, 'exec', 'Unhealthy')).toMatchObject({
      type: 'Warning',
      message: 'Liveness probe failed: ',
      involvedObject: { fieldPath: 'spec.containers{app}' },
    });
    expect((await eventOf(node, 'exec', 'Killing')).message).toBe('Container app failed liveness probe, will be restarted');
  });

  it('may give less time to end than its pod does', async () => {
    await node.pod('own-grace', isRunning);
    await node.exec('own-grace', 'rm /tmp/alive');
    const pod = await node.pod('own-grace', restartedTimes(1), 20_000);
    expect(statusOf(pod).lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
  });
});

describe('a readiness probe', () => {
  it('by HTTP takes the pod out and back in, and restarts nothing', async () => {
    await node.pod('http', isReady('True'));
    await node.exec('http', 'touch /tmp/unhealthy');
    expect(await readyReason('http')).toBe('containers with unready status: [app]');
    expect((await eventOf(node, 'http', 'Unhealthy', /503/)).message).toBe(
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
    );
    await node.exec('http', 'rm /tmp/unhealthy');
    expect(statusOf(await node.pod('http', isReady('True')))).toMatchObject({ ready: true, started: true, restartCount: 0 });
  });

  it('by TCP follows the listening port', async () => {
    await node.pod('tcp', isReady('True'));
    await node.exec('tcp', 'killall httpd');
    expect(await readyReason('tcp')).toBe('containers with unready status: [app]');
    expect((await eventOf(node, 'tcp', 'Unhealthy', /9000/)).message).toMatch(/^Readiness probe failed: connect ECONNREFUSED [\d.]+:9000$/);
    await node.exec('tcp', 'httpd -p 9000');
    await node.pod('tcp', isReady('True'));
  });

  it.each(['grpc', 'grpc-main'])('by gRPC is content when the service serves (%s)', async (name) => {
    await node.pod(name, isReady('True'));
  });

  it('by gRPC is not when the service says that it does not serve, or there is no health service', async () => {
    expect((await eventOf(node, 'grpc-broken', 'Unhealthy', /NOT_SERVING/)).message).toBe(
      'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")',
    );
    await eventOf(node, 'grpc-none', 'Unhealthy', /does not implement the grpc health protocol/);
    expect(await readyReason('grpc-broken')).toBe('containers with unready status: [app]');
    expect(await readyReason('grpc-none')).toBe('containers with unready status: [app]');
  });

  it('that takes too long has failed', async () => {
    await eventOf(node, 'slow', 'Unhealthy', /^Readiness probe failed: command timed out/);
    expect(await readyReason('slow')).toBe('containers with unready status: [app]');
  });

  it('of a sidecar counts for the pod', async () => {
    expect(await readyReason('sidecar')).toBe('containers with unready status: [side]');
    await waitFor(async () => (await node.running()).has('sidecar/app'), { what: 'app beside an unready sidecar' });
    await node.exec('sidecar', 'touch /tmp/up', 'side');
    await node.pod('sidecar', isReady('True'));
  });
});

describe('a startup probe', () => {
  it('holds the other probes back until it succeeds, and then never runs again', async () => {
    await journalWith(node, 'startup', 'startup');
    await waitFor(async () => (await journalOf(node, 'startup')).length >= 3, { what: 'three startup probes' });
    expect(statusOf(await node.pod('startup', isReady('False')))).toMatchObject({ started: false, ready: false, restartCount: 0 });
    await node.exec('startup', 'touch /tmp/up');
    expect(statusOf(await node.pod('startup', isReady('True')))).toMatchObject({ started: true, ready: true, restartCount: 0 });
    await journalWith(node, 'startup', 'liveness');
    const journal = await journalOf(node, 'startup');
    const others = journal.findIndex((line) => line !== 'startup');
    expect(journal.slice(others)).not.toContain('startup');
  });

  it('that fails has the container restarted', async () => {
    const pod = await node.pod('startup-fails', (one) => (one.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
    expect(statusOf(pod).started).toBe(false);
    expect((await eventOf(node, 'startup-fails', 'Killing')).message).toBe('Container app failed startup probe, will be restarted');
    expect((await eventOf(node, 'startup-fails', 'Unhealthy')).message).toBe('Startup probe failed: not yet\n');
  });
});
