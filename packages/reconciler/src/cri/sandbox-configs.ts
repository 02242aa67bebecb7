import type { PodSandboxConfig } from '@solo-kubelet/cri-client';
import type { PodEnvironment } from '@solo-kubelet/pod-environment';
import type { Pod } from '@solo-kubelet/pod-spec';
import { hostPortsOf } from '../core/admission/host-ports.js';
import type { Reporting } from '../runtime-port.js';
import { HOST_PORTS_ANNOTATION, OWNER_LABEL } from './owner-label.js';

/** Sandbox configs with our marks on them. CreateContainer wants the one that its sandbox was made from, so the last one of a pod is kept. */
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
    const labels = { ...config.labels, [OWNER_LABEL]: owner };
    const labelled = { ...config, labels, annotations: withHostPorts(config.annotations, pod) };
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

/** What a manifest says under this name is not the kubelet's word. */
const withHostPorts = ({ [HOST_PORTS_ANNOTATION]: _, ...annotations }: PodSandboxConfig['annotations'], pod: Pod) => {
  const ports = hostPortsOf(pod);
  return ports.length === 0 ? annotations : { ...annotations, [HOST_PORTS_ANNOTATION]: JSON.stringify(ports) };
};
