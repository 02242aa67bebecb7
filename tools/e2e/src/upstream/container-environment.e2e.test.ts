import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod, VolumeMountStatus } from '@solo-kubelet/pod-spec';
import { imageNames } from '@solo-kubelet-tools/images';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode, waitingFor } from '../kubelet/node.js';
import { dropAll, eventOf, eventsOf, isReady, STAY, statusOf } from '../lifecycle/watching.js';

/**
 * What Kubernetes' own node tests (test/e2e/common, test/e2e_node) ask of a container's environment and is asked nowhere else here. The pods are all put
 * in place at once; most run to their end, and the checks read what is left of them.
 */
const never = (name: string, spec: object, metadata: object = {}): object =>
  podManifest(name, { restartPolicy: 'Never', ...spec }, metadata);
const image = (fields: object): object => ({ name: 'app', image: imageNames.entrypoint, ...fields });
const mount = (name: string, mountPath: string, more: object = {}): object => ({ name, mountPath, ...more });
const disk = [{ name: 'disk', emptyDir: {} }];
const propagated = { securityContext: { privileged: true }, volumeMounts: [mount('disk', '/disk', { mountPropagation: 'Bidirectional' })] };

/** A pod whose subPath hangs on an annotation that may not be there. */
const subPathPod = (annotations: object): object =>
  never(
    'sub-path-by-annotation',
    {
      volumes: disk,
      containers: [
        script('app', STAY, {
          env: [{ name: 'PLACE', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['place']" } } }],
          volumeMounts: [mount('disk', '/place', { subPathExpr: '$(PLACE)/inner' }), mount('disk', '/disk')],
        }),
      ],
    },
    { uid: 'sub-path-by-annotation', annotations },
  );

/** A pod with a volume that is not there yet. */
const blocked = (name: string, more: object): object =>
  never(name, {
    volumes: [{ name: 'late', hostPath: { path: join(node.bed.directory, name), type: 'Directory' } }],
    containers: [script('app', STAY, { volumeMounts: [mount('late', '/late')] })],
    ...more,
  });
const longName = 'a-name-so-long-that-with-its-domain-no-kernel-takes-it';

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ config: { clusterDomain: 'cluster.local' } });
  await dropAll(
    node,
    never('image-defaults', { containers: [image({})] }),
    never('image-arguments', { containers: [image({ args: ['override', 'arguments'] })] }),
    never('image-command', { containers: [image({ command: ['/bin/echo', 'override', 'command'] })] }),
    never('image-both', { containers: [image({ command: ['/bin/echo', 'override'], args: ['both'] })] }),
    never('memory-volumes', {
      securityContext: { runAsUser: 1001, fsGroup: 123 },
      volumes: [
        { name: 'memory', emptyDir: { medium: 'Memory' } },
        { name: 'about', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      ],
      containers: [
        script('app', "stat -c '%n %A %u:%g' /memory /sub /about", {
          volumeMounts: [mount('memory', '/memory'), mount('memory', '/sub', { subPath: 'made/below' }), mount('about', '/about')],
        }),
      ],
    }),
    never('message-in-volume', {
      volumes: disk,
      containers: [script('app', 'echo from the volume > /disk/message', { ...propagated, terminationMessagePath: '/disk/message' })],
    }),
    never('recursive', {
      volumes: disk,
      initContainers: [
        script('mount', 'mkdir /disk/inner && mount -t tmpfs -o size=64k inner /disk/inner', propagated),
        script('look', 'for path in /*/inner; do touch $path/file && echo $path; done; true', {
          volumeMounts: [
            mount('disk', '/if-possible', { readOnly: true, recursiveReadOnly: 'IfPossible' }),
            mount('disk', '/read-only', { readOnly: true }),
            mount('disk', '/writable'),
          ],
        }),
        script('unmount', 'umount /disk/inner', propagated),
      ],
      containers: [script('app', 'true')],
    }),
    never('init-out-of-memory', {
      // containerd 1.6 does not hear of a lack of memory in a container's first moments: then the reason is only that it was killed.
      initContainers: [script('init', 'sleep 1; dd if=/dev/zero of=/dev/null bs=20M', { resources: { limits: { memory: '15Mi' } } })],
      containers: [script('app', 'true')],
    }),
    never(longName, { subdomain: 't', setHostnameAsFQDN: true, containers: [script('app', 'true')] }),
    never('leaving', {
      terminationGracePeriodSeconds: 30,
      containers: [
        script('app', 'touch /tmp/ready /tmp/live; trap "rm /tmp/ready /tmp/live; sleep 4; exit 0" TERM; sleep 1000 & wait $!', {
          readinessProbe: {
            exec: { command: ['cat', '/tmp/ready'] },
            timeoutSeconds: 10,
            periodSeconds: 1,
            failureThreshold: 1,
            initialDelaySeconds: 1,
          },
          livenessProbe: {
            exec: { command: ['cat', '/tmp/live'] },
            timeoutSeconds: 10,
            periodSeconds: 1,
            failureThreshold: 1,
            initialDelaySeconds: 1,
          },
        }),
      ],
    }),
    blocked('blocked', {}),
    blocked('blocked-init', { initContainers: [script('init', 'true')] }),
    subPathPod({}),
  );
});
afterAll(() => node?.[Symbol.asyncDispose]());

const logOf = async (name: string, container = 'app'): Promise<string> => {
  await node.pod(name, hasPhase('Succeeded'));
  return node.log(name, container);
};
const conditionsOf = (pod: Pod): readonly string[] => (pod.status?.conditions ?? []).map(({ type, status }) => `${type}=${status}`);

