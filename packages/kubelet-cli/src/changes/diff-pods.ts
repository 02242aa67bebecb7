import { isRecord } from '@solo-kubelet/diagnostics/json';
import { type Container, containerHash, type Pod } from '@solo-kubelet/pod-spec';

/** One field that differs. Undefined: not there. */
export interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface PodChange {
  readonly type: 'added' | 'replaced' | 'updated' | 'unchanged' | 'removed';
  /** `namespace/name`. */
  readonly pod: string;
  readonly fields: readonly FieldChange[];
  /** Containers that would start anew, and why. */
  readonly restarts: readonly { readonly container: string; readonly why: string }[];
}

/** Annotations that the kubelet itself sets: no change of the user's. */
const OWN_ANNOTATIONS = [
  'kubernetes.io/config.hash',
  'kubernetes.io/config.seen',
  'kubernetes.io/config.source',
  'kubernetes.io/config.mirror',
];

/** What would become of the running pod `before` if its manifest said `after`. */
export const diffPods = (before: Pod | undefined, after: Pod | undefined): PodChange => {
  const named = after ?? before;
  const pod = `${named?.metadata?.namespace}/${named?.metadata?.name}`;
  const containers = (of: Pod | undefined): readonly Container[] => [...(of?.spec?.initContainers ?? []), ...(of?.spec?.containers ?? [])];
  if (!before)
    return {
      type: 'added',
      pod,
      fields: [],
      restarts: containers(after).map(({ name = '' }) => ({ container: name, why: 'the pod is new' })),
    };
  if (!after) return { type: 'removed', pod, fields: [], restarts: [] };
  const fields = diffValues(comparable(before), comparable(after), '');
  if (fields.length === 0) return { type: 'unchanged', pod, fields, restarts: [] };
  if (before.metadata?.uid !== after.metadata?.uid) {
    const first = fields[0]!.field;
    const why = `the pod is replaced, since ${first}${fields.length > 1 ? ` and ${fields.length - 1} more` : ''} changed`;
    return { type: 'replaced', pod, fields, restarts: containers(after).map(({ name = '' }) => ({ container: name, why })) };
  }
  const hashes = new Map(containers(before).map((container) => [container.name, containerHash(container)]));
  const restarts = containers(after).flatMap((container) => {
    if (hashes.get(container.name) === containerHash(container)) return [];
    return [{ container: container.name ?? '', why: hashes.has(container.name) ? 'its image changed' : 'it is new' }];
  });
  return { type: 'updated', pod, fields, restarts };
};

const comparable = ({ metadata, spec }: Pod): object => ({
  metadata: {
    name: metadata?.name,
    namespace: metadata?.namespace,
    labels: metadata?.labels,
    annotations: Object.fromEntries(Object.entries(metadata?.annotations ?? {}).filter(([key]) => !OWN_ANNOTATIONS.includes(key))),
  },
  spec,
});
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (isRecord(value) && Object.keys(value).length === 0) ||
  (Array.isArray(value) && value.length === 0);

/** Lists of objects with names are compared by name, so that an inserted one does not make all later ones differ. */
const keysOf = (list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined => {
  const named = list.map((item) => (isRecord(item) && typeof item['name'] === 'string' ? item['name'] : undefined));
  if (named.includes(undefined) || new Set(named).size !== named.length) return undefined;
  return new Map(list.map((item, index) => [named[index] as string, item]));
};

/** The fields in which two values differ; what is empty counts as not there. */
export const diffValues = (before: unknown, after: unknown, field: string): readonly FieldChange[] => {
  if (isEmpty(before) && isEmpty(after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) =>
      diffValues(before[key], after[key], field === '' ? key : /^[\w-]+$/.test(key) ? `${field}.${key}` : `${field}[${key}]`),
    );
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const [old, now] = [keysOf(before), keysOf(after)];
    if (old && now && (old.size > 0 || now.size > 0))
      return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => diffValues(old.get(key), now.get(key), `${field}[${key}]`));
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) => diffValues(before[index], after[index], `${field}[${index}]`)).flat();
  }
  return Object.is(before, after) ? [] : [{ field, before, after }];
};
