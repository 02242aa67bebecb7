import type { PodResources } from './kubernetes-formulas.js';

const MIB = 1024 ** 2;

const uid = (number: number): string => `00000000-0000-4000-8000-00000000000${number}`;

/** The Pods of the directory `pods`, as the formulas see them. */
export const pods: Readonly<Record<'guaranteed' | 'burstable' | 'half-limited' | 'best-effort', PodResources>> = {
  guaranteed: { uid: uid(1), qosClass: 'Guaranteed', cpuRequest: 500, cpuLimit: 500, memoryRequest: 64 * MIB, memoryLimit: 64 * MIB },
  burstable: {
    uid: uid(2),
    qosClass: 'Burstable',
    cpuRequest: 250,
    cpuLimit: 1_000,
    memoryRequest: 32 * MIB,
    memoryLimit: 96 * MIB,
    hugePages2Mi: 4 * MIB,
  },
  'half-limited': { uid: uid(3), qosClass: 'Burstable', cpuRequest: 100, memoryRequest: 16 * MIB, memoryLimit: 48 * MIB },
  'best-effort': { uid: uid(4), qosClass: 'BestEffort' },
};
