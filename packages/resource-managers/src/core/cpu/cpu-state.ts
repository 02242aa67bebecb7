import { type CpuSet, cpuSet, formatCpuSet, unionCpus, withoutCpus } from './cpu-set.js';
import { allCpus, type CpuTopology } from './cpu-topology.js';

/** Who has which CPUs. */
export interface CpuState {
  /** Where containers run that have no CPUs of their own. */
  readonly sharedPool: CpuSet;
  /** Pod UID → container name → its own CPUs. */
  readonly assignments: ReadonlyMap<string, ReadonlyMap<string, CpuSet>>;
}

export const assignedCpus = ({ assignments }: CpuState, podUid: string, containerName: string): CpuSet | undefined =>
  assignments.get(podUid)?.get(containerName);

export const assignCpus = ({ sharedPool, assignments }: CpuState, podUid: string, containerName: string, cpus: CpuSet): CpuState => ({
  sharedPool: withoutCpus(sharedPool, cpus),
  assignments: new Map(assignments).set(podUid, new Map(assignments.get(podUid)).set(containerName, cpus)),
});

/** Without what the container has; CPUs that another container of the pod shares with it stay out of the pool. */
export const unassignContainer = (state: CpuState, podUid: string, containerName: string): CpuState => {
  const released = assignedCpus(state, podUid, containerName);
  if (released === undefined) return state;
  const containers = new Map(state.assignments.get(podUid));
  containers.delete(containerName);
  const assignments = new Map(state.assignments);
  if (containers.size === 0) assignments.delete(podUid);
  else assignments.set(podUid, containers);
  return { sharedPool: unionCpus(state.sharedPool, withoutCpus(released, cpuSet([...containers.values()].flat()))), assignments };
};

export const unassignPod = ({ sharedPool, assignments }: CpuState, podUid: string): CpuState => {
  const rest = new Map(assignments);
  rest.delete(podUid);
  return { sharedPool: unionCpus(sharedPool, ...(assignments.get(podUid)?.values() ?? [])), assignments: rest };
};

/** All CPUs shared; under strict reservation without the reserved ones. */
export const initialCpuState = (topology: CpuTopology, reserved: CpuSet, strict: boolean): CpuState => ({
  sharedPool: strict ? withoutCpus(allCpus(topology), reserved) : allCpus(topology),
  assignments: new Map(),
});

/**
 * Why a state of an earlier kubelet can't be gone on from; undefined when it can. Upstream: validateState in pkg/kubelet/cm/cpumanager/policy_static.go.
 */
export const findStateFault = (state: CpuState, topology: CpuTopology, reserved: CpuSet, strict: boolean): string | undefined => {
  const { sharedPool, assignments } = state;
  const overlap = sharedPool.filter((cpu) => reserved.includes(cpu));
  if (sharedPool.length === 0 && !strict) return 'default cpuset cannot be empty';
  if (strict && overlap.length > 0) {
    return `some of strictly reserved cpus: "${formatCpuSet(overlap)}" are present in defaultCpuSet: "${formatCpuSet(sharedPool)}"`;
  }
  if (!strict && overlap.length < reserved.length) {
    return `not all reserved cpus: "${formatCpuSet(reserved)}" are present in defaultCpuSet: "${formatCpuSet(sharedPool)}"`;
  }
  for (const [podUid, containers] of assignments) {
    for (const [name, cpus] of containers) {
      if (cpus.some((cpu) => sharedPool.includes(cpu))) {
        return `pod: ${podUid}, container: ${name} cpuset: "${formatCpuSet(cpus)}" overlaps with default cpuset "${formatCpuSet(sharedPool)}"`;
      }
    }
  }
  const known = formatCpuSet(unionCpus(sharedPool, ...[...assignments.values()].flatMap((containers) => [...containers.values()])));
  const there = formatCpuSet(strict ? withoutCpus(allCpus(topology), reserved) : allCpus(topology));
  return known === there ? undefined : `current set of available CPUs "${there}" doesn't match with CPUs in state "${known}"`;
};
