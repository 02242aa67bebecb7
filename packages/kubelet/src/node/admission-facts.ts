import type { CriClient } from '@solo-kubelet/cri-client';
import type { NodeAdmissionFacts } from '@solo-kubelet/reconciler';
import { nodeFacts } from '@solo-kubelet/reconciler/cri';
import type { RunKubeletOptions } from '../run-kubelet-options.js';
import { serviceAddresses } from '../services/remove-services.js';
import { nodeAddresses } from './node-addresses.js';
import { type MachineFacts, nodeResources } from './node-capacity.js';

/** What pods are admitted against when the kubelet starts. */
export const admissionFacts = async (
  { config, flags, signal }: RunKubeletOptions,
  cri: CriClient,
  nodeName: string,
  machine: MachineFacts,
): Promise<NodeAdmissionFacts> => {
  const nodeIps = await nodeAddresses(flags.nodeIps, { nodeName, ofServices: await serviceAddresses(flags.rootDirectory) });
  return {
    ...(await nodeFacts(cri, { nodeName, labels: flags.nodeLabels, nodeIps, directory: flags.rootDirectory, signal })),
    allocatable: nodeResources(machine, config).allocatable,
    allowedUnsafeSysctls: config.allowedUnsafeSysctls,
    limitedSwap: config['memorySwap.swapBehavior'] === 'LimitedSwap',
    staticCpuPolicy: config.cpuManagerPolicy === 'static',
  };
};
