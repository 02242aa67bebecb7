import {
  emptyObjectStore,
  findObject,
  type ManifestEvent,
  mapWith,
  mapWithout,
  type ObjectStore,
  originKey,
  reduceObjects,
} from '@solo-kubelet/manifest-source';
import { type ApiObject, objectKey } from '@solo-kubelet/object-spec';
import type { WorkloadView } from '@solo-kubelet/workloads/rx';
import { distinctUntilChanged, map, merge, type Observable, scan, startWith } from 'rxjs';

/** An object of the API, and the revisions that its controller keeps of it. */
export type NodeObjectView = ApiObject & { readonly revisions?: WorkloadView['revisions'] };

/** A workload as it is now; undefined once it is no more. */
export interface WorkloadChange {
  readonly key: string;
  readonly view: WorkloadView | undefined;
}

/**
 * Every object there is but Pods: those of documents, with the status of workloads, and what workloads made. Each change costs the same, however many
 * objects there are. `secrets`: whether Secrets are told with what they hold; default false.
 */
export const nodeObjects = (
  manifestEvent$: Observable<ManifestEvent>,
  workload$: Observable<WorkloadChange>,
  { secrets = false }: { readonly secrets?: boolean } = {},
): Observable<ReadonlyMap<string, NodeObjectView>> =>
  merge(manifestEvent$, workload$).pipe(
    scan(take, { store: emptyObjectStore, views: new Map(), objects: new Map(), secrets } as State),
    map(({ objects }) => objects),
    startWith<ReadonlyMap<string, NodeObjectView>>(new Map()),
    distinctUntilChanged(),
  );

type Objects = ReadonlyMap<string, NodeObjectView>;

interface State {
  readonly store: ObjectStore;
  readonly views: ReadonlyMap<string, WorkloadView>;
  readonly objects: Objects;
  readonly secrets: boolean;
}

const take = (state: State, change: ManifestEvent | WorkloadChange): State =>
  'type' in change ? takeEvent(state, change) : takeView(state, change);

const takeEvent = (state: State, event: ManifestEvent): State => {
  const store = reduceObjects(state.store, event);
  if (store === state.store || !('origin' in event)) return { ...state, store };
  const origin = originKey(event.origin);
  let { objects } = state;
  for (const object of [state.store.held.get(origin), store.held.get(origin)]) {
    if (object !== undefined) objects = settled({ ...state, store, objects }, objectKey(object), object);
  }
  return { ...state, store, objects };
};

/** What is shown under a key: the workload as its controller knows it, else what a document says. */
const settled = ({ objects, views, store, secrets }: State, key: string, like: ApiObject | undefined): Objects => {
  if (views.has(key) || like === undefined) return objects;
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
