import { parseCpuSet } from '@solo-kubelet/resource-managers';
import type { KubeletConfiguration } from '../config/fields.js';
import { countOf, formatMilli, milliOf } from './quantities.js';

/** What the machine has. */
export interface MachineFacts {
  readonly cores: number;
  readonly memoryBytes: number;
  /** Size of the file system that holds the kubelet's root directory, bytes. */
  readonly ephemeralStorageBytes: number;
  /** Bytes by page size, such as `2Mi`. */
  readonly hugePages: Readonly<Record<string, number>>;
  /** Processes that the kernel can hold. */
  readonly maxPids: number;
}

export interface NodeResources {
  /** Kubernetes quantities by resource name. */
  readonly capacity: Readonly<Record<string, string>>;
  /** What pods may use: without reservations, and without the memory and disk at which eviction begins. */
  readonly allocatable: Readonly<Record<string, string>>;
}

type Reservations = Pick<
  KubeletConfiguration,
  'systemReserved' | 'kubeReserved' | 'evictionHard' | 'maxPods' | 'podsPerCore' | 'localStorageCapacityIsolation'
> &
  Partial<Pick<KubeletConfiguration, 'reservedSystemCPUs'>>;

/** CPU kept from pods, thousandths: `reservedSystemCPUs` in place of both other reservations, when it is set. */
export const reservedMilliCpu = ({
  systemReserved,
  kubeReserved,
  reservedSystemCPUs = '',
}: Pick<Reservations, 'systemReserved' | 'kubeReserved' | 'reservedSystemCPUs'>): number =>
  reservedSystemCPUs === ''
    ? [systemReserved['cpu'], kubeReserved['cpu']].reduce((sum, quantity) => sum + (quantity === undefined ? 0 : milliOf(quantity)), 0)
    : (parseCpuSet(reservedSystemCPUs)?.length ?? 0) * 1_000;

/** Capacity and allocatable as pkg/kubelet/cm/node_container_manager_linux.go works them out. */
export const nodeResources = (machine: MachineFacts, config: Reservations): NodeResources => {
  const reserved = (name: string, read: (quantity: string) => number): number =>
    [config.systemReserved[name], config.kubeReserved[name]].reduce(
      (sum, quantity) => sum + (quantity === undefined ? 0 : read(quantity)),
      0,
    );
  const threshold = (signal: string, capacity: number): number => thresholdOf(config.evictionHard[signal], capacity);
  const rest = (value: number): number => Math.max(0, value);
  const hugePageBytes = Object.values(machine.hugePages).reduce((sum, bytes) => sum + bytes, 0);
  const pods = config.podsPerCore > 0 ? Math.min(config.podsPerCore * machine.cores, config.maxPods) : config.maxPods;
  const milliCpu = machine.cores * 1_000;
  const memory = machine.memoryBytes - reserved('memory', countOf) - threshold('memory.available', machine.memoryBytes) - hugePageBytes;
  const disk =
    machine.ephemeralStorageBytes - reserved('ephemeral-storage', countOf) - threshold('nodefs.available', machine.ephemeralStorageBytes);
  const storage = (text: string): Readonly<Record<string, string>> =>
    config.localStorageCapacityIsolation ? { 'ephemeral-storage': text } : {};
  const hugePages = Object.fromEntries(Object.entries(machine.hugePages).map(([size, bytes]) => [`hugepages-${size}`, String(bytes)]));
  return {
    capacity: {
      cpu: formatMilli(milliCpu),
      memory: kibibytes(machine.memoryBytes),
      // In the same form as what of it can be given, and as in 1.37 (kubernetes/kubernetes 137652).
      ...storage(String(machine.ephemeralStorageBytes)),
      pods: String(pods),
      ...hugePages,
    },
    allocatable: {
      cpu: formatMilli(rest(milliCpu - reservedMilliCpu(config))),
      memory: kibibytes(rest(memory)),
      ...storage(String(rest(disk))),
      pods: String(pods),
      ...hugePages,
    },
  };
};

/** What the `kubepods` cgroup is held to when `pods` are enforced: capacity without reservations. */
export const podsCgroupLimits = (machine: MachineFacts, config: Reservations) => {
  const reserved = (name: string, read: (quantity: string) => number): number =>
    [config.systemReserved[name], config.kubeReserved[name]].reduce(
      (sum, quantity) => sum + (quantity === undefined ? 0 : read(quantity)),
      0,
    );
  return {
    milliCpu: Math.max(0, machine.cores * 1_000 - reservedMilliCpu(config)),
    memoryBytes: Math.max(0, machine.memoryBytes - reserved('memory', countOf)),
    pids: Math.max(0, machine.maxPids - reserved('pid', countOf)),
    hugePages: machine.hugePages,
  };
};

/** The cgroups that `enforceNodeAllocatable` holds to what is reserved for them; `-compressible`: to their CPU shares alone. */
export const reservedCgroups = (
  config: Pick<
    KubeletConfiguration,
    'enforceNodeAllocatable' | 'systemReserved' | 'kubeReserved' | 'systemReservedCgroup' | 'kubeReservedCgroup'
  >,
) =>
  (['system', 'kube'] as const).flatMap((which) => {
    const { cpu, memory, pid } = config[`${which}Reserved`];
    const [all, cpuOnly] = ['', '-compressible'].map((how) => config.enforceNodeAllocatable.includes(`${which}-reserved${how}`));
    if (!all && !cpuOnly) return [];
    return [
      {
        path: config[`${which}ReservedCgroup`],
        limits: {
          ...(cpu === undefined ? {} : { milliCpu: milliOf(cpu) }),
          ...(memory === undefined || !all ? {} : { memoryBytes: countOf(memory) }),
          ...(pid === undefined || !all ? {} : { pids: countOf(pid) }),
        },
      },
    ];
  });

const thresholdOf = (quantity: string | undefined, capacity: number): number => {
  if (quantity === undefined || quantity === '100%') return 0; // 100 % switches the threshold off, as 0 % does
  return quantity.endsWith('%') ? Math.floor((capacity * Number.parseFloat(quantity)) / 100) : countOf(quantity);
};

const kibibytes = (bytes: number): string => `${Math.floor(bytes / 1_024)}Ki`;
