import type { ContainerState, PodSandboxState } from '@solo-kubelet/cri-types';
import type { ContainerConfig, LinuxContainerResources, Mount, PodSandboxConfig } from '../gen/cri-v1.js';
import type { ContainerScript } from './script.js';

/** What the fake knows of a sandbox. */
export interface SandboxRecord {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly runtimeHandler: string;
  readonly createdAt: bigint;
  readonly pid: number;
  state: PodSandboxState;
  /** Addresses; empty on the host network and once stopped. */
  ips: readonly string[];
}

/** What the fake knows of a container. */
export interface ContainerRecord {
  readonly id: string;
  readonly sandbox: SandboxRecord;
  readonly config: ContainerConfig;
  readonly script: ContainerScript;
  readonly imageId: string;
  /** As containerd reports it: the first digest, else the id. */
  readonly imageRef: string;
  /** The name that the status shows: the first tag, else what was asked for. */
  readonly imageName: string;
  readonly mounts: readonly Mount[];
  readonly createdAt: bigint;
  readonly pid: number;
  state: ContainerState;
  startedAt: bigint;
  finishedAt: bigint;
  exitCode: number;
  reason: string;
  message: string;
  resources: LinuxContainerResources | undefined;
  /** The stop signal is sent once only. */
  stopSignalled: boolean;
}
