import type { DNSConfig, PodSandboxConfig } from '@solo-kubelet/cri-types';
import type { Pod } from '@solo-kubelet/pod-spec';
import { sandboxOverhead, sandboxResources } from './container-resources.js';
import { portMappings } from './host-ports.js';
import { sandboxHostname } from './hostname.js';
import type { UserNamespaceRecord } from './id-ranges.js';
import { podLabels } from './labels.js';
import type { CpuSettings } from './pod-cgroup-limits.js';
import { podLogDirectory } from './pod-paths.js';
import { sandboxSecurityContext } from './security-context.js';
import { defaultSysctls, podSysctls } from './sysctls.js';

export interface SandboxConfigInput extends CpuSettings {
  readonly pod: Pod;
  readonly attempt: number;
  readonly podLogsDir: string;
  readonly clusterDomain: string;
  readonly dns: DNSConfig;
  /** Empty without pod cgroups. */
  readonly cgroupParent: string;
  readonly userNamespace?: UserNamespaceRecord | undefined;
  /** Default none. */
  readonly defaultPodSysctls?: Readonly<Record<string, string>>;
}

/** What RunPodSandbox is told about a pod. Upstream: generatePodSandboxConfig in pkg/kubelet/kuberuntime/kuberuntime_sandbox.go. */
export const buildSandboxConfig = (input: SandboxConfigInput): PodSandboxConfig => {
  const { pod, attempt } = input;
  const { name, namespace, uid, labels, annotations } = pod.metadata;
  return {
    metadata: { name, namespace, uid, attempt },
    hostname: sandboxHostname(pod, input.clusterDomain),
    logDirectory: podLogDirectory(input.podLogsDir, namespace, name, uid),
    dnsConfig: input.dns,
    portMappings: portMappings(pod),
    labels: { ...labels, ...podLabels(pod) },
    annotations: { ...annotations },
    linux: {
      cgroupParent: input.cgroupParent,
      securityContext: sandboxSecurityContext(pod, input.userNamespace),
      sysctls: { ...defaultSysctls(pod, input.defaultPodSysctls ?? {}), ...podSysctls(pod) },
      overhead: sandboxOverhead(pod, input),
      resources: sandboxResources(pod, input),
    },
  };
};
