import type { PodSandboxConfig } from '@solo-kubelet/cri-client';
import type { PodEnvironment } from '@solo-kubelet/pod-environment';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { Reporting } from '../runtime-port.js';
import { OWNER_LABEL } from './owner-label.js';

/** Sandbox configs with our label on them. CreateContainer wants the one that its sandbox was made from, so the last one of a pod is kept. */
export interface SandboxConfigs {
  make(pod: Pod, attempt: number, options: Reporting): Promise<PodSandboxConfig>;
  of(pod: Pod, attempt: number, options: Reporting): Promise<PodSandboxConfig>;
  forget(uid: string): void;
}

export const createSandboxConfigs = (environment: PodEnvironment, owner: string): SandboxConfigs => {
  const last = new Map<string, { readonly pod: Pod; readonly config: PodSandboxConfig }>();
  const make = async (pod: Pod, attempt: number, { signal, report }: Reporting): Promise<PodSandboxConfig> => {
    const { config, notices } = await environment.sandboxConfig(pod, attempt, { signal });
    for (const { type, reason, message } of notices) report({ type: 'notice', level: type, reason, message });
    const labelled = { ...config, labels: { ...config.labels, [OWNER_LABEL]: owner } };
    last.set(pod.metadata.uid, { pod, config: labelled });
    return labelled;
  };
  return {
    make,
    of: async (pod, attempt, options) => {
      const known = last.get(pod.metadata.uid);
      return known !== undefined && known.pod === pod && known.config.metadata?.attempt === attempt
        ? known.config
        : make(pod, attempt, { signal: options.signal, report: () => {} });
    },
    forget: (uid) => {
      last.delete(uid);
    },
  };
};
