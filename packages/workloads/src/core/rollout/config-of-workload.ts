import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { ConfigMap } from '@solo-kubelet/object-spec';
import type { PodSpec } from '@solo-kubelet/pod-spec';
import { childName } from '../child-names.js';
import type { WorkloadEntry } from '../expand/workload-entry.js';
import { namespaceOf } from '../expand/workload-object.js';
import type { PodTemplate } from '../stateful-set/identity.js';
import type { NewPod } from '../workload.js';
import { type ConfigCopy, type ConfigVersion, restartsFor, versionOf, withConfigVersion, withVersionMark } from './restart-on-change.js';
import { type ConfigKind, configName, renameConfig } from './template-config.js';

/** A ConfigMap or Secret as it is now. */
export interface CurrentConfig {
  /** Of what it says, without its metadata. */
  readonly hash: string;
  readonly object: { readonly kind?: string };
  readonly bytes: number;
}

export type FindConfig = (kind: ConfigKind, namespace: string, name: string) => CurrentConfig | undefined;

/** Beyond this, bytes, the ConfigMaps of a version are not kept with it: Pods of it see them as they are. */
const MAX_COPIED_BYTES = 256 * 1024;

const templateOf = ({ object }: WorkloadEntry): PodTemplate | undefined => {
  switch (object.kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
      return object.spec?.template as PodTemplate | undefined;
    default:
      return undefined;
  }
};

/** The template that a workload asks for, as of what its Pods refer to. */
export const wantedTemplate = (entry: WorkloadEntry): PodTemplate =>
  withVersionMark(templateOf(entry)!, entry.config?.versions.at(-1)?.number ?? 1);

/** With the version of what its Pods refer to, for a workload that asks to be rolled when that changes. */
export const withConfig = (
  entry: WorkloadEntry,
  find: FindConfig,
  { newUid, nowMs }: { readonly newUid: () => string; readonly nowMs: number },
): WorkloadEntry => {
  const template = templateOf(entry);
  const references = template === undefined ? [] : restartsFor(entry.object.metadata.annotations, template);
  if (references.length === 0) return entry;
  const namespace = namespaceOf(entry.object);
  const found = references.map((reference) => ({ reference, now: find(reference.kind, namespace, reference.name) }));
  const contents = Object.fromEntries(found.map(({ reference, now }) => [configName(reference), now?.hash]));
  const config = withConfigVersion(entry.config, contents);
  const version = config.versions.at(-1)!;
  if (version.copies !== undefined || entry.object.kind === 'StatefulSet') return config === entry.config ? entry : { ...entry, config };
  const maps = found.flatMap(({ now }) => (now?.object.kind === 'ConfigMap' ? [now] : []));
  const isKept = maps.reduce((sum, { bytes }) => sum + bytes, 0) <= MAX_COPIED_BYTES;
  const copies = isKept
    ? maps.map(({ object }, i) => copyOf(object as ConfigMap, entry, { version, number: entry.made + 1 + i, uid: newUid(), nowMs }))
    : [];
  const versions = [...config.versions.slice(0, -1), { ...version, copies }];
  return { ...entry, made: entry.made + copies.length, config: { ...config, versions } };
};

const copyOf = (
  { metadata, data, binaryData }: ConfigMap,
  { uid: owner }: WorkloadEntry,
  {
    version,
    number,
    uid,
    nowMs,
  }: { readonly version: ConfigVersion; readonly number: number; readonly uid: string; readonly nowMs: number },
): ConfigCopy => ({
  number,
  of: metadata.name ?? '',
  object: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: childName(`${metadata.name}-`, owner, version.number),
      namespace: metadata.namespace ?? 'default',
      uid,
      creationTimestamp: metaTime(nowMs),
    },
    immutable: true,
    ...(data && { data }),
    ...(binaryData && { binaryData }),
  } as ConfigMap,
});

/** Without the copies that neither a Pod nor a template that may come back needs. */
export const withoutOldCopies = (entry: WorkloadEntry): WorkloadEntry => {
  const { config, memory, children } = entry;
  if (config === undefined) return entry;
  const rollout = 'rollout' in memory ? memory.rollout : undefined;
  const used = new Set([
    config.versions.at(-1)?.number,
    ...children.map(({ pod }) => versionOf(pod.metadata.annotations)),
    ...(rollout?.good ? [versionOf(rollout.good.template.metadata?.annotations)] : []),
  ]);
  const versions = config.versions.map((version) => {
    if (used.has(version.number) || version.copies === undefined || version.copies.length === 0) return version;
    const { copies: _old, ...rest } = version;
    return rest;
  });
  return versions.every((version, i) => version === config.versions[i]) ? entry : { ...entry, config: { ...config, versions } };
};

/** A Pod that is to be made, with what its version of the template refers to, and with the very images where it comes back. */
export const pinnedPod = (pod: NewPod, { config, memory }: WorkloadEntry): NewPod => {
  const copies = config?.versions.find(({ number }) => number === versionOf(pod.metadata.annotations))?.copies ?? [];
  const rollout = 'rollout' in memory ? memory.rollout : undefined;
  const images = rollout?.held === undefined ? {} : (rollout.good?.images ?? {});
  if (copies.length === 0 && Object.keys(images).length === 0) return pod;
  const names = new Map(copies.map(({ of, object }) => [of, object.metadata.name ?? of]));
  const spec = renameConfig(pod.spec, ({ kind, name }) => (kind === 'ConfigMap' ? (names.get(name) ?? name) : name));
  return { ...pod, spec: withImages(spec, images) };
};

/** With the very images that are given, by name of the container. */
export const withImages = (spec: PodSpec, images: Readonly<Record<string, string>>): PodSpec => {
  const pinned = <T extends { readonly name: string }>(container: T): T =>
    Object.hasOwn(images, container.name) ? { ...container, image: images[container.name] } : container;
  return {
    ...spec,
    containers: spec.containers.map(pinned),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(pinned) }),
  };
};
