import type { ContainerAllocation } from '@solo-kubelet/pod-environment';
import { formatCpuCheckpoint, parseCpuCheckpoint } from './core/checkpoint/cpu-checkpoint.js';
import { type CpuSet, formatCpuSet, sameCpus, withoutCpus } from './core/cpu/cpu-set.js';
import {
  assignCpus,
  assignedCpus,
  type CpuState,
  findStateFault,
  initialCpuState,
  unassignContainer,
  unassignPod,
} from './core/cpu/cpu-state.js';
import { allCpus, type CpuTopology, cpusIn, idsOf } from './core/cpu/cpu-topology.js';
import { exclusiveCpuCount, podExclusiveCpuCount } from './core/cpu/exclusive-cpus.js';
import { noOptions, type StaticPolicyOptions } from './core/cpu/static-options.js';
import { chooseCpus, cpuHints, podCpuHints, type StaticPolicy } from './core/cpu/static-policy.js';
import { ResourceManagersError } from './resource-managers-error.js';
import { type ResourceProvider, unexpectedAdmission } from './resource-provider.js';
import type { StateFile } from './state-file.js';

export interface CpuManagerOptions {
  readonly topology: CpuTopology;
  /** CPUs that nobody gets for himself; at least one. */
  readonly reserved: CpuSet;
  readonly options?: StaticPolicyOptions;
  /** `cpu_manager_state` in the kubelet's root directory. */
  readonly stateFile: StateFile;
  /** The shared pool has changed: containers without CPUs of their own are to move. Default: nobody is told. */
  readonly onPoolChanged?: () => void;
  /** A container asked for CPUs of its own, and whether it got them. Default: nobody is told. */
  readonly onPinning?: (outcome: 'pinned' | 'failed') => void;
}

/** Measurements for metrics. */
export interface CpuManagerMetrics {
  readonly sharedPoolMilliCpu: number;
  readonly exclusiveCpus: number;
  /** CPUs given to containers, by NUMA node. */
  readonly exclusiveByNumaNode: ReadonlyMap<number, number>;
}

/** `cpuManagerPolicy: static` as a provider. */
export interface CpuManager extends ResourceProvider {
  measurements(): CpuManagerMetrics;
  /** CPUs that are a container's own. */
  exclusiveCpus(podUid: string, containerName: string): CpuSet;
  /** CPUs that containers can get for themselves, whoever has them. */
  allocatableCpus(): CpuSet;
}

const POLICY = 'static';

/**
 * Guaranteed pods whose containers ask for whole CPUs get them for themselves; everyone else shares the rest.
 * @throws ResourceManagersError when an option does not suit the machine, or the state file of an earlier kubelet does not fit.
 */
