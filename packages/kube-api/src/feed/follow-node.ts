import { fullCatalog, type ObjectStore, type StoredObject } from '@solo-kubelet/api-server';
import { metaTime } from '@solo-kubelet/diagnostics/text';
import { nameUid } from '@solo-kubelet/pod-spec/schema';
import type { PodView } from '@solo-kubelet/reconciler';
import { createEndpointsView } from '../core/endpoints-objects.js';
import { type NodeSettings, shownNodeObject, withoutHeartbeats } from '../core/node-object.js';
import { shownPodObject } from '../core/pod-object.js';
import { isSameObject } from '../core/same-object.js';
import { controllerRevisions, type NodeObject, shownObject } from '../core/shown-object.js';
import type { ObjectRecords } from '../store/object-records.js';
import { createOwnWrites } from '../store/own-writes.js';
import { createFollower, type Placed, putObject } from './follow-map.js';

const keyOf = ({ namespace, name }: { readonly namespace?: string; readonly name?: string }): string =>
  namespace === undefined || namespace === '' ? (name ?? '') : `${namespace}/${name ?? ''}`;

const resourceByKind = new Map(
  fullCatalog.resources.filter(({ rules }) => rules !== undefined).map((each) => [`${each.group}/${each.kind}`, each]),
);

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? apiVersion.split('/')[0]! : '');

/** Where objects of a kind lie; undefined for kinds that are not served. */
export const resourceOf = ({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }) =>
  resourceByKind.get(`${groupOf(apiVersion)}/${kind}`);

/** A node writes its heartbeat this often where nothing else changed, ms (nodeStatusReportFrequency). */
const HEARTBEAT_MS = 300_000;

export interface FollowOptions {
  readonly nodeName: string;
  readonly records: Pick<ObjectRecords, 'earlier'>;
  readonly now: () => number;
}

/** What the store knows from the node, and how it takes more. */
export const createNodeFollower = ({ nodeName, records, now }: FollowOptions) => {
  const ownWrites = createOwnWrites(now);
  const earlier = (bucket: string, key: string) => {
    const record = records.earlier(bucket, key);
    return record?.creationTimestamp;
  };
  /** Over a restart what the API alone knows comes from the records. */
  const withEarlier = (placed: Placed, store: ObjectStore): Placed => {
    if (store.get(placed.bucket, placed.key) !== undefined) return placed;
    const record = records.earlier(placed.bucket, placed.key);
    if (record?.managedFields === undefined || record.uid !== placed.object.metadata.uid) return placed;
    const metadata = { ...placed.object.metadata, managedFields: record.managedFields };
    return { ...placed, object: { ...placed.object, metadata } };
  };
  const ensureNamespace = (store: ObjectStore, name: string | undefined): void => {
    if (name === undefined || name === '') return;
    const nowText = metaTime(now());
    if (store.get('namespaces', name) === undefined) {
      store.put('namespaces', name, namespaceObject(name, earlier('namespaces', name) ?? nowText), now());
    }
    const account = `${name}/default`;
    if (store.get('serviceaccounts', account) === undefined) {
      store.put('serviceaccounts', account, accountObject(name, earlier('serviceaccounts', account) ?? nowText), now());
    }
  };

  const pods = createFollower<PodView>((view, store) => {
    const { metadata } = view.pod;
    ensureNamespace(store, metadata.namespace);
    const key = keyOf(metadata);
    const object = shownPodObject(view, {
      before: store.get('pods', key),
      nowText: metaTime(now()),
      earlier: records.earlier('pods', key),
    });
    return [withEarlier({ bucket: 'pods', key, object }, store)];
  }, ownWrites.isOvertaken);
  const placeObject = (object: NodeObject, store: ObjectStore): readonly Placed[] => {
    const resource = resourceOf(object);
    if (resource === undefined) return [];
    if (resource.namespaced) ensureNamespace(store, object.metadata.namespace);
    const bucket = resource.storedAs;
    const key = keyOf(object.metadata);
    const shown = shownObject(object, {
      before: store.get(bucket, key),
      earlier: records.earlier(bucket, key),
      createdText: metaTime(now()),
    });
    return [
      withEarlier({ bucket, key, object: complete(shown) }, store),
      ...controllerRevisions(object).flatMap((revision) => placeObject(revision, store)),
    ];
  };
  const objects = createFollower<NodeObject>(placeObject, ownWrites.isOvertaken);
  const viewEndpoints = createEndpointsView();
  const endpoints = createFollower<NodeObject>(placeObject, () => false);
  const events = createFollower<StoredObject>(
    (event) => [{ bucket: 'events', key: keyOf(event.metadata), object: eventOf(event) }],
    () => false,
  );
  const forgotten = new Set<string>();
  let reported: StoredObject | undefined;
  let heartbeatMs = 0;
  return {
    takePods: (store: ObjectStore, views: ReadonlyMap<string, PodView>): void => {
      for (const uid of forgotten) if (!views.has(uid)) forgotten.delete(uid);
      pods.take(store, oneOfName(views, forgotten), now());
    },
    /** Takes in what a request wrote, before what the node says of it. */
    noteWrites: ownWrites.note,
    takeLate: (store: ObjectStore): void => {
      pods.takeLate(store, now());
      objects.takeLate(store, now());
      // Upstream a controller sees to it that every namespace has its account.
      for (const { metadata } of store.list('namespaces', ''))
        if (metadata.deletionTimestamp === undefined) ensureNamespace(store, metadata.name);
    },
    /** A Pod that somebody deleted without waiting for its end is not shown any more. */
    forget: (uid: string): void => void forgotten.add(uid),
    takeObjects: (store: ObjectStore, all: ReadonlyMap<string, NodeObject>): void => {
      objects.take(store, all, now());
      endpoints.take(store, viewEndpoints(all), now());
    },
    takeEvents: (store: ObjectStore, all: ReadonlyMap<string, StoredObject>): void => events.take(store, all, now()),
    takeNode: (store: ObjectStore, node: StoredObject, settings: NodeSettings): void => {
      reported = node;
      const before = store.get('nodes', nodeName);
      const created = earlier('nodes', nodeName);
      const shown = shownNodeObject(
        created === undefined ? node : { ...node, metadata: { ...node.metadata, creationTimestamp: created } },
        { before, settings, uid: nameUid(`Node/${nodeName}`) },
      );
      const stale = now() - heartbeatMs > HEARTBEAT_MS;
      if (before !== undefined && !stale && isSameObject(withoutHeartbeats(before), withoutHeartbeats(shown))) return;
      heartbeatMs = now();
      putObject(store, { bucket: 'nodes', key: nodeName, object: shown }, now());
      putObject(store, { bucket: LEASES, key: `kube-node-lease/${nodeName}`, object: leaseOf(nodeName, now()) }, now());
    },
    /** What the kubelet said of the node last. */
    reportedNode: (): StoredObject | undefined => reported,
    hasPod: (key: string): boolean => pods.has('pods', key),
    hasObject: (bucket: string, key: string): boolean => objects.has(bucket, key),
  };
};

