import type { CpuPlace, CpuTopology } from '../core/cpu/cpu-topology.js';

/** Machines for tests, after those of upstream's tests (pkg/kubelet/cm/cpumanager/policy_test.go). */
const machine = (cpus: number, place: (cpu: number) => Partial<CpuPlace> & { readonly core: number }): CpuTopology =>
  new Map(Array.from({ length: cpus }, (_, cpu) => [cpu, { socket: 0, numaNode: 0, uncoreCache: 0, ...place(cpu) }]));

export const singleSocketHT = machine(8, (cpu) => ({ core: cpu % 4 }));
export const dualSocketHT = machine(12, (cpu) => ({ core: cpu % 6, socket: cpu % 2, numaNode: cpu % 2 }));
export const dualSocketNoHT = machine(8, (cpu) => ({ core: cpu, socket: cpu < 4 ? 0 : 1, numaNode: cpu < 4 ? 0 : 1 }));
const manyNodes = (cpus: number, perNode: number): CpuTopology =>
  machine(cpus, (cpu) => {
    const core = cpu % (cpus / 2);
    return { core, socket: core < cpus / 4 ? 0 : 1, numaNode: Math.floor(core / perNode) };
  });
/** 2 sockets of 2 nodes of 10 cores. */
export const dualSocketMultiNumaHT = manyNodes(80, 10);
/** 2 sockets of 4 nodes of 16 cores. */
export const dualSocketMultiNumaHTLarge = manyNodes(256, 16);
export const uncoreSingleSocketNoSMT = machine(16, (cpu) => ({ core: cpu, uncoreCache: Math.floor(cpu / 4) }));
export const uncoreDualSocketNoSMT = machine(16, (cpu) => ({
  core: cpu,
  socket: cpu < 8 ? 0 : 1,
  numaNode: cpu < 8 ? 0 : 1,
  uncoreCache: Math.floor(cpu / 4),
}));
export const uncoreSingleSocketMultiNuma = machine(16, (cpu) => ({
  core: cpu,
  numaNode: cpu < 8 ? 0 : 1,
  uncoreCache: Math.floor(cpu / 4),
}));
export const uncoreSingleSocketSMT = machine(16, (cpu) => ({ core: cpu % 8, uncoreCache: cpu % 8 < 4 ? 0 : 1 }));
