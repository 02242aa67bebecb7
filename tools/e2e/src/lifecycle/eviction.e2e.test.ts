import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Pod } from '@solo-kubelet/pod-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, SLEEP, script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';

const run = promisify(execFile);
const ABORTABLE = { signal: new AbortController().signal };

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly lastTransitionTime: string;
}

const condition = async (node: TestNode, type: string): Promise<Condition> => {
  const { status } = (await node.api.getNode(ABORTABLE)) as { readonly status: { readonly conditions: readonly Condition[] } };
  return status.conditions.find((one) => one.type === type)!;
};
const metrics = (node: TestNode): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath: join(node.bed.directory, 'kubelet.sock'), path: '/metrics' }, (response) =>
      text(response).then(resolve, reject),
    );
    asked.on('error', reject).end();
  });
const isEvicted = (pod: Pod): boolean => pod.status?.phase === 'Failed' && pod.status.reason === 'Evicted';
const mount = (name: string, mountPath: string): object => ({ name, mountPath });

describe.concurrent('a node whose pods take more memory than they may have in all', () => {
  let node: TestNode;
  beforeAll(async () => {
    // What pods may have is 256 MiB, whatever the machine has and others on it take.
    const totalKib = Number(/^MemTotal:\s+(\d+)/m.exec(await readFile('/proc/meminfo', 'utf8'))?.[1]);
    node = await startNode({
      config: {
        systemReserved: { memory: `${totalKib - 256 * 1024}Ki` },
        evictionHard: { 'memory.available': '100Mi' },
        evictionPressureTransitionPeriod: '3s',
      },
    });
  });
  afterAll(() => node?.[Symbol.asyncDispose]());

  it('ends the one that takes most beyond its request, refuses more meanwhile, and goes back to all of them', async () => {
    const marks = await mkdtemp(join(tmpdir(), 'eviction-'));
    const volumes = [
      { name: 'memory', emptyDir: { medium: 'Memory' } },
      { name: 'marks', hostPath: { path: marks } },
    ];
    const greedyOnce = `[ -e /marks/done ] || { touch /marks/done; dd if=/dev/zero of=/memory/file bs=1M count=190; }; ${SLEEP}`;
    await node.drop(
      'steady.yaml',
      podManifest('steady', { containers: [script('app', SLEEP, { resources: { requests: { memory: '32Mi' } } })] }),
    );
    await node.drop(
      'hog.yaml',
      podManifest('hog', {
        volumes,
        containers: [script('app', greedyOnce, { volumeMounts: [mount('memory', '/memory'), mount('marks', '/marks')] })],
      }),
    );
    const { status } = await node.pod('hog', isEvicted);
    expect(status?.message).toMatch(
      /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: \d+Ki\. Container app was using \d+Ki, request is 0, has larger consumption of memory\. $/,
    );
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message: status?.message }),
    );
    const pressure = await condition(node, 'MemoryPressure');
    expect(pressure).toMatchObject({ status: 'True', reason: 'KubeletHasInsufficientMemory' });
    await node.drop('late.yaml', podManifest('late', { containers: [script('app', SLEEP)] }));
    const late = await node.pod('late', (pod) => pod.status?.phase !== undefined && pod.status.phase !== 'Pending');
    if (late.status?.phase === 'Failed') {
      expect(late.status).toMatchObject({
        reason: 'Evicted',
        message: 'Pod was rejected: The node had condition: [MemoryPressure]. ',
      });
    } else expect((await condition(node, 'MemoryPressure')).status).toBe('False'); // a slow machine: it is over already
    expect((await node.event('hog', 'Evicted')).message).toBe(status?.message);
    const nodeEvents = (await node.api.listEvents(ABORTABLE)).filter(({ involvedObject }) => involvedObject?.kind === 'Node');
    expect(nodeEvents).toContainEqual(expect.objectContaining({ reason: 'EvictionThresholdMet', message: 'Attempting to reclaim memory' }));
    expect(await metrics(node)).toMatch(/^kubelet_evictions\{eviction_signal="allocatableMemory.available"\} 1$/m);

    for (const name of ['hog', 'late']) {
      const back = await node.pod(name, isRunning);
      expect(back.status).toMatchObject({ containerStatuses: [{ restartCount: 0 }] });
    }
    const after = await condition(node, 'MemoryPressure');
    expect(after).toMatchObject({ status: 'False', reason: 'KubeletHasSufficientMemory' });
    expect(Date.parse(after.lastTransitionTime)).toBeGreaterThan(Date.parse(pressure.lastTransitionTime));
    expect((await node.pod('steady', isRunning)).status).toMatchObject({ containerStatuses: [{ restartCount: 0 }] });
    await rm(marks, { recursive: true });
  });
});

