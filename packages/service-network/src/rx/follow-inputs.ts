import { listObjects, type ObjectStore } from '@solo-kubelet/manifest-source';
import type { Namespace } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { type EndpointPod, endpointPod } from '../core/endpoint-pod.js';
import type { ServiceNetworkInput } from '../core/service-network.js';

/** A Pod as the kubelet sees it. */
export interface SeenPod {
  readonly pod: Pod;
  readonly terminating: boolean;
}

/** The same list of the same objects while nothing of them changed. */
export const followPods = (): ((seen: ReadonlyMap<string, SeenPod>) => readonly EndpointPod[]) => {
  let last: ReadonlyMap<string, SeenPod> | undefined;
  let known: ReadonlyMap<string, { readonly view: SeenPod; readonly pod: EndpointPod | undefined; readonly text: string }> = new Map();
  let list: readonly EndpointPod[] = [];
  return (seen) => {
    if (seen === last) return list;
    last = seen;
    const next = new Map(
      [...seen].map(([uid, view]) => {
        const before = known.get(uid);
        if (before?.view === view) return [uid, before];
        const pod = view.pod.spec.containers === undefined ? undefined : endpointPod(view.pod, view.terminating);
        const text = JSON.stringify(pod) ?? '';
        return [uid, before?.text === text ? { ...before, view } : { view, pod, text }];
      }),
    );
    known = next;
    const fresh = [...next.values()].flatMap(({ pod }) => (pod === undefined ? [] : [pod]));
    if (fresh.length !== list.length || fresh.some((pod, i) => pod !== list[i])) list = fresh;
    return list;
  };
};

type Lists = Pick<ServiceNetworkInput, 'services' | 'slices' | 'namespaces' | 'policies'>;

/** The same for objects: a list is another one only where an object of its kind is. */
export const followLists = (): ((store: ObjectStore | undefined) => Lists) => {
  let last: ObjectStore | undefined;
  let lists: Lists = { services: [], slices: [], namespaces: new Map(), policies: [] };
  return (store) => {
    if (store === undefined || store === last) return lists;
    const isSame = (kind: string): boolean => last !== undefined && last.byKind.get(kind) === store.byKind.get(kind);
    lists = {
      services: isSame('Service') ? lists.services : listObjects(store, 'Service'),
      slices: isSame('EndpointSlice') ? lists.slices : listObjects(store, 'EndpointSlice'),
      namespaces: isSame('Namespace')
        ? lists.namespaces
        : new Map(listObjects(store, 'Namespace').map(({ metadata }: Namespace) => [metadata.name ?? '', metadata.labels ?? {}])),
      policies: isSame('NetworkPolicy') ? lists.policies : listObjects(store, 'NetworkPolicy'),
    };
    last = store;
    return lists;
  };
};

/** Whether two computations would come to the same. */
export const isSameInput = (a: ServiceNetworkInput, b: ServiceNetworkInput): boolean =>
  a.services === b.services &&
  a.slices === b.slices &&
  a.namespaces === b.namespaces &&
  a.policies === b.policies &&
  a.pods === b.pods &&
  a.isPartial === b.isPartial &&
  a.node.listeners === b.node.listeners &&
  a.node.name === b.node.name &&
  a.node.zone === b.node.zone &&
  a.node.addresses === b.node.addresses &&
  a.node.conflicts === b.node.conflicts &&
  a.node.waiting === b.node.waiting &&
  a.node.ready === b.node.ready;
