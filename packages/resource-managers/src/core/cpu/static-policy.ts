import { type Container, isSidecar, type Pod } from '@solo-kubelet/pod-spec';
import { countNodes, everyMask, type NumaMask, nodesOf } from '../topology/numa-mask.js';
import type { TopologyHint } from '../topology/topology-hint.js';
import { type CpuSet, commonCpus, unionCpus, withoutCpus } from './cpu-set.js';
import { assignedCpus, type CpuState } from './cpu-state.js';
import { allCpus, type CpuTopology, cpusIn, cpusPerCore, idsOf } from './cpu-topology.js';
import { exclusiveCpuCount, podExclusiveCpuCount } from './exclusive-cpus.js';
import type { StaticPolicyOptions } from './static-options.js';
import { takeDistributed } from './take-distributed.js';
import { takePacked } from './take-packed.js';

/** What the static policy decides by, besides the state. Upstream: pkg/kubelet/cm/cpumanager/policy_static.go. */
export interface StaticPolicy {
  readonly topology: CpuTopology;
  /** CPUs that nobody gets for himself. */
  readonly reserved: CpuSet;
  readonly options: StaticPolicyOptions;
}

export type CpuChoice =
  | { readonly type: 'cpus'; readonly cpus: CpuSet }
  | { readonly type: 'refused'; readonly cause: 'smt' | 'short'; readonly message: string };

/** Which CPUs a container of this pod gets, from the nodes of `affinity` as far as they go. */
export const chooseCpus = (
  policy: StaticPolicy,
  state: CpuState,
  { pod, count, affinity }: { readonly pod: Pod; readonly count: number; readonly affinity: TopologyHint },
): CpuChoice => {
  const { options } = policy;
  const reusable = reusableCpus(state, pod);
  const allocatable = unionCpus(withoutCpus(state.sharedPool, policy.reserved), reusable);
  const misaligned = options.fullPcpusOnly ? smtFault(policy, state, reusable, count) : undefined;
  if (misaligned !== undefined) return { type: 'refused', cause: 'smt', message: misaligned };
  const near = affinity.affinity === undefined ? undefined : nearCpus(policy, affinity.affinity);
  const again = takeAgain(policy, near === undefined ? reusable : commonCpus(reusable, near), count);
  return (
    takeBeside(policy, { allocatable, again, near, count }) ??
    takeBeside(policy, { allocatable, again: [], near, count }) ??
    short(allocatable, near, count)
  );
};

/** What init containers of the pod had comes first: it is of no use to any other pod. */
const takeAgain = (policy: StaticPolicy, reusable: CpuSet, count: number): CpuSet =>
  take(policy, reusable, Math.min(count, reusable.length)) ?? [];

/** CPUs of the nodes that are to be used, as far as they go, and then others; undefined when there are too few or the options are in the way. */
const takeBeside = (
  policy: StaticPolicy,
  {
    allocatable,
    again,
    near,
    count,
  }: { readonly allocatable: CpuSet; readonly again: CpuSet; readonly near: CpuSet | undefined; readonly count: number },
): CpuChoice | undefined => {
  const free = withoutCpus(allocatable, again);
  const nearby = near === undefined ? [] : commonCpus(free, near);
  const aligned = take(policy, nearby, Math.min(count - again.length, nearby.length)) ?? [];
  const rest = take(policy, withoutCpus(free, aligned), count - again.length - aligned.length);
  return rest === undefined ? undefined : { type: 'cpus', cpus: unionCpus(again, aligned, rest) };
};

const short = (allocatable: CpuSet, near: CpuSet | undefined, count: number): CpuChoice => {
  const aligned = near === undefined ? 0 : Math.min(count, commonCpus(allocatable, near).length);
  const message = `not enough cpus available to satisfy request: requested=${count - aligned}, available=${allocatable.length - aligned}`;
  return { type: 'refused', cause: 'short', message };
};

/** CPUs that init containers of the pod had, and that nothing which runs later or beside has taken. */
const reusableCpus = (state: CpuState, { metadata: { uid }, spec }: Pod): CpuSet => {
  const cpusOf = (containers: readonly Container[]): CpuSet =>
    unionCpus(...containers.map(({ name }) => assignedCpus(state, uid, name) ?? []));
  const inits = spec.initContainers ?? [];
  const passing = inits.filter((container) => !isSidecar(container));
  return withoutCpus(cpusOf(passing), cpusOf([...inits.filter(isSidecar), ...spec.containers]));
};

