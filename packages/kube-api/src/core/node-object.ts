import type { StoredObject } from '@solo-kubelet/api-server';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';

/** What people said of a node: kept by the API over restarts. */
export interface NodeSettings {
  readonly unschedulable?: boolean;
  readonly taints?: readonly unknown[];
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
const isTextMap = (value: unknown, mayBeNull: boolean): boolean =>
  isRecord(value) && Object.values(value).every((each) => typeof each === 'string' || (mayBeNull && each === null));

/** Reads what was kept of the node. @throws Error for anything of another shape */
export const decodeNodeSettings = (text: string): NodeSettings => {
  const value = parseBoundedJson(text);
  if (!isRecord(value)) throw new Error('it must be an object');
  const { unschedulable, taints, labels, annotations } = value;
  if (unschedulable !== undefined && typeof unschedulable !== 'boolean') throw new Error('unschedulable must be true or false');
  if (taints !== undefined && !(Array.isArray(taints) && taints.every(isRecord))) throw new Error('taints must be a list of objects');
  if (labels !== undefined && !isTextMap(labels, true)) throw new Error('labels must be texts');
  if (annotations !== undefined && !isTextMap(annotations, false)) throw new Error('annotations must be texts');
  return value as NodeSettings;
};

/** What the kubelet reports of a node, and what people said of it. */
export const shownNodeObject = (
  reported: StoredObject,
  { before, settings, uid }: { readonly before: StoredObject | undefined; readonly settings: NodeSettings; readonly uid: string },
): StoredObject => {
  const { unschedulable, taints = [], labels = {}, annotations } = settings;
  const allLabels = Object.fromEntries(
    Object.entries({ ...reported.metadata.labels, ...labels }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  return {
    ...reported,
    metadata: {
      ...reported.metadata,
      uid,
      labels: allLabels,
      ...(annotations && Object.keys(annotations).length > 0 && { annotations }),
      creationTimestamp: before?.metadata.creationTimestamp ?? reported.metadata.creationTimestamp!,
      ...(before?.metadata.managedFields && { managedFields: before.metadata.managedFields }),
    },
    spec: { ...reported.spec, ...(unschedulable === true && { unschedulable }), ...(taints.length > 0 && { taints }) },
  };
};

/** A node without the times at which it was looked at. */
export const withoutHeartbeats = ({ status = {}, ...node }: StoredObject): StoredObject => {
  const conditions = (status['conditions'] ?? []) as readonly Readonly<Record<string, unknown>>[];
  return {
    ...node,
    status: { ...status, conditions: conditions.map(({ lastHeartbeatTime: _time, ...condition }) => condition) },
  } as StoredObject;
};
/** What differs between two nodes in what people may say of them. */
export const nodeSettingsOf = (node: StoredObject, reported: StoredObject | undefined): NodeSettings => {
  const base = reported?.metadata.labels ?? {};
  const labels = node.metadata.labels ?? {};
  const changed = Object.fromEntries([
    ...Object.entries(labels).filter(([name, value]) => base[name] !== value),
    ...Object.keys(base).flatMap((name) => (Object.hasOwn(labels, name) ? [] : [[name, null] as const])),
  ]);
  const { unschedulable, taints } = (node.spec ?? {}) as NodeSettings;
  return {
    ...(unschedulable === true && { unschedulable }),
    ...(taints !== undefined && taints.length > 0 && { taints }),
    ...(Object.keys(changed).length > 0 && { labels: changed }),
    ...(node.metadata.annotations && { annotations: node.metadata.annotations }),
  };
};
