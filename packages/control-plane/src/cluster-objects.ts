import { type ApiClient, apiPath, type ReflectEvent, reflect, resourceAt, type Versioned } from '@solo-kubelet/cluster-client';
import type { PodObjects } from '@solo-kubelet/pod-environment';
import { podReferences } from '@solo-kubelet/pod-objects';
import type { Pod } from '@solo-kubelet/pod-spec';
import { type ServiceFacts, serviceVariables } from '@solo-kubelet/service-network';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import {
  asyncScheduler,
  defer,
  EMPTY,
  filter,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  pairwise,
  type SchedulerLike,
  scan,
  share,
  startWith,
  take,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { askClaim } from './ask-claim.js';
import type { AssignedPods } from './core/assigned-pods.js';
import { tokenCache } from './token-cache.js';

/** An object that pods of the API refer to has come, changed or gone. */
export interface ObjectChange {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly namespace: string;
  readonly name: string;
}

export interface ClusterObjects {
  /** Follows what pods refer to while subscribed to. */
  readonly change$: Observable<ObjectChange>;
  /** Completes once what these pods refer to has been read, or after a second: an object that cannot be had is missing then. */
  readonly read: (pods: readonly Pod[]) => Observable<never>;
  /** Whether a pod of the API refers to it: then the API's is meant. */
  readonly knows: (kind: ObjectChange['kind'], namespace: string, name: string) => boolean;
  readonly configMap: PodObjects['configMap'];
  readonly secret: (namespace: string, name: string) => SecretObject | undefined;
  readonly runtimeClassHandler: PodObjects['runtimeClassHandler'];
  readonly claim: PodObjects['claim'];
  readonly token: PodObjects['token'];
  /** `unread` until the services have been read once. */
  readonly serviceVariables: (pod: Pod) => ReadonlyMap<string, string> | 'unread';
}

interface SecretObject extends Versioned {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

interface ConfigMapObject extends Versioned {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

interface ServiceObject extends Versioned {
  readonly spec: {
    readonly clusterIP?: string;
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
  };
}

interface RuntimeClassObject extends Versioned {
  readonly handler: string;
}

export interface ClusterObjectsOptions {
  readonly api: Pick<ApiClient, 'request' | 'watch'>;
  readonly assigned$: Observable<AssignedPods>;
  readonly scheduler?: SchedulerLike;
  readonly wallNow?: () => number;
  /** Ends a wait for the server. */
  readonly retry$?: Observable<unknown>;
}

/** How long a pod waits for what it refers to (pkg/kubelet/util/manager/watch_based_manager.go). */
const READ_MS = 1_000;
const keyOf = ({ kind, namespace, name }: ObjectChange): string => `${kind}/${namespace}/${name}`;

/** What pods of the API get from other objects: each ConfigMap and Secret that one refers to is watched by itself, as a node is allowed to. */
export const clusterObjects = ({
  api,
  assigned$,
  scheduler = longDelays(asyncScheduler),
  wallNow = Date.now,
  retry$ = NEVER,
}: ClusterObjectsOptions): ClusterObjects => {
  /** Undefined value: it was looked for, and is not there. */
  const known = new Map<string, unknown>();
  const wanted = new Set<string>();
  let services: ReadonlyMap<string, ServiceFacts> | undefined;
  let handlers: ReadonlyMap<string, string> = new Map();
  const tokens = tokenCache(api, { wallNow });

  const wanted$ = assigned$.pipe(
    map(({ pods }) => referencesOf(pods.values())),
    startWith<ReadonlyMap<string, ObjectChange>>(new Map()),
    tap((references) => {
      for (const key of wanted) if (!references.has(key)) wanted.delete(key);
      for (const key of references.keys()) wanted.add(key);
    }),
    pairwise(),
    share(),
  );
  const follow = (reference: ObjectChange): Observable<ObjectChange> => {
    const key = keyOf(reference);
    return watchOne(reference).pipe(
      tap((object) => known.set(key, object)),
      map(() => reference),
      takeUntil(
        wanted$.pipe(
          filter(([, now]) => !now.has(key)),
          tap(() => known.delete(key)),
        ),
      ),
    );
  };
  const watchOne = ({ kind, namespace, name }: ObjectChange): Observable<Versioned | undefined> =>
    reflect<Versioned>(
      resourceAt(api, apiPath('api/v1/namespaces', namespace, kind === 'Secret' ? 'secrets' : 'configmaps'), {
        fieldSelector: `metadata.name=${name}`,
      }),
      { scheduler, retry$ },
    ).pipe(
      mergeMap((event): Observable<Versioned | undefined> => {
        if (event.type === 'replaced') return of(event.objects[0]);
        if (event.type === 'applied') return of(event.object);
        return event.type === 'deleted' ? of(undefined) : EMPTY;
      }),
    );
  const references$ = wanted$.pipe(
    mergeMap(([before, now]) => [...now].filter(([key]) => !before.has(key)).map(([, reference]) => reference)),
    mergeMap(follow),
  );
  const services$ = reflect<ServiceObject>(resourceAt(api, '/api/v1/services', { fieldSelector: 'spec.clusterIP!=None' }), {
    scheduler,
    retry$,
  }).pipe(
    scan(kept(serviceFacts), undefined as ReadonlyMap<string, ServiceFacts> | undefined),
    tap((next) => {
      services = next;
    }),
  );
  const classes$ = reflect<RuntimeClassObject>(resourceAt(api, '/apis/node.k8s.io/v1/runtimeclasses'), { scheduler, retry$ }).pipe(
    scan(
      kept(({ handler }: RuntimeClassObject) => handler),
      undefined as ReadonlyMap<string, string> | undefined,
    ),
    tap((next) => {
      handlers = next ?? handlers;
    }),
  );
  const change$ = merge(references$, services$.pipe(filter(never)), classes$.pipe(filter(never))).pipe(share());
  const isRead = (pods: readonly Pod[]): boolean => services !== undefined && [...referencesOf(pods).keys()].every((key) => known.has(key));
  return {
    change$,
    read: (pods) =>
      defer(() =>
        isRead(pods)
          ? EMPTY
          : timer(0, POLL_MS, scheduler).pipe(
              filter(() => isRead(pods)),
              take(1),
              takeUntil(timer(READ_MS, scheduler)),
              filter(never),
            ),
      ),
    knows: (kind, namespace, name) => wanted.has(keyOf({ kind, namespace, name })),
    configMap: (namespace, name) => known.get(keyOf({ kind: 'ConfigMap', namespace, name })) as ConfigMapObject | undefined,
    secret: (namespace, name) => known.get(keyOf({ kind: 'Secret', namespace, name })) as SecretObject | undefined,
    runtimeClassHandler: (name) => handlers.get(name),
    claim: askClaim(api),
    token: tokens.get,
    serviceVariables: ({ metadata, spec }) =>
      services === undefined ? 'unread' : serviceVariables(services.values(), metadata.namespace, spec.enableServiceLinks !== false),
  };
};

/** How often is looked whether everything has been read, ms. */
const POLL_MS = 10;

const never = (_value: unknown): _value is never => false;

const referencesOf = (pods: Iterable<Pod>): ReadonlyMap<string, ObjectChange> => {
  const references = new Map<string, ObjectChange>();
  for (const pod of pods) {
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') continue;
    for (const { kind, name } of podReferences(pod)) {
      if (kind !== 'ConfigMap' && kind !== 'Secret') continue;
      const reference = { kind, namespace: pod.metadata.namespace, name };
      references.set(keyOf(reference), reference);
    }
  }
  return references;
};

/** What is kept of each object of a kind, by `namespace/name`. Undefined before it was listed once. */
const kept =
  <T extends Versioned, K>(keep: (object: T) => K) =>
  (held: ReadonlyMap<string, K> | undefined, event: ReflectEvent<T>): ReadonlyMap<string, K> | undefined => {
    const nameOf = ({ metadata }: T): string =>
      metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
    switch (event.type) {
      case 'replaced':
        return new Map(event.objects.map((object) => [nameOf(object), keep(object)]));
      case 'applied':
        return new Map(held).set(nameOf(event.object), keep(event.object));
      case 'deleted': {
        const next = new Map(held);
        next.delete(nameOf(event.object));
        return next;
      }
      default:
        return held;
    }
  };

const serviceFacts = ({ metadata, spec }: ServiceObject): ServiceFacts => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  clusterIP: spec.clusterIP ?? '',
  ports: (spec.clusterIP ? (spec.ports ?? []) : []).map(({ name = '', port, protocol = 'TCP' }) => ({ name, port, protocol })),
});
