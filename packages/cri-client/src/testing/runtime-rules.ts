import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MountPropagation } from '@solo-kubelet/cri-types';
import type { ContainerConfig, PodSandboxConfig } from '../gen/cri-v1.js';
import { RpcError } from './rpc-error.js';

/** By full id or unique prefix. */
export const findById = <T>(records: ReadonlyMap<string, T>, id: string): T | undefined => {
  const exact = records.get(id);
  if (exact !== undefined || id === '') return exact;
  const fitting = [...records].filter(([key]) => key.startsWith(id));
  return fitting.length === 1 ? fitting[0]?.[1] : undefined;
};

/** The name that a sandbox reserves, as containerd builds it. */
export const sandboxName = ({ metadata }: PodSandboxConfig): string =>
  `${metadata?.name}_${metadata?.namespace}_${metadata?.uid}_${metadata?.attempt}`;

/** The name that a container reserves, as containerd builds it. */
export const containerName = ({ metadata }: ContainerConfig, { metadata: pod }: PodSandboxConfig): string =>
  `${metadata?.name}_${pod?.name}_${pod?.namespace}_${pod?.uid}_${metadata?.attempt}`;

/** Refuses a name that somebody holds, in containerd's words. */
export const refuseTaken = (kind: 'sandbox' | 'container', name: string, holder: { readonly id: string } | undefined): void => {
  if (holder === undefined) return;
  throw new RpcError('UNKNOWN', `failed to reserve ${kind} name "${name}": name "${name}" is reserved for "${holder.id}"`);
};

/** Refuses what every runtime refuses when a container is created. */
export const refuseUnsound = ({ mounts, linux }: ContainerConfig): void => {
  for (const { recursiveReadOnly, readonly, mountOptions, propagation, image, hostPath, containerPath } of mounts) {
    if (recursiveReadOnly && !(readonly && propagation === MountPropagation.PROPAGATION_PRIVATE)) {
      throw new RpcError('UNKNOWN', `recursive read-only mount ${containerPath} needs readonly and private propagation`);
    }
    const unknown = mountOptions.find((option) => !['noexec', 'nodev', 'nosuid'].includes(option));
    if (unknown !== undefined) throw new RpcError('UNKNOWN', `mount ${containerPath} has the unknown option ${unknown}`);
    if (image !== undefined && (hostPath !== '' || !readonly)) {
      throw new RpcError('UNKNOWN', `image mount ${containerPath} must be read-only and have no host path`);
    }
  }
  const security = linux?.securityContext;
  if (security?.runAsGroup !== undefined && security.runAsUser === undefined && security.runAsUsername === '') {
    throw new RpcError('UNKNOWN', 'user group is specified without user');
  }
};

/** CRI-O checks signatures by the name that the user gave. */
export const refuseWithoutUserImage = ({ image }: ContainerConfig): void => {
  if (image?.userSpecifiedImage) return;
  throw new RpcError('UNKNOWN', 'user specified image not specified, cannot verify image signature');
};

/** CRI-O's monitor opens the log file and makes no directory for it. */
export const refuseWithoutLogDirectory = (logDirectory: string, logPath: string): void => {
  if (logDirectory === '' || logPath === '' || existsSync(dirname(join(logDirectory, logPath)))) return;
  throw new RpcError('UNKNOWN', 'container create failed: [conmon:e]: Failed to open log file No such file or directory');
};
