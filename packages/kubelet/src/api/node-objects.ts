import {
  emptyObjectStore,
  findObject,
  listObjects,
  type ManifestEvent,
  mapWith,
  mapWithout,
  type ObjectStore,
  originKey,
  reduceObjects,
} from '@solo-kubelet/manifest-source';
import { type ApiObject, objectKey } from '@solo-kubelet/object-spec';
import type { ServiceNetwork } from '@solo-kubelet/service-network';
import { shownClaim, shownClasses, shownVolume } from '@solo-kubelet/workloads';
import type { WorkloadView } from '@solo-kubelet/workloads/rx';
import { distinctUntilChanged, EMPTY, map, merge, type Observable, scan, startWith } from 'rxjs';
import type { ClaimsInHand } from '../claims/node-claims.js';
import type { IngressesInHand } from '../services/node-ingress.js';

/** An object of the API, and the revisions that its controller keeps of it. */
export type NodeObjectView = ApiObject & { readonly revisions?: WorkloadView['revisions'] };

/** A workload as it is now; undefined once it is no more. */
export interface WorkloadChange {
  readonly key: string;
  readonly view: WorkloadView | undefined;
}

/**
 * Every object there is but Pods: those of documents, with the status of workloads, and what workloads made. Each change costs the same, however many
 * objects there are. `secrets`: whether Secrets are told with what they hold; default false. `since`: how old what the node has without a document is.
 */
export const nodeObjects = (
  manifestEvent$: Observable<ManifestEvent>,
  workload$: Observable<WorkloadChange>,
  claims$: Observable<ClaimsInHand>,
  {
    secrets = false,
    network$ = EMPTY,
    since,
  }: { readonly secrets?: boolean; readonly network$?: Observable<ServicesInHand | IngressesInHand>; readonly since?: string } = {},
): Observable<ReadonlyMap<string, NodeObjectView>> => {
  const first = nothing(secrets, since);
  return merge(manifestEvent$, workload$, claims$, network$).pipe(
    scan(take, first),
    map(({ objects }) => objects),
    startWith(first.objects),
    distinctUntilChanged(),
  );
};

type Objects = ReadonlyMap<string, NodeObjectView>;

/** What Services came to. */
type ServicesInHand = Pick<ServiceNetwork, 'services' | 'slices'>;

interface State {
  readonly store: ObjectStore;
  readonly views: ReadonlyMap<string, WorkloadView>;
  /** Claims and volumes with their status. */
  readonly storage: Objects;
  /** Services and their EndpointSlices, with what they were given. */
  readonly network: Objects;
  /** Ingresses and objects of Gateway API with their status. */
  readonly routes: Objects;
  readonly objects: Objects;
  readonly secrets: boolean;
  readonly since: string | undefined;
}

/** The classes, the built-in one among them. */
const withClasses = (objects: Objects, store: ObjectStore, since: string | undefined): Objects => {
  const classes = shownClasses(listObjects(store, 'StorageClass'), since) as readonly NodeObjectView[];
  return classes.reduce((all, one) => mapWith(all, objectKey(one), one), objects);
};

const nothing = (secrets: boolean, since: string | undefined): State => ({
  store: emptyObjectStore,
  views: new Map(),
  storage: new Map(),
  network: new Map(),
  routes: new Map(),
  objects: withClasses(new Map(), emptyObjectStore, since),
  secrets,
  since,
});

const take = (state: State, change: ManifestEvent | WorkloadChange | ClaimsInHand | ServicesInHand | IngressesInHand): State => {
  if ('type' in change) return takeEvent(state, change);
  if ('key' in change) return takeView(state, change);
  if ('claims' in change) return takeStorage(state, change);
  return 'services' in change
    ? takeSame(state, 'network', [...change.services, ...change.slices] as readonly ApiObject[])
    : takeSame(state, 'routes', [...change.ingresses, ...change.gateways] as readonly ApiObject[]);
};

