import { createCriClient } from '@solo-kubelet/cri-client';

/**
 * The floor of a burst: a process that makes Pods by the runtime's own calls and nothing else. Arguments: endpoint, number of Pods. Makes and removes one first,
 * as a kubelet is given one first, and writes the CPU time of the others to standard output, s.
 */
const [endpoint = '', count = '0'] = process.argv.slice(2);

const main = async (): Promise<void> => {
  await using cri = createCriClient({ endpoint });
  const startPod = async (name: string): Promise<string> => {
    const config = {
      metadata: { name, namespace: 'default', uid: name, attempt: 0 },
      hostname: name,
      logDirectory: `/logs/${name}`,
      linux: {},
    };
    const { podSandboxId } = await cri.runtime.runPodSandbox({ config });
    const { image } = await cri.images.imageStatus({ image: { image: 'app:1' } });
    const { containerId } = await cri.runtime.createContainer({
      podSandboxId,
      sandboxConfig: config,
      config: {
        metadata: { name: 'app', attempt: 0 },
        image: { image: image?.id },
        envs: [{ key: 'A', value: Buffer.from('b') }],
        logPath: 'app.log',
        linux: {},
      },
    });
    await cri.runtime.startContainer({ containerId });
    await cri.runtime.containerStatus({ containerId });
    return podSandboxId;
  };
  const warm = await startPod('warm');
  await cri.runtime.stopPodSandbox({ podSandboxId: warm });
  await cri.runtime.removePodSandbox({ podSandboxId: warm });
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: Number(count) }, (_, index) => startPod(`bare-${index}`)));
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${(user + system) / 1e6}\n`);
};

await main();
