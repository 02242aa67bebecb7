import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, hostname, networkInterfaces, release, totalmem } from 'node:os';
import type { CriClient } from '@solo-kubelet/cri-client';
import type { NodeAdmissionFacts } from '../core/admission/node-admission-facts.js';

export interface NodeFactsOptions {
  /** Default: the host name in small letters, as a kubelet's. */
  readonly nodeName?: string;
  /** Instead of, or besides, what the machine has: all its CPUs and memory, 110 pods, and the whole disk of `directory`. */
  readonly allocatable?: NodeAdmissionFacts['allocatable'];
  /** Besides the hostname, os and arch labels. */
  readonly labels?: NodeAdmissionFacts['labels'];
  /** Default: the addresses of the machine that other machines can reach, IPv4 first. */
  readonly nodeIps?: readonly string[];
  /** On the disk that pods write to. Default `/var/lib`. */
  readonly directory?: string;
  readonly signal?: AbortSignal;
}

const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
/** `maxPods` of KubeletConfiguration. */
const DEFAULT_MAX_PODS = '110';

/**
 * This machine and its runtime as pods are admitted against them, for `node$` of a kubelet of your own. Reserves nothing; give `allocatable` for less.
 * @throws CriError when the runtime does not answer
 */
export const nodeFacts = async (cri: CriClient, options: NodeFactsOptions = {}): Promise<NodeAdmissionFacts> => {
  const { nodeName = hostname().toLowerCase(), directory = '/var/lib', signal } = options;
  const { features, runtimeHandlers } = await cri.runtime.status({}, { signal });
  const { bsize, blocks } = await statfs(directory);
  const architecture = GO_ARCHITECTURES[arch()] ?? arch();
  return {
    nodeName,
    allocatable: {
      cpu: String(availableParallelism()),
      memory: `${Math.floor(totalmem() / 1_024)}Ki`,
      pods: DEFAULT_MAX_PODS,
      'ephemeral-storage': `${Math.floor((bsize * blocks) / 1_024)}Ki`,
      ...options.allocatable,
    },
    labels: {
      'kubernetes.io/hostname': nodeName,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': architecture,
      'beta.kubernetes.io/os': 'linux',
      'beta.kubernetes.io/arch': architecture,
      ...options.labels,
    },
    nodeIps: options.nodeIps ?? machineAddresses(),
    operatingSystem: 'linux',
    allowedUnsafeSysctls: [],
    kernelVersion: /^\d+\.\d+/.exec(release())?.[0] ?? release(),
    supplementalGroupsPolicy: features?.supplementalGroupsPolicy ?? false,
    // Nothing here knows objects: a class is the handler of its name (docs/decisions/056). Who has a pod environment asks that instead.
    recursiveReadOnly: ({ spec: { runtimeClassName = '' } }) =>
      runtimeHandlers.some((handler) => handler.name === runtimeClassName && handler.features?.recursiveReadOnlyMounts === true),
    appArmor: (await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => '')).startsWith('Y'),
    shuttingDown: false,
  };
};

/** Addresses that are neither loopback nor link-local, IPv4 first. */
const machineAddresses = (): readonly string[] => {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const reachable = addresses.filter(({ internal, address }) => !internal && !/^(?:169\.254\.|fe80:)/i.test(address));
  return [...reachable].sort((a, b) => a.family.localeCompare(b.family)).map(({ address }) => address);
};
