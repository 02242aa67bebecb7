import { type ManifestEvent, objectStores } from '@solo-kubelet/manifest-source';
import { type ApiObject, objectKey } from '@solo-kubelet/object-spec';
import type { WorkloadView } from '@solo-kubelet/workloads/rx';
import { combineLatest, map, type Observable, startWith } from 'rxjs';

/** An object of the API, and the revisions that its controller keeps of it. */
export type NodeObjectView = ApiObject & { readonly revisions?: WorkloadView['revisions'] };

/** Every object there is but Pods: those of documents, with the status of workloads, and what workloads made. */
export const nodeObjects = (
  manifestEvent$: Observable<ManifestEvent>,
  views$: Observable<ReadonlyMap<string, WorkloadView>>,
): Observable<ReadonlyMap<string, NodeObjectView>> =>
  combineLatest([
    manifestEvent$.pipe(
      objectStores(),
      map(({ byKind }) => byKind),
      startWith(new Map<string, ReadonlyMap<string, ApiObject>>()),
    ),
    views$,
  ]).pipe(
    map(([byKind, views]) => {
      const objects = new Map<string, NodeObjectView>();
      for (const ofKind of byKind.values()) for (const object of ofKind.values()) objects.set(objectKey(object), shown(object));
      for (const [key, view] of views) for (const [name, object] of shownWorkload(key, view)) objects.set(name, object);
      return objects;
    }),
  );

const cache = new WeakMap<object, readonly (readonly [string, NodeObjectView])[]>();

const shownWorkload = (key: string, view: WorkloadView): readonly (readonly [string, NodeObjectView])[] => {
  const known = cache.get(view);
  if (known !== undefined) return known;
  const own = { ...view.object, ...(view.revisions.length > 0 && { revisions: view.revisions }) } as NodeObjectView;
  const made = [[key, own] as const, ...view.replicaSets.map((set) => [objectKey(set as ApiObject), set as NodeObjectView] as const)];
  cache.set(view, made);
  return made;
};

const masked = new WeakMap<ApiObject, NodeObjectView>();

/** Names of what a Secret holds, without the values. */
const shown = (object: ApiObject): NodeObjectView => {
  if (object.kind !== 'Secret') return object;
  const known = masked.get(object);
  if (known !== undefined) return known;
  const { data, ...rest } = object;
  const view = { ...rest, ...(data && { data: Object.fromEntries(Object.keys(data).map((name) => [name, ''])) }) } as NodeObjectView;
  masked.set(object, view);
  return view;
};
