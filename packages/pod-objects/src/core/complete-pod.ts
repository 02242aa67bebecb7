import { findObject, listObjects, type ObjectStore } from '@solo-kubelet/manifest-source';
import type { LocalObjectReference, Pod, PodSpec } from '@solo-kubelet/pod-spec';
import { compareQuantities, type Quantity } from '@solo-kubelet/pod-spec';
import { withApiAccess } from './api-access.js';
import { limitErrors, withDefaultLimits } from './limit-ranges.js';

/** Why a Pod may not run yet, in upstream's words. */
export interface PodRejection {
  readonly reason: string;
  readonly message: string;
}

/**
 * The Pod as an API server's admission would have stored it: with what its ServiceAccount, PriorityClass, RuntimeClass and the LimitRanges of its
 * namespace give it. What is not there gives nothing; `podRejection` tells of it.
 */
export const completePod = (pod: Pod, store: ObjectStore): Pod =>
  withApiAccess(
    withPullSecrets(
      withPriority(withRuntimeClass(withDefaultLimits(pod, listObjects(store, 'LimitRange', namespaceOf(pod))), store), store),
      store,
    ),
    store,
  );

/** Whether everything that gives something to the Pod when it comes is there. */
export const isComplete = (pod: Pod, store: ObjectStore): boolean =>
  podRejection(pod, store) === undefined && !lacksRuntimeClass(pod, store);

const checks: readonly ((pod: Pod, store: ObjectStore) => PodRejection | undefined)[] = [
  (pod, store) => missingAccount(pod, store),
  (pod, store) => missingPriority(pod, store),
  (pod, store) => wrongOverhead(pod, store),
  (pod, store) => wrongSelector(pod, store),
  (pod, store) => {
    const errors = limitErrors(pod, listObjects(store, 'LimitRange', namespaceOf(pod)));
    if (errors.length === 0) return undefined;
    return forbidden(pod, errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`);
  },
];

/** Why a completed Pod may not run with the objects that there are; undefined if it may. */
export const podRejection = (pod: Pod, store: ObjectStore): PodRejection | undefined => {
  for (const check of checks) {
    const rejection = check(pod, store);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
};

const namespaceOf = ({ metadata }: Pod): string => metadata.namespace ?? 'default';

const forbidden = ({ metadata }: Pod, why: string): PodRejection => ({
  reason: 'FailedCreate',
  message: `pods "${metadata.name}" is forbidden: ${why}`,
});

const withSpec = (pod: Pod, more: Partial<PodSpec>): Pod => ({ ...pod, spec: { ...pod.spec, ...more } });

// ServiceAccount (plugin/pkg/admission/serviceaccount): `default` needs no document.

const withPullSecrets = (pod: Pod, store: ObjectStore): Pod => {
  if ((pod.spec.imagePullSecrets ?? []).length > 0) return pod;
  const account = findObject(store, 'ServiceAccount', pod.spec.serviceAccountName || 'default', namespaceOf(pod));
  const secrets: readonly LocalObjectReference[] = account?.imagePullSecrets ?? [];
  return secrets.length === 0 ? pod : withSpec(pod, { imagePullSecrets: secrets });
};

const missingAccount = (pod: Pod, store: ObjectStore): PodRejection | undefined => {
  const name = pod.spec.serviceAccountName || 'default';
  const namespace = namespaceOf(pod);
  if (name === 'default' || findObject(store, 'ServiceAccount', name, namespace) !== undefined) return undefined;
  return forbidden(pod, `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`);
};

// PriorityClass (plugin/pkg/admission/priority).

/** Classes that are there without a document. */
const OWN_CLASSES: ReadonlySet<string> = new Set(['system-cluster-critical', 'system-node-critical']);

const withPriority = (pod: Pod, store: ObjectStore): Pod => {
  const { priorityClassName, priority } = pod.spec;
  if (priority !== undefined) return pod;
  const found = priorityClassName ? findObject(store, 'PriorityClass', priorityClassName) : globalDefault(store);
  if (found?.value === undefined) return pod;
  const { preemptionPolicy = 'PreemptLowerPriority' } = found;
  return withSpec(pod, { priority: Number(found.value), priorityClassName: found.metadata.name, preemptionPolicy });
};

/** Of several the one of the least value. */
const globalDefault = (store: ObjectStore) =>
  listObjects(store, 'PriorityClass')
    .filter(({ globalDefault: isDefault }) => isDefault === true)
    .toSorted((a, b) => Number(a.value ?? 0) - Number(b.value ?? 0))[0];

const missingPriority = (pod: Pod, store: ObjectStore): PodRejection | undefined => {
  const { priorityClassName, priority } = pod.spec;
  if (!priorityClassName || priority !== undefined || OWN_CLASSES.has(priorityClassName)) return undefined;
  return findObject(store, 'PriorityClass', priorityClassName) === undefined
    ? forbidden(pod, `no PriorityClass with name ${priorityClassName} was found`)
    : undefined;
};

// RuntimeClass (plugin/pkg/admission/runtimeclass). Without an object the name is that of a handler (decision 056).

const classOf = ({ spec: { runtimeClassName } }: Pod, store: ObjectStore) =>
  runtimeClassName ? findObject(store, 'RuntimeClass', runtimeClassName) : undefined;

const lacksRuntimeClass = (pod: Pod, store: ObjectStore): boolean =>
  Boolean(pod.spec.runtimeClassName) && classOf(pod, store) === undefined;

const withRuntimeClass = (pod: Pod, store: ObjectStore): Pod => {
  const found = classOf(pod, store);
  if (found === undefined) return pod;
  const { overhead, scheduling } = found;
  const nodeSelector = { ...scheduling?.nodeSelector, ...pod.spec.nodeSelector };
  return withSpec(pod, {
    ...(overhead?.podFixed && pod.spec.overhead === undefined ? { overhead: overhead.podFixed } : {}),
    ...(Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {}),
  });
};

const wrongOverhead = (pod: Pod, store: ObjectStore): PodRejection | undefined => {
  const found = classOf(pod, store);
  const asked = pod.spec.overhead;
  if (found === undefined || asked === undefined) return undefined;
  if (found.overhead === undefined)
    return forbidden(pod, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  if (sameAmounts(asked, found.overhead.podFixed ?? {})) return undefined;
  return forbidden(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
};

const sameAmounts = (a: Readonly<Record<string, Quantity>>, b: Readonly<Record<string, Quantity>>): boolean =>
  Object.keys({ ...a, ...b }).every((name) => {
    const [left, right] = [a[name], b[name]];
    return left !== undefined && right !== undefined && compareQuantities(left, right) === 0;
  });

const wrongSelector = (pod: Pod, store: ObjectStore): PodRejection | undefined => {
  const wanted = classOf(pod, store)?.scheduling?.nodeSelector ?? {};
  const clash = Object.entries(wanted).find(([key, value]) => (pod.spec.nodeSelector?.[key] ?? value) !== value);
  if (clash === undefined) return undefined;
  const [key, value] = clash;
  return forbidden(
    pod,
    `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${pod.spec.nodeSelector?.[key]}`,
  );
};
