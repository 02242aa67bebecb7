import type { ContainerAllocations } from '@solo-kubelet/pod-environment';
import type { Container, Pod } from '@solo-kubelet/pod-spec';
import type { TopologyHint } from './core/topology/topology-hint.js';
import { decideTopology, type TopologyPolicy } from './core/topology/topology-policy.js';
import { mergeAllocations } from './merge-allocations.js';
import type { AllocateOptions, NodeResources, Rejection, ResourceProvider } from './resource-provider.js';

export interface ResourceManagersOptions {
  /** In the order in which they are asked: devices, CPUs, memory, as upstream. */
  readonly providers: readonly ResourceProvider[];
  /** Default: policy none. */
  readonly topology?: TopologyPolicy;
  /** `topologyManagerScope`: whether each container, or the pod as a whole, comes from one set of nodes. Default `container`. */
  readonly scope?: 'container' | 'pod';
  /** Told of every pod that was asked about under a topology policy. Default: nobody. */
  readonly onTopology?: (outcome: { readonly admitted: boolean; readonly durationMs: number }) => void;
  /** Default `performance.now`. */
  readonly nowMs?: () => number;
}

interface Abortable {
  readonly signal: AbortSignal;
}

/** What @solo-kubelet/reconciler takes as its ResourceAllocator, and the parts for the pod environment and the node. */
export interface ResourceManagers {
  /** All that the pod's containers need, or nothing more than it had. A pod that has all it needs keeps it. */
  allocate(pod: Pod, options: AllocateOptions): Promise<Rejection | undefined>;
  /** Takes back all that the pod has. */
  release(podUid: string, options: Abortable): Promise<void>;
  beforeStart(podUid: string, containerName: string, options: Abortable): Promise<void>;
  /** UIDs of pods that hold something, also from earlier processes. */
  holders(): readonly string[];
  /** For the pod environment's `allocations`. */
  readonly containerAllocation: ContainerAllocations;
  /** What all providers add to the node's resources. */
  nodeResources(): NodeResources;
}

/** Several providers as one allocator: pods are served one at a time, and their containers from NUMA nodes on which all providers agree. */
export const createResourceManagers = ({
  providers,
  topology,
  scope = 'container',
  onTopology = () => {},
  nowMs = () => performance.now(),
}: ResourceManagersOptions): ResourceManagers => {
  const inTurn = createTurns();
  const holders = (): readonly string[] => [...new Set(providers.flatMap((provider) => provider.holders()))];
  const aligns = topology !== undefined && topology.name !== 'none';

  const affinityFor = (pod: Pod, container: Container | undefined): TopologyHint | undefined => {
    if (!aligns) return anywhere;
    const hints = providers.map((provider) => (container === undefined ? provider.podHints(pod) : provider.hints(pod, container)));
    const { hint, admit } = decideTopology(topology, hints);
    return admit ? hint : undefined;
  };

  const give = async (pod: Pod, options: AllocateOptions): Promise<Rejection | undefined> => {
    const ofPod = aligns && scope === 'pod' ? affinityFor(pod, undefined) : anywhere;
    if (ofPod === undefined) return topologyAffinityError;
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
      const affinity = scope === 'pod' ? ofPod : affinityFor(pod, container);
      if (affinity === undefined) return topologyAffinityError;
      for (const provider of providers) {
        options.signal.throwIfAborted();
        const rejection = await provider.allocate(pod, container, affinity, options);
        if (rejection !== undefined) return rejection;
      }
    }
    return undefined;
  };

  const release = async (podUid: string, signal: AbortSignal): Promise<void> => {
    for (const provider of providers) await provider.release(podUid, { signal });
  };

  return {
    allocate: async (pod, options) => {
      const { uid } = pod.metadata;
      if (!providers.some(({ concerns }) => concerns?.(pod) ?? true) && !holders().includes(uid)) return undefined;
      return inTurn(async () => {
        const had = holders().includes(uid);
        const startedMs = nowMs();
        const rejection = await give(pod, options);
        if (aligns) onTopology({ admitted: rejection !== topologyAffinityError, durationMs: nowMs() - startedMs });
        if (rejection !== undefined && !had) await release(uid, options.signal);
        return rejection;
      });
    },
    release: async (podUid, { signal }) => {
      if (holders().includes(podUid)) await inTurn(() => release(podUid, signal));
    },
    async beforeStart(podUid, containerName, options) {
      for (const provider of providers) await provider.beforeStart?.(podUid, containerName, options);
    },
    holders,
    containerAllocation: (podUid, containerName) =>
      mergeAllocations(
        providers.map((provider) => provider.containerAllocation(podUid, containerName)).filter((part) => part !== undefined),
      ),
    nodeResources: () => {
      const all = providers.flatMap((provider) => provider.nodeResources?.() ?? []);
      return {
        capacity: Object.assign({}, ...all.map(({ capacity }) => capacity)) as NodeResources['capacity'],
        allocatable: Object.assign({}, ...all.map(({ allocatable }) => allocatable)) as NodeResources['allocatable'],
      };
    },
  };
};

const anywhere: TopologyHint = { affinity: undefined, preferred: false };

/** Upstream: TopologyAffinityError in pkg/kubelet/cm/topologymanager/scope.go. */
const topologyAffinityError: Rejection = {
  reason: 'TopologyAffinityError',
  message: 'Resources cannot be allocated with Topology locality',
};

/** Runs what it is given one after the other, in order, whatever becomes of each. */
const createTurns = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
};
