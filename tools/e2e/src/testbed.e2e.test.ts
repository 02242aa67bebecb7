import { imageNames } from '@solo-kubelet-tools/images';
import { startTestbed, type Testbed, waitFor } from '@solo-kubelet-tools/testbed';
import { describe, expect, it } from 'vitest';

const startPod = async (bed: Testbed, name: string): Promise<string> => {
  const config = {
    metadata: { name, namespace: 'default', uid: name, attempt: 0 },
    linux: { cgroupParent: `${bed.cgroupRoot}/${name}`, securityContext: { namespaceOptions: {} } },
    portMappings: [{ containerPort: 8080, hostPort: 39_080, hostIp: '127.0.0.1' }],
    logDirectory: `${bed.podLogsDirectory}/${name}`,
  };
  const { podSandboxId } = await bed.cri.runtime.runPodSandbox({ config });
  const { containerId } = await bed.cri.runtime.createContainer({
    podSandboxId,
    config: { metadata: { name: 'http', attempt: 0 }, image: { image: imageNames.http }, logPath: 'http.log', linux: {} },
    sandboxConfig: config,
  });
  await bed.cri.runtime.startContainer({ containerId });
  return podSandboxId;
};

describe.each(['1.6', '1.7', '2.1'] as const)('a testbed with containerd %s', (containerd) => {
  it('runs a Pod on its own network with our images, and leaves nothing behind', async () => {
    const bed = await startTestbed({ containerd });
    try {
      expect(bed.containerd.version).toBe(containerd);
      const podSandboxId = await startPod(bed, 'web');
      const { status } = await bed.cri.runtime.podSandboxStatus({ podSandboxId });
      const url = `http://${status!.network!.ip}:8080/cgi-bin/healthz`;
      expect(await waitFor(async () => (await fetch(url)).text(), { what: url })).toBe('ok\n');
      expect((await bed.leaks()).length).toBeGreaterThan(0);
    } finally {
      await bed[Symbol.asyncDispose]();
    }
    expect(await bed.leaks()).toEqual([]);
  });
});

describe('a testbed', () => {
  it('keeps its Pods over a crash of containerd, and cleans up after one', async () => {
    const bed = await startTestbed();
    try {
      const podSandboxId = await startPod(bed, 'survivor');
      await bed.containerd.kill('SIGKILL');
      await bed.containerd.start();
      const { status } = await bed.cri.runtime.podSandboxStatus({ podSandboxId });
      expect(status!.state).toBe(0);
      await bed.containerd.kill('SIGKILL');
    } finally {
      await bed[Symbol.asyncDispose]();
    }
    expect(await bed.leaks()).toEqual([]);
  });

  it('stands beside another one', async () => {
    await using first = await startTestbed();
    await using second = await startTestbed({ images: false });
    expect(second.subnet).not.toBe(first.subnet);
    expect(second.containerd.pid).not.toBe(first.containerd.pid);
  });
});
