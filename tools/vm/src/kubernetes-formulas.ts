/** What Kubernetes makes of a Pod with one container, as far as its formulas need to know. Bytes and thousandths of a CPU. */
export interface PodResources {
  readonly uid: string;
  readonly qosClass: 'Guaranteed' | 'Burstable' | 'BestEffort';
  readonly cpuRequest?: number;
  readonly cpuLimit?: number;
  readonly memoryRequest?: number;
  readonly memoryLimit?: number;
  readonly hugePages2Mi?: number;
}

export interface NodeResources {
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** The gate MemoryQoS with `memoryReservationPolicy: TieredReservation`, and `memoryThrottlingFactor` where one is given. */
export interface MemoryQos {
  readonly throttlingFactor?: number;
}

/** Expected values by file. More than one: runtimes differ. */
export type ExpectedFiles = Readonly<Record<string, string | readonly string[]>>;

export interface ExpectedPod {
  readonly pod: ExpectedFiles;
  readonly sandbox: ExpectedFiles;
  readonly container: ExpectedFiles;
}

const PERIOD_US = 100_000;
const PAGE_BYTES = 4096;
const MIN_SHARES = 2;

/** pkg/kubelet/cm/helpers_linux.go MilliCPUToShares. */
const shares = (milliCpu = 0): number => Math.max(MIN_SHARES, Math.floor((milliCpu * 1024) / 1000));

/** KEP-2254, as kubelet and runc before 1.3.2 convert shares. */
const linearWeight = (cpuShares: number): string => `${1 + Math.floor(((cpuShares - 2) * 9999) / 262_142)}`;

/** opencontainers/cgroups ConvertCPUSharesToCgroupV2Value, as runc 1.3.2 and crun 1.24 do. */
const logarithmicWeight = (cpuShares: number): string => {
  const log = Math.log2(cpuShares);
  return `${Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34))}`;
};

const quota = (milliCpu: number | undefined): string =>
  `${milliCpu === undefined ? 'max' : Math.max(1_000, (milliCpu * PERIOD_US) / 1000)} ${PERIOD_US}`;

const bytesOrMax = (bytes: number | undefined): string => (bytes === undefined ? 'max' : `${bytes}`);

/** pkg/kubelet/qos/policy.go GetContainerOOMScoreAdjust. */
const oomScoreAdjust = ({ qosClass, memoryRequest = 0 }: PodResources, node: NodeResources): number => {
  if (qosClass === 'Guaranteed') return -997;
  if (qosClass === 'BestEffort') return 1000;
  return Math.min(999, Math.max(3, 1000 - Math.floor((1000 * memoryRequest) / node.memoryBytes)));
};

/** What is kept of memory: firmly for Guaranteed Pods, softly for Burstable ones (KEP-2570; without the gate nothing). */
const kept = ({ qosClass, memoryRequest = 0 }: PodResources, memoryQos: MemoryQos | undefined): ExpectedFiles => ({
  'memory.min': `${memoryQos && qosClass === 'Guaranteed' ? memoryRequest : 0}`,
  'memory.low': `${memoryQos && qosClass === 'Burstable' ? memoryRequest : 0}`,
});

/** From which use on a container is slowed down (KEP-2570; since 1.37 only where a factor is given). */
const high = ({ memoryRequest = 0, memoryLimit }: PodResources, node: NodeResources, memoryQos: MemoryQos | undefined): string => {
  const factor = memoryQos?.throttlingFactor;
  if (factor === undefined || memoryRequest === memoryLimit) return 'max';
  const most = memoryLimit ?? node.memoryBytes;
  return `${Math.floor((memoryRequest + factor * (most - memoryRequest)) / PAGE_BYTES) * PAGE_BYTES}`;
};

/** Every file of a Pod's cgroups on cgroup v2: pkg/kubelet/cm/pod_container_manager_linux.go and kuberuntime_container_linux.go. */
export const expectedPod = (pod: PodResources, node: NodeResources, memoryQos?: MemoryQos): ExpectedPod => {
  const { cpuRequest, cpuLimit, memoryLimit, hugePages2Mi = 0 } = pod;
  const cpuShares = shares(cpuRequest);
  const hugePages = { 'hugetlb.2MB.max': `${hugePages2Mi}`, 'hugetlb.2MB.rsvd.max': `${hugePages2Mi}` };
  return {
    pod: {
      'cpu.weight': linearWeight(cpuShares),
      'cpu.max': quota(cpuLimit),
      'memory.max': bytesOrMax(memoryLimit),
      ...kept(pod, memoryQos),
      'memory.high': 'max',
      'pids.max': 'max',
      ...hugePages,
    },
    sandbox: { 'cpu.weight': [linearWeight(MIN_SHARES), logarithmicWeight(MIN_SHARES)], 'memory.max': 'max', oom_score_adj: '-998' },
    container: {
      'cpu.weight': [linearWeight(cpuShares), logarithmicWeight(cpuShares)],
      'cpu.max': quota(cpuLimit),
      'memory.max': bytesOrMax(memoryLimit),
      ...kept(pod, memoryQos),
      'memory.high': high(pod, node, memoryQos),
      'memory.swap.max': '0',
      'memory.oom.group': '1',
      // containerd 1.x leaves this controller to the Pod's cgroup unless its disable_hugetlb_controller is false.
      'hugetlb.2MB.max': [`${hugePages2Mi}`, 'max'],
      oom_score_adj: `${oomScoreAdjust(pod, node)}`,
    },
  };
};

/** The levels above the Pods: pkg/kubelet/cm/node_container_manager_linux.go and qos_container_manager_linux.go. */
export const expectedLevels = (
  pods: readonly PodResources[],
  node: NodeResources,
  memoryQos?: MemoryQos,
): Readonly<Record<'kubepods' | 'burstable' | 'besteffort', ExpectedFiles>> => {
  const ofClass = (wanted: string): readonly PodResources[] => pods.filter(({ qosClass }) => qosClass === wanted);
  const burstable = ofClass('Burstable').reduce((sum, { cpuRequest = 0 }) => sum + cpuRequest, 0);
  const memory = (...classes: readonly string[]): number =>
    memoryQos ? classes.flatMap(ofClass).reduce((sum, { memoryRequest = 0 }) => sum + memoryRequest, 0) : 0;
  const free = { 'memory.min': '0', 'memory.low': '0', 'memory.high': 'max' };
  return {
    kubepods: {
      'cpu.weight': linearWeight(shares(node.cpus * 1000)),
      'memory.max': `${node.memoryBytes}`,
      ...free,
      'memory.min': `${memory('Guaranteed', 'Burstable')}`,
    },
    burstable: {
      'cpu.weight': linearWeight(shares(burstable)),
      'cpu.max': quota(undefined),
      'memory.max': 'max',
      ...free,
      'memory.low': `${memory('Burstable')}`,
    },
    besteffort: { 'cpu.weight': linearWeight(MIN_SHARES), 'cpu.max': quota(undefined), 'memory.max': 'max', ...free },
  };
};
