import { podQosClass } from '@solo-kubelet/pod-spec';
import { isCriticalPod } from '../critical-pod.js';
import type { AdmissionCheck } from './admission-check.js';
import type { NodeAdmissionFacts } from './node-admission-facts.js';

/** The pressures that the node is under now, in upstream's order. */
const pressuresOf = ({ pressures }: NodeAdmissionFacts): readonly string[] =>
  (pressures ?? []).filter(({ status, reportOnly }) => status && reportOnly !== true).map(({ type }) => type);

/** Memory pressure alone keeps only pods out that ask for nothing and do not tolerate it (pkg/kubelet/eviction/eviction_manager.go Admit). */
export const checkEvictionPressure: AdmissionCheck = ({ pod, node }) => {
  const pressures = pressuresOf(node);
  if (pressures.length === 0 || isCriticalPod(pod)) return undefined;
  const memoryOnly = pressures.length === 1 && pressures[0] === 'MemoryPressure';
  if (memoryOnly && (podQosClass(pod) !== 'BestEffort' || (pod.spec.tolerations ?? []).some(toleratesMemoryPressure))) return undefined;
  return { reason: 'Evicted', message: `The node had condition: [${pressures.join(' ')}]. ` };
};

const TAINT = 'node.kubernetes.io/memory-pressure';

type Toleration = { readonly key?: string; readonly operator?: string; readonly value?: string; readonly effect?: string };

/** Of the taint `node.kubernetes.io/memory-pressure:NoSchedule`, whose value is empty. An empty key or effect matches all. */
const toleratesMemoryPressure = ({ key = '', operator = '', value = '', effect = '' }: Toleration): boolean =>
  (effect === '' || effect === 'NoSchedule') &&
  (key === '' || key === TAINT) &&
  (operator === 'Exists' || ((operator === '' || operator === 'Equal') && value === ''));