const LEASES = 'leases.coordination.k8s.io';

/** Of two Pods of one name the one that is ending is shown until it has gone. */
const oneOfName = (views: ReadonlyMap<string, PodView>, forgotten: ReadonlySet<string>): ReadonlyMap<string, PodView> => {
  const byKey = new Map<string, PodView>();
  for (const view of views.values()) {
    const key = keyOf(view.pod.metadata);
    if (forgotten.has(view.podUid) || (view.waitingForName && byKey.has(key))) continue;
    byKey.set(key, view);
  }
  return byKey;
};

/** A status is always there for kinds that have one: clients look into it without asking. */
const complete = (object: StoredObject): StoredObject => {
  if (object.kind === 'Namespace') {
    const phase = object.metadata.deletionTimestamp === undefined ? 'Active' : 'Terminating';
    return { ...object, spec: { finalizers: ['kubernetes'], ...object.spec }, status: { phase } };
  }
  const resource = resourceOf(object);
  return resource?.status === undefined || object.status !== undefined ? object : { ...object, status: FIRST_STATUS[object.kind] ?? {} };
};

/** Statuses of kinds whose first one says something, as an API server gives it. */
const FIRST_STATUS: Readonly<Record<string, { readonly phase: string }>> = {
  PersistentVolume: { phase: 'Pending' },
  PersistentVolumeClaim: { phase: 'Pending' },
};

const namespaceObject = (name: string, created: string): StoredObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, uid: nameUid(`Namespace/${name}`), creationTimestamp: created, labels: { 'kubernetes.io/metadata.name': name } },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
});

const accountObject = (namespace: string, created: string): StoredObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'default', namespace, uid: nameUid(`ServiceAccount/${namespace}/default`), creationTimestamp: created },
});

const eventOf = (event: StoredObject): StoredObject => ({
  ...event,
  metadata: {
    ...event.metadata,
    uid: nameUid(`Event/${event.metadata.namespace}/${event.metadata.name}`),
    creationTimestamp: event['firstTimestamp'] as string,
  },
});

/** Kubelets hold a lease of this long, s. */
const LEASE_SECONDS = 40;

const leaseOf = (nodeName: string, nowMs: number): StoredObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: {
    name: nodeName,
    namespace: 'kube-node-lease',
    uid: nameUid(`Lease/kube-node-lease/${nodeName}`),
    creationTimestamp: metaTime(nowMs),
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nameUid(`Node/${nodeName}`) }],
  },
  spec: {
    holderIdentity: nodeName,
    leaseDurationSeconds: LEASE_SECONDS,
    renewTime: `${new Date(nowMs).toISOString().slice(0, 23)}000Z`,
  },
});
