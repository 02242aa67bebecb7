import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResourceManagerMetrics } from '@solo-kubelet/node-api';
import {
  type CpuManager,
  type CpuTopology,
  checkNoCpuState,
  chooseReservedCpus,
  createCpuManager,
  createResourceManagers,
  formatCpuSet,
  type NumaNodes,
  parseCpuSet,
  parseGoBoolean,
  parseStaticOptions,
  type ResourceManagers,
  type ResourceProvider,
  readCpuTopology,
  readNumaNodes,
  stateFile,
  type TopologyPolicyName,
} from '@solo-kubelet/resource-managers';
import { Observable, share } from 'rxjs';
import type { KubeletConfiguration } from '../config/fields.js';
import { reservedMilliCpu } from '../node/node-capacity.js';
import { KubeletError } from '../process/kubelet-error.js';

/** What gives pods CPUs of their own, and tells of it. */
export interface NodeResourceManagers {
  /** Undefined when nothing on this node gives anybody anything of his own. */
  readonly managers: ResourceManagers | undefined;
  /** Undefined under the policy none. */
  readonly cpus: CpuManager | undefined;
  /** The pool of shared CPUs has changed. */
  readonly poolChanged$: Observable<void>;
}

export interface NodeResourceManagersOptions {
  readonly rootDirectory: string;
  /** What gives devices, on these nodes. */
  readonly devices: (numa: NumaNodes) => readonly ResourceProvider[];
  readonly metrics: ResourceManagerMetrics;
}

/** Everything that gives pods something of their own. `devices` come first, as upstream asks them. */
export const nodeResourceManagers = async (
  config: KubeletConfiguration,
  { rootDirectory, devices, metrics }: NodeResourceManagersOptions,
): Promise<NodeResourceManagers> => {
  const listeners = new Set<() => void>();
  const poolChanged$ = new Observable<void>((subscriber) => {
    const listener = (): void => subscriber.next();
    listeners.add(listener);
    return () => listeners.delete(listener);
  }).pipe(share());
  const numa = await readNumaNodes(readSysFile);
  checkNumaNodes(config, numa);
  const cpus = await cpuManager(config, rootDirectory, {
    onPoolChanged: () => {
      for (const listener of listeners) listener();
    },
    onPinning: (outcome) => metrics.cpuPinning(outcome),
  });
  const providers = [...devices(numa), ...(cpus === undefined ? [] : [cpus])];
  const managers =
    providers.length === 0
      ? undefined
      : createResourceManagers({
          providers,
          topology: {
            name: config.topologyManagerPolicy as TopologyPolicyName, // validated
            numa,
            preferClosestNumaNodes: parseGoBoolean(config.topologyManagerPolicyOptions['prefer-closest-numa-nodes'] ?? '') === true,
          },
          scope: config.topologyManagerScope as 'container' | 'pod',
          onTopology: (outcome) => metrics.topologyAdmission(outcome),
        });
  return { managers, cpus, poolChanged$ };
};

const readSysFile = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

/** With more nodes the ways to combine them are too many to try. Upstream: maxAllowableNUMANodes in pkg/kubelet/cm/topologymanager. */
const checkNumaNodes = ({ topologyManagerPolicy, topologyManagerPolicyOptions }: KubeletConfiguration, { nodes }: NumaNodes): void => {
  const most = Number(topologyManagerPolicyOptions['max-allowable-numa-nodes'] ?? DEFAULT_MAX_NUMA_NODES);
  if (topologyManagerPolicy === 'none' || nodes.length <= most) return;
  throw new KubeletError({
    code: 'KUBELET_HOST_UNSUITABLE',
    message: `unsupported on machines with more than ${most} NUMA Nodes`,
    hint: 'Set topologyManagerPolicy: none, or raise max-allowable-numa-nodes in topologyManagerPolicyOptions.',
  });
};
const DEFAULT_MAX_NUMA_NODES = 8;

const cpuManager = async (
  config: KubeletConfiguration,
  rootDirectory: string,
  listeners: Pick<Parameters<typeof createCpuManager>[0], 'onPoolChanged' | 'onPinning'>,
): Promise<CpuManager | undefined> => {
  const file = stateFile(join(rootDirectory, 'cpu_manager_state'));
  if (config.cpuManagerPolicy !== 'static') {
    await checkNoCpuState(file);
    return undefined;
  }
  const parsed = parseStaticOptions(config.cpuManagerPolicyOptions);
  if (!parsed.ok) throw new KubeletError({ code: 'KUBELET_HOST_UNSUITABLE', message: parsed.message });
  const topology = await readCpuTopology(readSysFile);
  return createCpuManager({
    topology,
    reserved: reservedCpus(config, topology, parsed.options),
    options: parsed.options,
    stateFile: file,
    ...listeners,
  });
};

const reservedCpus = (
  config: KubeletConfiguration,
  topology: CpuTopology,
  options: Parameters<typeof chooseReservedCpus>[2],
): readonly number[] => {
  const named = parseCpuSet(config.reservedSystemCPUs) ?? [];
  const missing = named.filter((cpu) => !topology.has(cpu));
  if (missing.length > 0) {
    throw new KubeletError({
      code: 'KUBELET_HOST_UNSUITABLE',
      message: `reservedSystemCPUs: this machine has no CPU ${formatCpuSet(missing)} online`,
      hint: `Its CPUs are ${formatCpuSet([...topology.keys()])}.`,
    });
  }
  if (named.length > 0) return named;
  const count = Math.ceil(reservedMilliCpu(config) / 1_000);
  const chosen = chooseReservedCpus(topology, count, options);
  if (chosen !== undefined) return chosen;
  throw new KubeletError({
    code: 'KUBELET_HOST_UNSUITABLE',
    message: `unable to reserve the required amount of CPUs (size of ${topology.size} did not equal ${count})`,
    hint: 'Reserve less in systemReserved and kubeReserved.',
  });
};
