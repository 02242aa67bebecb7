import { isSameStruct } from '@solo-kubelet/object-spec/rules';
import type { EphemeralContainer, Pod } from '@solo-kubelet/pod-spec';
import { createReport } from '@solo-kubelet/pod-spec/schema';
import type { UpdatePart } from '../registry/update-object.js';
import type { ObjectDraft, StoredObject } from '../stored-object.js';

const asPod = (object: ObjectDraft | StoredObject): Pod => object as unknown as Pod;

const step = (draft: ObjectDraft, old: StoredObject): boolean => {
  const counted = !isSameStruct('PodSpec', asPod(draft).spec, asPod(old).spec);
  if (counted) draft.metadata.generation = Number(old.metadata.generation ?? 0) + 1;
  else if (old.metadata.generation !== undefined) draft.metadata.generation = old.metadata.generation;
  return counted;
};

/** Everything of the old Pod but a part of its spec. */
const keepAllBut = (draft: ObjectDraft, old: StoredObject, name: string): void => {
  const wanted = draft.spec?.[name];
  draft.spec = { ...old.spec };
  if (wanted === undefined) delete draft.spec[name];
  else draft.spec[name] = wanted;
  if (old.status !== undefined) draft.status = old.status;
};

/** Of metadata only what every write may change. */
const keepOwnMetadata = (draft: ObjectDraft, old: StoredObject): void => {
  for (const name of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    if (old.metadata[name] === undefined) delete draft.metadata[name];
    else Object.assign(draft.metadata, { [name]: old.metadata[name] });
  }
};

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

const containersOf = (object: ObjectDraft | StoredObject): readonly EphemeralContainer[] => asPod(object).spec.ephemeralContainers ?? [];

const DISALLOWED = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resources',
  'resizePolicy',
  'restartPolicy',
] as const;

/** Containers may be added to debug a Pod, never changed or taken away. */
export const ephemeralContainersPart: UpdatePart = {
  subresource: 'ephemeralcontainers',
  isWhole: false,
  prepare: (draft, old) => {
    keepAllBut(draft, old, 'ephemeralContainers');
    keepOwnMetadata(draft, old);
    return step(draft, old);
  },
  errors: (draft, old) => {
    const report = createReport();
    if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) {
      report.forbidden('', 'static pods do not support ephemeral containers');
      return report.errors;
    }
    const field = 'spec.ephemeralContainers';
    const names = new Set([...(asPod(draft).spec.containers ?? []), ...(asPod(draft).spec.initContainers ?? [])].map(({ name }) => name));
    for (const [i, container] of containersOf(draft).entries()) {
      const at = `${field}[${i}]`;
      const { name = '', image = '', targetContainerName = '' } = container;
      if (name === '') report.required(`${at}.name`);
      else if (names.has(name)) report.duplicate(`${at}.name`, name);
      names.add(name);
      if (image === '') report.required(`${at}.image`);
      if (
        targetContainerName !== '' &&
        ![...asPod(draft).spec.containers, ...(asPod(draft).spec.initContainers ?? [])].some((each) => each.name === targetContainerName)
      ) {
        report.notFound(`${at}.targetContainerName`, targetContainerName);
      }
      for (const part of DISALLOWED) {
        const value = (container as unknown as Record<string, unknown>)[part];
        if (value !== undefined && JSON.stringify(value) !== '{}')
          report.forbidden(`${at}.${part}`, 'cannot be set for an Ephemeral Container');
      }
    }
    for (const before of containersOf(old)) {
      const now = containersOf(draft).find(({ name }) => name === before.name);
      if (now === undefined) report.forbidden(field, `existing ephemeral containers ${JSON.stringify(before.name)} may not be removed\n`);
      else if (!isSameStruct('EphemeralContainer', now, before)) {
        report.forbidden(field, `existing ephemeral containers ${JSON.stringify(before.name)} may not be changed\n`);
      }
    }
    return report.errors;
  },
};

const RESIZE_ONLY = 'only cpu and memory resources are mutable';

/** Resources of containers may be changed while they run. */
export const resizePart: UpdatePart = {
  subresource: 'resize',
  isWhole: false,
  prepare: (draft, old) => {
    if (old.status !== undefined) draft.status = old.status;
    return step(draft, old);
  },
  errors: (draft, old) => {
    const report = createReport();
    const withOld = (name: 'containers' | 'initContainers') =>
      (asPod(draft).spec[name] ?? []).map((container, i) => ({
        ...container,
        resources: asPod(old).spec[name]?.[i]?.resources,
        resizePolicy: asPod(old).spec[name]?.[i]?.resizePolicy,
      }));
    const munged = {
      ...asPod(draft).spec,
      containers: withOld('containers'),
      ...(asPod(draft).spec.initContainers && { initContainers: withOld('initContainers') }),
      resources: asPod(old).spec.resources,
    };
    if (!isSameStruct('PodSpec', munged, asPod(old).spec)) report.forbidden('spec', RESIZE_ONLY);
    return report.errors;
  },
};
