import { imageNames } from '@solo-kubelet-tools/images';
import type { Testbed } from '@solo-kubelet-tools/testbed';

/** Starts a pod with the runtime's own calls and nothing else; resolves to the container's startedAt, Unix ms. */
export const startBarePod = async (
  { cri, cgroupRoot, podLogsDirectory }: Testbed,
  name: string,
): Promise<{ readonly startedAtMs: number; readonly podSandboxId: string }> => {
  const config = {
    metadata: { name, namespace: 'default', uid: name, attempt: 0 },
    hostname: name,
    logDirectory: `${podLogsDirectory}/${name}`,
    linux: { cgroupParent: `${cgroupRoot}/kubepods/besteffort/pod${name}`, securityContext: { namespaceOptions: {} } },
  };
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config });
  const { image } = await cri.images.imageStatus({ image: { image: imageNames.busybox } });
  const { containerId } = await cri.runtime.createContainer({
    podSandboxId,
    sandboxConfig: config,
    config: {
      metadata: { name: 'app', attempt: 0 },
      image: { image: image?.id },
      command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done'],
      logPath: 'app.log',
      linux: {},
    },
  });
  await cri.runtime.startContainer({ containerId });
  const { status } = await cri.runtime.containerStatus({ containerId });
  return { startedAtMs: Number((status?.startedAt ?? 0n) / 1_000_000n), podSandboxId };
};

export const removeBarePod = async ({ cri }: Testbed, podSandboxId: string): Promise<void> => {
  await cri.runtime.stopPodSandbox({ podSandboxId });
  await cri.runtime.removePodSandbox({ podSandboxId });
};