const smtFault = ({ topology, reserved }: StaticPolicy, { sharedPool }: CpuState, reusable: CpuSet, count: number): string | undefined => {
  const perCore = cpusPerCore(topology);
  if (count % perCore !== 0) return `SMT Alignment Error: requested ${count} cpus not multiple cpus per core = ${perCore}`;
  // Reserving one thread of a core keeps the whole core from being given.
  const reservedCores = cpusIn(topology, 'core', idsOf(topology, 'core', reserved));
  const available = unionCpus(withoutCpus(sharedPool, reservedCores), reusable).length;
  return count > available
    ? `SMT Alignment Error: not enough free physical CPUs: available physical CPUs = ${available}, requested CPUs = ${count}, CPUs per core = ${perCore}`
    : undefined;
};

/** With `align-by-socket` a node stands for all of its socket. */
const nearCpus = ({ topology, options }: StaticPolicy, affinity: NumaMask): CpuSet => {
  const cpus = cpusIn(topology, 'numaNode', nodesOf(affinity));
  return options.alignBySocket ? cpusIn(topology, 'socket', idsOf(topology, 'socket', cpus)) : cpus;
};

/** The reserved CPUs, when only their number is given: the first that would be taken. */
export const chooseReservedCpus = (topology: CpuTopology, count: number, options: StaticPolicyOptions): CpuSet | undefined =>
  take({ topology, options }, allCpus(topology), count);

const take = ({ topology, options }: Pick<StaticPolicy, 'topology' | 'options'>, available: CpuSet, count: number): CpuSet | undefined => {
  const { alignBySocket } = options;
  const style = { spread: options.distributeCpusAcrossCores, alignByUncoreCache: options.preferAlignCpusByUncoreCache };
  if (!options.distributeCpusAcrossNuma) return takePacked(topology, available, count, style);
  return takeDistributed(topology, available, count, {
    ...style,
    alignBySocket,
    groupSize: options.fullPcpusOnly ? cpusPerCore(topology) : 1,
  });
};

/** Where the container's CPUs could come from; undefined when it gets none of its own. */
export const cpuHints = (policy: StaticPolicy, state: CpuState, pod: Pod, container: Container): readonly TopologyHint[] | undefined => {
  const count = exclusiveCpuCount(pod, container);
  if (count === 0) return undefined;
  const own = assignedCpus(state, pod.metadata.uid, container.name);
  if (own !== undefined && own.length === count) return hintsFor(policy, own, [], count);
  return hintsFor(policy, withoutCpus(state.sharedPool, policy.reserved), unionCpus(own ?? [], reusableCpus(state, pod)), count);
};

/** The same for the pod as a whole. */
export const podCpuHints = (policy: StaticPolicy, state: CpuState, pod: Pod): readonly TopologyHint[] | undefined => {
  const count = podExclusiveCpuCount(pod);
  if (count === 0) return undefined;
  const own = unionCpus(...(state.assignments.get(pod.metadata.uid)?.values() ?? []));
  if (own.length === count) return hintsFor(policy, own, [], count);
  return hintsFor(policy, withoutCpus(state.sharedPool, policy.reserved), unionCpus(own, reusableCpus(state, pod)), count);
};

/** Every set of nodes that has enough and holds all that the pod is to use again; preferred where no smaller set could do on an empty machine. */
const hintsFor = (policy: StaticPolicy, available: CpuSet, reusable: CpuSet, count: number): readonly TopologyHint[] => {
  const { topology, options } = policy;
  const nodes = idsOf(topology, 'numaNode');
  const masks = everyMask(nodes);
  const within = (mask: NumaMask, set?: CpuSet): CpuSet => cpusIn(topology, 'numaNode', nodesOf(mask), set);
  const able = masks.filter((mask) => within(mask).length >= count).map(countNodes);
  const least = Math.min(nodes.length, ...able);
  return masks
    .filter((mask) => within(mask, reusable).length === reusable.length && within(mask, available).length + reusable.length >= count)
    .map((affinity) => ({
      affinity,
      preferred: countNodes(affinity) === least || (options.alignBySocket && isSocketAligned(topology, affinity, least)),
    }));
};

const isSocketAligned = (topology: CpuTopology, affinity: NumaMask, least: number): boolean => {
  const nodesPerSocket = Math.floor(idsOf(topology, 'numaNode').length / idsOf(topology, 'socket').length);
  if (nodesPerSocket === 0) return false;
  return idsOf(topology, 'socket', cpusIn(topology, 'numaNode', nodesOf(affinity))).length === Math.ceil(least / nodesPerSocket);
};
