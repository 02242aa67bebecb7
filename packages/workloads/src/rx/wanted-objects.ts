import { type ManifestEvent, originKey, podKeyOf } from '@solo-kubelet/manifest-source';
import type { ApiObject, ObjectTypes } from '@solo-kubelet/object-spec';
import { isWorkload, namespaceOf, type WorkloadObject, workloadKey } from '../core/expand/workload-object.js';

type Held =
  | { readonly type: 'workload'; readonly key: string; readonly object: WorkloadObject }
  | { readonly type: 'pod'; readonly name: string; readonly uid: string }
  | { readonly type: 'config'; readonly name: string; readonly namespace: string }
  | { readonly type: 'claim'; readonly name: string; readonly claim: ObjectTypes['PersistentVolumeClaim'] };

/** What an event may make a difference to. */
export interface Concerned {
  /** Keys of workloads. */
  readonly workloads: readonly string[];
  /** A name of a Pod is free again, or a claim is there or gone: whoever waits for it may go on. */
  readonly others: boolean;
  /** The namespace of a ConfigMap or Secret that is there, changed or gone. */
  readonly configIn?: string;
}

/** What documents ask for, as far as workloads have to know. */
export interface WantedObjects {
  /** Takes one event in. */
  take(event: ManifestEvent): Concerned;
  workload(key: string): WorkloadObject | undefined;
  workloadKeys(): Iterable<string>;
  /** `namespace/name`. */
  hasPod(name: string): boolean;
  /** Its UID. */
  pod(name: string): string | undefined;
  /** A ConfigMap or Secret by kind, `namespace/name`. */
  config(kind: string, name: string): ConfigObject | undefined;
  claim(name: string): ObjectTypes['PersistentVolumeClaim'] | undefined;
}

type ConfigObject = ObjectTypes['ConfigMap'] | ObjectTypes['Secret'];

const NONE: Concerned = { workloads: [], others: false };

export const wantedObjects = (): WantedObjects => {
  const held = new Map<string, Held>();
  const workloads = new Map<string, WorkloadObject>();
  const pods = new Map<string, string>();
  const claims = new Map<string, ObjectTypes['PersistentVolumeClaim']>();
  const configs = new Map<string, ConfigObject>();

  const release = (origin: string): Held | undefined => {
    const before = held.get(origin);
    held.delete(origin);
    if (before?.type === 'workload') workloads.delete(before.key);
    else if (before?.type === 'pod' && pods.get(before.name) === origin) pods.delete(before.name);
    else if (before?.type === 'claim') claims.delete(before.name);
    else if (before?.type === 'config') configs.delete(before.name);
    return before;
  };
  const concerned = (...changed: readonly (Held | undefined)[]): Concerned => {
    const there = changed.filter((one) => one !== undefined);
    return {
      workloads: [...new Set(there.flatMap((one) => (one.type === 'workload' ? [one.key] : [])))],
      others: there.some(({ type }) => type === 'pod' || type === 'claim'),
      ...there.reduce((found, one) => (one.type === 'config' ? { configIn: one.namespace } : found), {}),
    };
  };
  const hold = (origin: string, object: ApiObject): Concerned => {
    const before = release(origin);
    if (isWorkload(object)) {
      const now: Held = { type: 'workload', key: workloadKey(object), object };
      held.set(origin, now);
      workloads.set(now.key, object);
      return concerned(before, now);
    }
    if (object.kind === 'ConfigMap' || object.kind === 'Secret') {
      const namespace = namespaceOf(object);
      const now: Held = { type: 'config', name: `${object.kind}/${namespace}/${object.metadata.name}`, namespace };
      held.set(origin, now);
      configs.set(now.name, object);
      return concerned(before, now);
    }
    if (object.kind !== 'PersistentVolumeClaim') return concerned(before);
    const now: Held = { type: 'claim', name: `${namespaceOf(object)}/${object.metadata.name}`, claim: object };
    held.set(origin, now);
    claims.set(now.name, object);
    return concerned(before, now);
  };
  return {
    take: (event) => {
      switch (event.type) {
        case 'objectApplied':
          return hold(originKey(event.origin), event.object);
        case 'applied': {
          const origin = originKey(event.origin);
          const before = release(origin);
          const name = podKeyOf(event.pod);
          held.set(origin, { type: 'pod', name, uid: event.pod.metadata.uid ?? '' });
          pods.set(name, origin);
          return before?.type === 'pod' && before.name === name ? NONE : concerned(before);
        }
        case 'removed':
        case 'shadowed':
        case 'objectShadowed':
          return concerned(release(originKey(event.origin)));
        case 'rejected':
          return event.stale ? NONE : concerned(release(originKey(event.origin)));
        default:
          return NONE;
      }
    },
    workload: (key) => workloads.get(key),
    workloadKeys: () => workloads.keys(),
    hasPod: (name) => pods.has(name),
    pod: (name) => {
      const there = held.get(pods.get(name) ?? '');
      return there?.type === 'pod' ? there.uid : undefined;
    },
    config: (kind, name) => configs.get(`${kind}/${name}`),
    claim: (name) => claims.get(name),
  };
};