const takeEvent = (state: State, event: ManifestEvent): State => {
  const store = reduceObjects(state.store, event);
  if (store === state.store || !('origin' in event)) return { ...state, store };
  const origin = originKey(event.origin);
  let { objects } = state;
  for (const object of [state.store.held.get(origin), store.held.get(origin)]) {
    if (object === undefined) continue;
    objects = settled({ ...state, store, objects }, objectKey(object), object);
    if (object.kind === 'StorageClass') objects = withClasses(objects, store, state.since);
  }
  return { ...state, store, objects };
};

/** What is shown under a key: the workload or claim as its controller knows it, else what a document says. */
const settled = (
  { objects, views, storage, network, routes, store, secrets }: State,
  key: string,
  like: ApiObject | undefined,
): Objects => {
  if (views.has(key) || storage.has(key) || network.has(key) || routes.has(key) || like === undefined) return objects;
  const { kind, metadata } = like;
  const object = findObject(store, kind, metadata.name ?? '', metadata.namespace);
  return object === undefined ? mapWithout(objects, key) : mapWith(objects, key, secrets ? object : shown(object));
};

const takeView = (state: State, { key, view }: WorkloadChange): State => {
  const before = state.views.get(key);
  const views = view === undefined ? mapWithout(state.views, key) : mapWith(state.views, key, view);
  const made = new Map(view === undefined ? [] : shownWorkload(key, view));
  let { objects } = state;
  for (const [name] of before === undefined ? [] : shownWorkload(key, before)) if (!made.has(name)) objects = mapWithout(objects, name);
  for (const [name, object] of made) objects = mapWith(objects, name, object);
  return { ...state, views, objects: view === undefined ? settled({ ...state, views, objects }, key, before?.object) : objects };
};

const takeStorage = (state: State, { claims, volumes }: ClaimsInHand): State => {
  const shownNow = [...[...claims.values()].map(shownClaim), ...[...volumes.values()].map(shownVolume)] as readonly NodeObjectView[];
  const storage = new Map(shownNow.map((object) => [objectKey(object), object]));
  let { objects } = state;
  for (const [key, object] of state.storage) if (!storage.has(key)) objects = settled({ ...state, storage, objects }, key, object);
  for (const [key, object] of storage) if (!isSame(objects.get(key), object)) objects = mapWith(objects, key, object);
  return { ...state, storage, objects };
};

/** Objects of which those that did not change are the same as before. */
const takeSame = (state: State, place: 'network' | 'routes', shownNow: readonly ApiObject[]): State => {
  const before = state[place];
  const now = new Map(shownNow.map((object) => [objectKey(object), object as NodeObjectView]));
  let { objects } = state;
  for (const [key, object] of before) if (!now.has(key)) objects = settled({ ...state, [place]: now, objects }, key, object);
  for (const [key, object] of now)
    if (before.get(key) !== object && !isSame(objects.get(key), object)) objects = mapWith(objects, key, object);
  return { ...state, [place]: now, objects };
};

/** Watchers are told of what changed alone. */
const isSame = (a: NodeObjectView | undefined, b: NodeObjectView): boolean => a !== undefined && JSON.stringify(a) === JSON.stringify(b);

const shownWorkload = (key: string, view: WorkloadView): readonly (readonly [string, NodeObjectView])[] => {
  const own = { ...view.object, ...(view.revisions.length > 0 && { revisions: view.revisions }) } as NodeObjectView;
  return [[key, own], ...view.replicaSets.map((set) => [objectKey(set as ApiObject), set as NodeObjectView] as const)];
};

/** Names of what a Secret holds, without the values. */
const shown = (object: ApiObject): NodeObjectView => {
  if (object.kind !== 'Secret') return object;
  const { data, ...rest } = object;
  return { ...rest, ...(data && { data: Object.fromEntries(Object.keys(data).map((name) => [name, ''])) }) } as NodeObjectView;
};