export const createCpuManager = async ({
  topology,
  reserved,
  options = noOptions,
  stateFile,
  onPoolChanged = () => {},
  onPinning = () => {},
}: CpuManagerOptions): Promise<CpuManager> => {
  if (options.alignBySocket && idsOf(topology, 'socket').length > idsOf(topology, 'numaNode').length) {
    throw new ResourceManagersError({
      code: 'RESOURCES_CONFIGURATION_INVALID',
      message: 'Align by socket is not compatible with hardware where number of sockets are more than number of NUMA',
      hint: 'Leave align-by-socket out of cpuManagerPolicyOptions.',
    });
  }
  const policy: StaticPolicy = { topology, reserved, options };
  let state = await loadState(policy, stateFile);

  /** What is given counts once it is on disk. */
  const keep = async (next: CpuState): Promise<void> => {
    if (next === state) return;
    const moved = !sameCpus(next.sharedPool, state.sharedPool);
    await stateFile.write(formatCpuCheckpoint(POLICY, next));
    state = next;
    if (moved) onPoolChanged();
  };
  await stateFile.write(formatCpuCheckpoint(POLICY, state));

  return {
    hints: (pod, container) => named(cpuHints(policy, state, pod, container)),
    podHints: (pod) => named(podCpuHints(policy, state, pod)),
    concerns: (pod) => podExclusiveCpuCount(pod) > 0 || state.assignments.has(pod.metadata.uid),
    async allocate(pod, container, affinity) {
      const { uid } = pod.metadata;
      const count = exclusiveCpuCount(pod, container);
      const own = assignedCpus(state, uid, container.name);
      if (count === (own?.length ?? 0)) return undefined;
      // A manifest edited under a pinned UID may ask for more or less, or for none.
      const without = unassignContainer(state, uid, container.name);
      if (count === 0) {
        await keep(without);
        return undefined;
      }
      const choice = chooseCpus(policy, without, { pod, count, affinity });
      onPinning(choice.type === 'cpus' ? 'pinned' : 'failed');
      if (choice.type === 'refused') {
        return choice.cause === 'smt' ? { reason: 'SMTAlignmentError', message: choice.message } : unexpectedAdmission(choice.message);
      }
      await keep(assignCpus(without, uid, container.name, choice.cpus));
      return undefined;
    },
    release: (podUid) => keep(state.assignments.has(podUid) ? unassignPod(state, podUid) : state),
    containerAllocation: (podUid, containerName): ContainerAllocation => {
      const own = assignedCpus(state, podUid, containerName);
      if (own !== undefined) return { cpusetCpus: formatCpuSet(own), exclusiveCpus: true };
      // Strictly reserved CPUs are the last resort of those who share when all others are given away.
      return { cpusetCpus: formatCpuSet(state.sharedPool.length > 0 ? state.sharedPool : reserved) };
    },
    holders: () => [...state.assignments.keys()],
    exclusiveCpus: (podUid, containerName) => assignedCpus(state, podUid, containerName) ?? [],
    allocatableCpus: () => withoutCpus(allCpus(topology), reserved),
    measurements: () => {
      const given = withoutCpus(allCpus(topology), state.sharedPool).filter(
        (cpu) => !(options.strictCpuReservation && reserved.includes(cpu)),
      );
      return {
        sharedPoolMilliCpu: withoutCpus(state.sharedPool, reserved).length * 1_000,
        exclusiveCpus: given.length,
        exclusiveByNumaNode: new Map(idsOf(topology, 'numaNode').map((node) => [node, cpusIn(topology, 'numaNode', [node], given).length])),
      };
    },
  };
};

const named = (hints: ReturnType<typeof cpuHints>) => (hints === undefined ? {} : { cpu: hints });

/** The state of the kubelet before, when it fits; else why not, and what to do. */
const loadState = async ({ topology, reserved, options }: StaticPolicy, stateFile: StateFile): Promise<CpuState> => {
  const strict = options.strictCpuReservation;
  const text = await stateFile.read();
  if (text === undefined) return initialCpuState(topology, reserved, strict);
  const read = parseCpuCheckpoint(text);
  if (!read.ok) throw unusable(stateFile.path, read.message);
  const { policyName, state } = read;
  // Where nobody has anything of his own there is nothing to be preserved: under the policy none, or in a file without CPUs.
  if (state.assignments.size === 0 && (policyName === 'none' || state.sharedPool.length === 0)) {
    return initialCpuState(topology, reserved, strict);
  }
  if (policyName !== POLICY) throw unusable(stateFile.path, otherPolicy(POLICY, policyName));
  const fault = findStateFault(state, topology, reserved, strict);
  if (fault !== undefined) throw unusable(stateFile.path, fault);
  return state;
};

/**
 * Makes sure that no container still has CPUs of its own from a kubelet under another policy.
 * @throws ResourceManagersError when one may have.
 */
export const checkNoCpuState = async (stateFile: StateFile): Promise<void> => {
  const text = await stateFile.read();
  if (text === undefined) return;
  const read = parseCpuCheckpoint(text);
  if (!read.ok) throw unusable(stateFile.path, read.message);
  if (read.policyName !== 'none') throw unusable(stateFile.path, otherPolicy('none', read.policyName));
};

const otherPolicy = (configured: string, written: string): string =>
  `configured policy "${configured}" differs from state checkpoint policy "${written}"`;

const unusable = (path: string, message: string) =>
  new ResourceManagersError({
    code: 'RESOURCES_STATE_UNUSABLE',
    message: `could not restore state from checkpoint: ${message}`,
    hint: `Stop the pods of this node, remove ${path} and start the kubelet again; or go back to the configuration that the file was written with.`,
  });
