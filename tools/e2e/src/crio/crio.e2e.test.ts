import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { imageNames } from '@solo-kubelet-tools/images';
import { kubeletBinary, lacksCrio, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, SLEEP, script, sleeper } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';

const lacking = lacksCrio();

describe.skipIf(lacking !== undefined)(`on CRI-O${lacking === undefined ? '' : `: ${lacking}`}`, () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startNode({}, { runtime: 'cri-o' });
  });
  afterAll(async () => {
    if (node === undefined) return;
    const { bed } = node;
    await node[Symbol.asyncDispose]();
    expect(await bed.leaks()).toEqual([]);
  });

  const output = async (program: string, ...args: readonly string[]): Promise<string> => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    return said;
  };

  it('runs a Pod from its first log line through a restart to its end', async () => {
    const crash = 'echo started; [ -e /disk/once ] && exec sleep 1000000; touch /disk/once; exit 3';
    const containers = [script('app', crash, { volumeMounts: [{ name: 'disk', mountPath: '/disk' }] })];
    await node.drop(
      'crash.yaml',
      podManifest('crash', { containers, volumes: [{ name: 'disk', emptyDir: {} }], terminationGracePeriodSeconds: 1 }),
    );
    const { status } = await node.pod('crash', (pod) => pod.status?.containerStatuses?.[0]?.restartCount === 1 && isRunning(pod), 120_000);
    expect(status?.containerStatuses?.[0]).toMatchObject({
      containerID: expect.stringMatching(/^cri-o:\/\/[0-9a-f]{64}$/),
      image: imageNames.busybox,
      lastState: { terminated: { exitCode: 3 } },
    });
    expect(await node.log('crash')).toContain('started\n');
    await node.remove('crash.yaml');
    await node.gone('crash');
    expect((await node.running()).size).toBe(0);
  });

  it('ends a run-once Pod well, and gives a container its limits', async () => {
    const limits = 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max';
    const containers = [script('app', limits, { resources: { limits: { cpu: '500m', memory: '64Mi' } } })];
    await node.drop('once.yaml', podManifest('once', { restartPolicy: 'Never', containers }));
    await node.pod('once', hasPhase('Succeeded'), 120_000);
    expect(await node.log('once')).toBe('67108864\n');
  });

  it('gives the log lines whole, however long, and one that has no end', async () => {
    const write = 'head -c 40000 /dev/zero | tr "\\0" x; echo; printf "no end"';
    await node.drop('lines.yaml', podManifest('lines', { restartPolicy: 'Never', containers: [script('app', write)] }));
    await node.pod('lines', hasPhase('Succeeded'), 120_000);
    expect((await node.log('lines')).replaceAll('x'.repeat(40_000), '40000 x')).toBe('40000 x\nno end');
  });

  it('resizes a container by an edit of its manifest, without a restart', async () => {
    const sized = (memory: string): object => {
      const containers = [script('app', SLEEP, { resources: { limits: { cpu: '500m', memory } } })];
      return podManifest('sized', { containers }, { uid: '7d7c5a10-0000-4000-8000-000000000002' });
    };
    const limit = async (): Promise<string> =>
      node.exec('sized', 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max');
    await node.drop('sized.yaml', sized('64Mi'));
    await node.pod('sized', isRunning, 120_000);
    const container = (await node.running()).get('sized/app');
    expect(await limit()).toBe('67108864\n');
    await node.drop('sized.yaml', sized('96Mi'));
    await waitFor(async () => (await limit()) === '100663296\n', { what: 'the new limit', timeoutMs: 60_000 });
    expect((await node.running()).get('sized/app')).toBe(container);
  });

  it('has figures of its containers, by the cgroups that it names in its own way', async () => {
    await node.drop('figures.yaml', sleeper('figures'));
    await node.pod('figures', isRunning, 120_000);
    const metrics = await output('curl', '--silent', '--unix-socket', `${node.bed.directory}/kubelet.sock`, 'http://node/metrics/cadvisor');
    expect(metrics).toMatch(/^container_memory_working_set_bytes\{.*container="app".*pod="figures-node1"/m);
  });

  it('shows the images of its Pods by name when only the runtime is asked', async () => {
    const pods = await output(process.execPath, kubeletBinary, 'get', 'pods', '-o', 'json', '--runtime-endpoint', node.bed.endpoint);
    expect(pods).toContain(imageNames.busybox);
    expect(pods).not.toMatch(/"image": "[0-9a-f]{64}"/);
  });
});
