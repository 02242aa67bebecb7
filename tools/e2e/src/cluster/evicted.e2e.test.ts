import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, SLEEP, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { type Cluster, startCluster } from './cluster.js';
import { endAll, onCluster, PODS } from './on-cluster.js';
import { servers } from './servers.js';

describe.each(servers)('evicted from a node that is joined to $name', ({ start, lacking: why }) => {
  if (why !== undefined) {
    it.skip(why);
    return;
  }
  let cluster: Cluster;
  let node: TestNode;
  let marks: string;
  beforeAll(async () => {
    marks = await mkdtemp(join(tmpdir(), 'evicted-'));
    cluster = await startCluster(start);
    // What Pods may have is 256 MiB, whatever the machine has and others on it take.
    const totalKib = Number(/^MemTotal:\s+(\d+)/m.exec(await readFile('/proc/meminfo', 'utf8'))?.[1]);
    const config = {
      systemReserved: { memory: `${totalKib - 256 * 1024}Ki` },
      evictionHard: { 'memory.available': '100Mi' },
      evictionPressureTransitionPeriod: '3s',
      nodeStatusUpdateFrequency: '1s',
    };
    node = await startNode({ config, flags: ['--kubeconfig', cluster.kubeconfigPath] });
  });
  afterAll(() => endAll(node, cluster).finally(() => rm(marks, { recursive: true })));

  const { inApi, place, app } = onCluster(
    () => cluster,
    () => node,
  );
  const isEvicted = ({ status }: Pod): boolean => status?.phase === 'Failed' && status.reason === 'Evicted';
  /** Takes too much when it runs for the first time. */
  const greedyOnce = (mark: string): object => ({
    volumes: [
      { name: 'memory', emptyDir: { medium: 'Memory' } },
      { name: 'marks', hostPath: { path: marks } },
    ],
    containers: [
      script('app', `[ -e /marks/${mark} ] || { touch /marks/${mark}; dd if=/dev/zero of=/memory/file bs=1M count=190; }; ${SLEEP}`, {
        volumeMounts: [
          { name: 'memory', mountPath: '/memory' },
          { name: 'marks', mountPath: '/marks' },
        ],
      }),
    ],
  });
  const disrupted = { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' };

  it('a Pod of the API stays as its controller is to see it, and a static Pod returns under another mirror, also past a kill', async () => {
    await place('steady', { containers: [script('app', SLEEP, { resources: { requests: { memory: '32Mi' } } })] });
    const { metadata } = await app('steady');
    await place('given', greedyOnce('given'));
    const given = await inApi<Pod>(`${PODS}/given`, isEvicted, 120_000);
    expect(given.status?.conditions).toContainEqual(expect.objectContaining(disrupted));

    const path = `${PODS}/static-node1`;
    await node.drop('static.yaml', podManifest('static', greedyOnce('static')));
    const ended = await inApi<Pod>(path, (pod) => isEvicted(pod) && pod.status?.message?.startsWith('The node was low') === true, 120_000);
    expect(ended.status?.conditions).toContainEqual(expect.objectContaining(disrupted));
    await node.restartKubelet('SIGKILL');
    const back = await inApi<Pod>(path, isRunning, 120_000);
    expect(back.metadata.uid).not.toBe(ended.metadata.uid);
    expect(back.metadata.annotations?.['kubernetes.io/config.mirror']).toBe(ended.metadata.annotations?.['kubernetes.io/config.mirror']);
    expect(back.status?.conditions?.map(({ type }) => type)).not.toContain('DisruptionTarget');
    const running = await node.running();
    expect(back.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 0,
      containerID: `containerd://${running.get('static/app')}`,
    });

    expect([...running.keys()].sort()).toEqual(['static/app', 'steady/app']);
    const { metadata: told, status } = await inApi<Pod>(`${PODS}/given`, isEvicted);
    expect(told.uid).toBe(given.metadata.uid);
    expect(status).toEqual(given.status);
    const steady = await app('steady');
    expect(steady.metadata.uid).toBe(metadata.uid);
    expect(steady.status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0 });
  }, 400_000);
});
