import type { ContainerPort, LifecycleHandler, ResourceRequirements } from '@solo-kubelet/pod-spec';
import type { PodUid } from './pod-identity.js';

/** What the runtime says about one pod that this kubelet started. Lists are newest first, as upstream sorts them. */
export interface ObservedPod {
  readonly uid: PodUid;
  readonly name: string;
  readonly namespace: string;
  /** By attempt, then creation time, newest first. */
  readonly sandboxes: readonly ObservedSandbox[];
  /** By the attempt of their sandbox, then restart count, then creation time, newest first. */
  readonly containers: readonly ObservedContainer[];
}

/**
 * Puts what a runtime lists of one pod in order. Attempts and restart counts only ever grow; a clock may be set back between two creations, so time
 * decides last. A container whose sandbox is gone is older than all others.
 */
export const newestFirst = <
  T extends { readonly sandboxes: readonly ObservedSandbox[]; readonly containers: readonly ObservedContainer[] },
>(
  pod: T,
): T => {
  const attempts = new Map(pod.sandboxes.map(({ id, attempt }) => [id, attempt]));
  const attemptOf = ({ sandboxId }: ObservedContainer): number => attempts.get(sandboxId) ?? -1;
  return {
    ...pod,
    sandboxes: [...pod.sandboxes].sort((a, b) => b.attempt - a.attempt || b.createdAtMs - a.createdAtMs),
    containers: [...pod.containers].sort(
      (a, b) => attemptOf(b) - attemptOf(a) || b.restartCount - a.restartCount || b.createdAtMs - a.createdAtMs,
    ),
  };
};

export interface ObservedSandbox {
  readonly id: string;
  readonly attempt: number;
  readonly state: 'ready' | 'notReady';
  readonly createdAtMs: number;
  readonly hostNetwork: boolean;
  /** Primary address first; empty for host-network pods and stopped sandboxes. */
  readonly ips: readonly string[];
  /** Whether the runtime gave a network status at all: without one a missing address says nothing. */
  readonly networkReported: boolean;
  /** The pod asks for further networks that the sandbox has not been given: not yet, or its kubelet died meanwhile. */
  readonly networksMissing?: boolean;
  /** Host ports of the pod, from an annotation: they are taken for as long as the sandbox runs, whatever became of its containers. */
  readonly hostPorts?: readonly ContainerPort[];
  /** The pod's own, as it was made with. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What the pod's annotations tell of the networks it has been given. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export type ContainerRunState = 'created' | 'running' | 'exited' | 'unknown';

export interface ObservedContainer {
  readonly id: string;
  readonly sandboxId: string;
  readonly name: string;
  readonly state: ContainerRunState;
  readonly restartCount: number;
  /** Spec hash from the container's annotation; empty when it has none. */
  readonly hash: string;
  readonly createdAtMs: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  readonly exitCode: number;
  /** The runtime's reason: `Completed`, `Error`, `OOMKilled`, …; empty while running. */
  readonly reason: string;
  /** The runtime's message joined with the termination message. */
  readonly message: string;
  /** `containerd`, `cri-o`: the scheme of a status' containerID. */
  readonly runtimeName: string;
  /** As the runtime names it; what the status calls `image`. */
  readonly image: string;
  /** CRI `image_ref`; what the status calls `imageID`. */
  readonly imageRef: string;
  /** From annotations, so that a pod can be ended without its manifest. */
  readonly terminationGracePeriodSeconds?: number;
  readonly preStop?: LifecycleHandler;
  /** Likewise, so that its host ports count before its manifest has been read. */
  readonly ports?: readonly ContainerPort[];
  /** cpu and memory as the runtime enforces them. */
  readonly resources?: ResourceRequirements;
  readonly user?: { readonly uid: number; readonly gid: number; readonly supplementalGroups: readonly number[] };
  /** It has ended, as an event of the runtime told: what the runtime's records say of it as long as they call it running is out of date. */
  readonly endTold?: true;
}

export const isLive = (container: ObservedContainer): boolean => container.state === 'running' || container.state === 'unknown';

/** The newest container of that name: what upstream calls the status of the container. */
export const newestContainer = (pod: ObservedPod | undefined, name: string): ObservedContainer | undefined =>
  pod?.containers.find((container) => container.name === name);

export const newestSandbox = (pod: ObservedPod | undefined): ObservedSandbox | undefined => pod?.sandboxes[0];

/** Whether anything of the pod may still run: until then another pod may not take its name. */
export const holdsItsName = (pod: ObservedPod): boolean =>
  pod.sandboxes.some(({ state }) => state === 'ready') || pod.containers.some((container) => isLive(container));