it.each([
  ['image-defaults', 'entrypoint command\n'],
  ['image-arguments', 'entrypoint override arguments\n'],
  ['image-command', 'override command\n'],
  ['image-both', 'override both\n'],
])('the command of %s is put together as Kubernetes does', async (name, text) => expect(await logOf(name)).toBe(text));

describe('volumes', () => {
  it('in memory keep the sticky bit of their tmpfs, and give their mode to what a subPath makes', async () => {
    expect(await logOf('memory-volumes')).toBe('/memory drwxrwsrwt 0:123\n/sub drwxrwsrwt 0:123\n/about drwxrwsrwt 0:123\n');
  });

  it('may hold the termination message of a container that shares its mounts, and the pod still goes', async () => {
    const pod = await node.pod('message-in-volume', hasPhase('Succeeded'));
    expect(statusOf(pod).state?.terminated?.message).toBe('from the volume\n');
    await node.remove('message-in-volume.json');
    await node.gone('message-in-volume');
  });

  it('show in the status which mounts are read-only, and how far', async () => {
    expect(await logOf('recursive', 'look')).toContain('/if-possible/inner\n/read-only/inner\n/writable/inner\n');
    const pod = await node.pod('recursive', hasPhase('Succeeded'));
    const shown = ({ mountPath, readOnly, recursiveReadOnly }: VolumeMountStatus) => [mountPath, readOnly, recursiveReadOnly];
    expect(statusOf(pod, 'look').volumeMounts?.map(shown)).toEqual([
      ['/if-possible', true, 'Disabled'],
      ['/read-only', true, 'Disabled'],
      ['/writable', undefined, undefined],
    ]);
  });

  it('whose subPath lacks a variable wait for the manifest to be mended, and one that runs takes no notice of it', async () => {
    const waiting = await node.pod('sub-path-by-annotation', waitingFor('CreateContainerConfigError'));
    expect(statusOf(waiting).state?.waiting?.message).toContain('missing value for PLACE');
    expect(waiting.status?.phase).toBe('Pending');
    await dropAll(node, subPathPod({ place: 'one' }));
    await node.pod('sub-path-by-annotation', isRunning);
    expect(await node.exec('sub-path-by-annotation', 'touch /disk/one/inner/file && ls /place')).toBe('file\n');
    await dropAll(node, subPathPod({ place: 'two' }));
    const changed = await node.pod('sub-path-by-annotation', ({ metadata }) => metadata.annotations?.['place'] === 'two');
    expect(statusOf(changed)).toMatchObject({ restartCount: 0, state: { running: {} } });
    await node.remove('sub-path-by-annotation.json');
    await node.gone('sub-path-by-annotation');
  });
});

it('an init container out of memory fails its pod with 137', async () => {
  // The runtime may tell of the end before it has heard why.
  const isOutOfMemory = (it: Pod) => hasPhase('Failed')(it) && statusOf(it, 'init').state?.terminated?.reason === 'OOMKilled';
  const pod = await node.pod('init-out-of-memory', isOutOfMemory);
  expect(statusOf(pod, 'init').state?.terminated).toMatchObject({ exitCode: 137 });
  expect(statusOf(pod).state?.waiting?.reason).toBe('PodInitializing');
});

it('a pod that ends says when it is not ready any more, and is not judged by its liveness', async () => {
  await node.pod('leaving', isRunning);
  await node.remove('leaving.json');
  const pod = await node.pod('leaving', isReady('False'));
  expect(statusOf(pod)).toMatchObject({ ready: false, state: { running: {} } });
  await node.gone('leaving');
  const failures = (await eventsOf(node, 'leaving')).flatMap(({ reason, message }) => (reason === 'Unhealthy' ? [message] : []));
  expect(failures).toContainEqual(expect.stringMatching(/^Readiness probe failed: /));
  expect(failures.filter((message) => message.startsWith('Liveness'))).toEqual([]);
});

describe('a pod that cannot begin', () => {
  it('for a name too long for the kernel is scheduled and pending, and an event says why', async () => {
    const message = /^Failed to create pod sandbox: failed to construct FQDN from pod hostname and cluster domain, FQDN /;
    await eventOf(node, longName, 'FailedCreatePodSandBox', message);
    const pod = await node.pod(longName, hasPhase('Pending'));
    expect(conditionsOf(pod)).toContain('PodScheduled=True');
  });

  it.concurrent.each([
    ['blocked', 'Initialized=True'],
    ['blocked-init', 'Initialized=False'],
  ])('for a volume (%s) says how far it came, and begins when it is there', async (name, initialized) => {
    await eventOf(node, name, 'FailedMount', /^MountVolume.SetUp failed for volume "late"/);
    const pod = await node.pod(name, hasPhase('Pending'));
    const rest = ['Ready=False', 'ContainersReady=False', 'PodScheduled=True'];
    expect(conditionsOf(pod)).toEqual(['PodReadyToStartContainers=False', initialized, ...rest]);
    await mkdir(join(node.bed.directory, name));
    const begun = await node.pod(name, isRunning);
    const [readyToStart, initializedAt, ready, containersReady, scheduled] = (begun.status?.conditions ?? []).map(
      ({ lastTransitionTime = '' }) => lastTransitionTime,
    );
    const order = name === 'blocked' ? [scheduled, initializedAt, readyToStart] : [scheduled, readyToStart, initializedAt];
    expect([...order, containersReady, ready]).toEqual([...order, containersReady, ready].sort());
  });
});