describe.concurrent('a node with little disk', () => {
  let node: TestNode;
  let disk: string;
  const config: Record<string, unknown> = { evictionHard: { 'nodefs.available': '24Mi' } };
  beforeAll(async () => {
    disk = await mkdtemp(join(tmpdir(), 'kubelet-disk-'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64M', 'disk', disk]);
    node = await startNode({ config, flags: ['--root-dir', disk] });
  });
  afterAll(async () => {
    await node?.[Symbol.asyncDispose]();
    await run('umount', ['-R', disk]);
    await rm(disk, { recursive: true });
  });

  it('holds pods to their limits for good, ends who fills it, gives its room back, and tells of a lack of processes', async () => {
    const fill = (mebibytes: number) => `dd if=/dev/zero of=/disk/file bs=1M count=${mebibytes}; ${SLEEP}`;
    const filler = (name: string, mebibytes: number, more: object = {}) =>
      podManifest(name, {
        volumes: [{ name: 'disk', emptyDir: {} }],
        containers: [script('app', fill(mebibytes), { volumeMounts: [mount('disk', '/disk')], ...more })],
      });
    const limits = { 'ephemeral-storage': '1Mi' };
    await node.drop('limited.yaml', filler('limited', 3, { resources: { limits } }));
    await node.drop('small.yaml', filler('small', 1));
    const limited = await node.pod('limited', hasPhase('Failed'));
    expect(limited.status).toMatchObject({
      reason: 'Evicted',
      message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ',
    });
    expect(JSON.stringify(limited.status)).not.toContain('DisruptionTarget');

    await node.drop('filler.yaml', filler('filler', 45));
    const full = await node.pod('filler', isEvicted);
    expect(full.status?.message).toMatch(
      /^The node was low on resource: ephemeral-storage\. Threshold quantity: 24Mi, available: \d+Ki\. /,
    );
    expect(await condition(node, 'DiskPressure')).toMatchObject({ status: 'True', reason: 'KubeletHasDiskPressure' });
    await node.drop('late.yaml', podManifest('late', { containers: [script('app', SLEEP, { resources: { requests: { cpu: '10m' } } })] }));
    expect((await node.pod('late', hasPhase('Failed'))).status?.message).toBe('Pod was rejected: The node had condition: [DiskPressure]. ');
    const usedKib = async () => Number((await run('df', ['--output=used', disk])).stdout.split('\n')[1]);
    await waitFor(async () => (await usedKib()) < 10 * 1024, { what: 'room on the disk' });
    expect((await node.pod('small', isRunning)).status).toMatchObject({ containerStatuses: [{ restartCount: 0 }] });

    // The same pods under another kubelet, which asks for more processes than any machine has.
    config['evictionHard'] = {};
    config['evictionSoft'] = { 'pid.available': '1G' };
    config['evictionSoftGracePeriod'] = { 'pid.available': '1h' };
    config['evictionMinimumReclaim'] = { 'pid.available': '1%' };
    await node.restartKubelet();
    await waitFor(async () => (await condition(node, 'PIDPressure').catch(() => undefined))?.status === 'True', { what: 'PID pressure' });
    expect(await condition(node, 'DiskPressure')).toMatchObject({ status: 'False' });
    expect(await node.pod('limited', hasPhase('Failed'))).toMatchObject({ status: { message: limited.status?.message } });
    expect(await node.pod('filler', isEvicted)).toMatchObject({ status: { message: full.status?.message } });
    expect((await node.pod('small', isRunning)).status).toMatchObject({ containerStatuses: [{ restartCount: 0 }] });
    await node.drop('vital.yaml', podManifest('vital', { priorityClassName: 'system-node-critical', containers: [script('app', SLEEP)] }));
    await node.pod('vital', isRunning);
  });
});
