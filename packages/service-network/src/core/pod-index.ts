import type { LabelRequirements } from '@solo-kubelet/selectors';
import type { EndpointPod } from './endpoint-pod.js';
import { groupBy } from './group-by.js';

/** Pods by namespace and by label, so that a selector is not held against each of them. */
export interface PodIndex {
  /** Those that have Pods. */
  readonly namespaces: readonly string[];
  /** Pods of a namespace that the requirements may find: no other is found by them. */
  candidates(namespace: string, requirements: LabelRequirements): readonly EndpointPod[];
}

const EQUAL: ReadonlySet<string> = new Set(['=', '==', 'in']);

/** The index of labels is made with the first selector that asks for one. */
export const createPodIndex = (pods: readonly EndpointPod[]): PodIndex => {
  const byNamespace = groupBy(pods, ({ namespace }) => namespace);
  const byLabels = new Map<string, ReadonlyMap<string, ReadonlyMap<string, readonly EndpointPod[]>>>();
  const labelsOf = (namespace: string): ReadonlyMap<string, ReadonlyMap<string, readonly EndpointPod[]>> => {
    const known = byLabels.get(namespace) ?? indexLabels(byNamespace.get(namespace) ?? NONE);
    byLabels.set(namespace, known);
    return known;
  };
  return {
    namespaces: [...byNamespace.keys()],
    candidates: (namespace, requirements) => {
      if (requirements === null) return NONE;
      const equal = requirements.find(({ operator }) => EQUAL.has(operator));
      if (equal === undefined) return byNamespace.get(namespace) ?? NONE;
      const values = labelsOf(namespace).get(equal.key);
      if (values === undefined) return NONE;
      const [only = '', ...more] = new Set(equal.values);
      return more.length === 0 ? (values.get(only) ?? NONE) : [only, ...more].flatMap((value) => values.get(value) ?? NONE);
    },
  };
};

const NONE: readonly EndpointPod[] = [];

/** By key, then by value. */
const indexLabels = (pods: readonly EndpointPod[]): ReadonlyMap<string, ReadonlyMap<string, readonly EndpointPod[]>> => {
  const index = new Map<string, Map<string, EndpointPod[]>>();
  for (const pod of pods) {
    for (const [key, value] of Object.entries(pod.labels)) {
      const values = index.get(key) ?? new Map<string, EndpointPod[]>();
      const found = values.get(value);
      if (found === undefined) values.set(value, [pod]);
      else found.push(pod);
      index.set(key, values);
    }
  }
  return index;
};
