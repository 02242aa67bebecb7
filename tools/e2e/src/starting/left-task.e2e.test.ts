import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ContainerState, PodSandboxState, parseEndpoint } from '@solo-kubelet/cri-client';
import { imageNames } from '@solo-kubelet-tools/images';
import { startTestbed, type Testbed, waitFor } from '@solo-kubelet-tools/testbed';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

// What a start leaves that is cut short in a bad moment, which no test can choose, is made by hand here: a task of a container that CRI did not start.
describe.each(['1.6', '2.1'] as const)('a Pod on containerd %s with a task that CRI knows nothing of', (containerd) => {
  /** A Pod whose one container CRI takes for one that was never started. */
  const leaveTask = async (bed: Testbed) => {
    const config = {
      metadata: { name: 'left', namespace: 'default', uid: 'left', attempt: 0 },
      linux: { cgroupParent: `${bed.cgroupRoot}/left`, securityContext: { namespaceOptions: { network: 2 } } },
      logDirectory: `${bed.podLogsDirectory}/left`,
    };
    const { podSandboxId } = await bed.cri.runtime.runPodSandbox({ config });
    const { containerId } = await bed.cri.runtime.createContainer({
      podSandboxId,
      config: {
        metadata: { name: 'app', attempt: 0 },
        image: { image: imageNames.busybox },
        command: ['sleep', '1000'],
        logPath: 'app.log',
        linux: {},
      },
      sandboxConfig: config,
    });
    await run('ctr', ['--address', parseEndpoint(bed.endpoint), '--namespace', 'k8s.io', 'tasks', 'start', '--detach', containerId]);
    return { podSandboxId, containerId };
  };

  it('is removed', async () => {
    await using bed = await startTestbed({ containerd });
    const { podSandboxId } = await leaveTask(bed);
    await bed.cri.runtime.stopPodSandbox({ podSandboxId });
    // The first removal may only kill what runs, as a kubelet's may that tries again.
    await waitFor(() => bed.cri.runtime.removePodSandbox({ podSandboxId }), { what: 'the removal', timeoutMs: 30_000 });
    expect((await bed.cri.runtime.listContainers({})).containers).toEqual([]);
  });

  it('is rid of that container and of what runs in it, and stays', async () => {
    await using bed = await startTestbed({ containerd });
    const { podSandboxId, containerId } = await leaveTask(bed);
    const sleeps = (): Promise<boolean> =>
      run('ctr', ['--address', parseEndpoint(bed.endpoint), '--namespace', 'k8s.io', 'tasks', 'list', '--quiet']).then(({ stdout }) =>
        stdout.includes(containerId),
      );
    const { containers } = await bed.cri.runtime.listContainers({});
    expect(containers.map(({ id, state }) => [id, state])).toEqual([[containerId, ContainerState.CONTAINER_CREATED]]);
    expect(await sleeps()).toBe(true);
    await waitFor(() => bed.cri.runtime.removeContainer({ containerId }), { what: 'the removal', timeoutMs: 30_000 });
    expect(await sleeps()).toBe(false);
    expect((await bed.cri.runtime.podSandboxStatus({ podSandboxId })).status?.state).toBe(PodSandboxState.SANDBOX_READY);
    await bed.cri.runtime.stopPodSandbox({ podSandboxId });
    await bed.cri.runtime.removePodSandbox({ podSandboxId });
  });
});
