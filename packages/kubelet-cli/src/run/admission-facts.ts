import { arch } from 'node:os';
import type { CriClient } from '@solo-kubelet/cri-client';
import type { NodeAdmissionFacts } from '@solo-kubelet/reconciler';
import { nodeAddresses } from '../node/node-addresses.js';
import { type MachineFacts, nodeResources } from '../node/node-capacity.js';
import { kernelVersion, readText } from '../node/read-machine.js';
import type { RunKubeletOptions } from './run-kubelet-options.js';

const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** What pods are admitted against when the kubelet starts. */
export const admissionFacts = async (
  { config, flags, signal }: RunKubeletOptions,
  cri: CriClient,
  nodeName: string,
  machine: MachineFacts,
): Promise<NodeAdmissionFacts> => {
  const { features, runtimeHandlers } = await cri.runtime.status({}, { signal });
  const architecture = GO_ARCHITECTURES[arch()] ?? arch();
  return {
    nodeName,
    allocatable: nodeResources(machine, config).allocatable,
    labels: {
      'kubernetes.io/hostname': nodeName,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': architecture,
      'beta.kubernetes.io/os': 'linux',
      'beta.kubernetes.io/arch': architecture,
      ...flags.nodeLabels,
    },
    nodeIps: await nodeAddresses(flags.nodeIps, nodeName),
    operatingSystem: 'linux',
    allowedUnsafeSysctls: config.allowedUnsafeSysctls,
    kernelVersion: kernelVersion(),
    supplementalGroupsPolicy: features?.supplementalGroupsPolicy ?? false,
    recursiveReadOnlyClasses: runtimeHandlers.filter((handler) => handler.features?.recursiveReadOnlyMounts).map(({ name }) => name),
    appArmor: (await readText('/sys/module/apparmor/parameters/enabled')).startsWith('Y'),
    shuttingDown: false,
    staticCpuPolicy: config.cpuManagerPolicy === 'static',
  };
};
