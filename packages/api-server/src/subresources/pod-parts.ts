import { isSameStruct } from '@solo-kubelet/object-spec/rules';
import { type Container, type EphemeralContainer, type Pod, podQosClass } from '@solo-kubelet/pod-spec';
import { createReport, type Report, validateAddedContainers } from '@solo-kubelet/pod-spec/schema';
import type { UpdatePart } from '../registry/update-object.js';
import type { ObjectDraft, StoredObject, Values } from '../stored-object.js';

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

/**
 * Containers may be added to debug a Pod, never changed or taken away. `ofStaticPods`: to those of files as well, where the kubelet itself keeps what was
 * added.
 */
export const ephemeralContainersPart = ({ ofStaticPods }: { readonly ofStaticPods: boolean }): UpdatePart => ({
  subresource: 'ephemeralcontainers',
  isWhole: false,
  prepare: (draft, old) => {
    keepAllBut(draft, old, 'ephemeralContainers');
    keepOwnMetadata(draft, old);
    return step(draft, old);
  },
  errors: (draft, old) => {
    const report = createReport();
    if (!ofStaticPods && old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) {
      report.forbidden('', 'static pods do not support ephemeral containers');
      return report.errors;
    }
    const field = 'spec.ephemeralContainers';
    validateAddedContainers(asPod(draft), field, report);
    for (const before of containersOf(old)) {
      const now = containersOf(draft).find(({ name }) => name === before.name);
      if (now === undefined) report.forbidden(field, `existing ephemeral containers ${JSON.stringify(before.name)} may not be removed\n`);
      else if (!isSameStruct('EphemeralContainer', now, before)) {
        report.forbidden(field, `existing ephemeral containers ${JSON.stringify(before.name)} may not be changed\n`);
      }
    }
    return report.errors;
  },
});

const RESIZE_ONLY = 'only cpu and memory resources are mutable';
const RESIZED = ['cpu', 'memory'] as const;
const LISTS = ['containers', 'initContainers'] as const;

const listOf = (object: ObjectDraft | StoredObject, name: (typeof LISTS)[number]): readonly Container[] => asPod(object).spec[name] ?? [];

const isSameOrder = (now: readonly Container[], before: readonly Container[]): boolean =>
  now.length === before.length && now.every(({ name }, i) => name === before[i]!.name);

/** Of a request to resize only resources and their policies count (dropNonResizeUpdates). Other containers than before are left for the rules to refuse. */
const keepAllButResources = (draft: ObjectDraft, old: StoredObject): void => {
  if (LISTS.some((name) => listOf(draft, name).length !== listOf(old, name).length)) return;
  const spec = structuredClone(old.spec) as Values;
  for (const name of LISTS) {
    const [now, before] = [listOf(draft, name), listOf(old, name)];
    if (now.length === 0) continue;
    spec[name] = isSameOrder(now, before)
      ? before.map((container, i) => {
          const { resources: _resources, resizePolicy: _policy, ...rest } = container;
          const { resources, resizePolicy } = now[i]!;
          return { ...rest, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) };
        })
      : now;
  }
  if (draft.spec?.['resources'] !== undefined) spec['resources'] = draft.spec['resources'];
  draft.spec = spec;
  if (old.status !== undefined) draft.status = old.status;
  keepOwnMetadata(draft, old);
};

/** A container with the cpu and memory that it had (dropCPUMemoryResourcesFromContainer). */
const withOldAmounts = (container: Container, old: Container): Container => {
  const resources: Record<string, unknown> = { ...container.resources };
  for (const kind of ['requests', 'limits'] as const) {
    const amounts: Record<string, unknown> = { ...container.resources?.[kind] };
    for (const name of RESIZED) {
      const before = old.resources?.[kind]?.[name];
      if (before === undefined) delete amounts[name];
      else amounts[name] = before;
    }
    if (Object.keys(amounts).length === 0) delete resources[kind];
    else resources[kind] = amounts;
  }
  return { ...container, resources: resources as Container['resources'] & object };
};

/** The same containers in the same order (validatePodResizeContainerOrdering). */
const validateOrder = (name: string, now: readonly Container[], before: readonly Container[], report: Report): boolean => {
  if (now.length !== before.length) {
    report.forbidden(`spec.${name}`, `${name} may not be added or removed on resize`);
    return false;
  }
  for (const [i, container] of now.entries()) {
    if (container.name !== before[i]!.name)
      report.forbidden(`spec.${name}[${i}].name`, `${name} may not be renamed or reordered on resize`);
  }
  return isSameOrder(now, before);
};

/** What is asked for may change, but not go (validateContainerResize). */
const validateKept = (now: Container, before: Container, field: string, report: Report): void => {
  for (const kind of ['requests', 'limits'] as const) {
    const left = now.resources?.[kind] ?? {};
    if (Object.keys(before.resources?.[kind] ?? {}).some((name) => !Object.hasOwn(left, name))) {
      report.forbidden(`${field}.${kind}`, `resource ${kind} cannot be removed`);
    }
  }
};

const qosOf = (object: ObjectDraft | StoredObject): string => podQosClass({ spec: asPod(object).spec });

/** Resources of containers may be changed while they run (ValidatePodResize). */
export const resizePart: UpdatePart = {
  subresource: 'resize',
  isWhole: false,
  prepare: (draft, old) => {
    keepAllButResources(draft, old);
    return step(draft, old);
  },
  errors: (draft, old) => {
    const report = createReport();
    if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) {
      report.forbidden('', 'static pods cannot be resized');
      return report.errors;
    }
    if (((old.status?.['qosClass'] as string | undefined) ?? qosOf(old)) !== qosOf(draft)) {
      report.invalid('spec', String(draft.status?.['qosClass'] ?? ''), 'Pod QOS Class may not change as a result of resizing');
    }
    for (const name of LISTS) {
      const [now, before] = [listOf(draft, name), listOf(old, name)];
      if (!validateOrder(name, now, before, report)) return report.errors;
      for (const [i, container] of now.entries()) {
        validateKept(container, before[i]!, `spec.${name}[${i}].resources`, report);
        if (isSameStruct('Container', withOldAmounts(container, before[i]!), { ...before[i]!, resources: before[i]!.resources ?? {} }))
          continue;
        if (name === 'containers') report.forbidden('spec', RESIZE_ONLY);
        else report.forbidden(`spec.initContainers[${i}]`, 'only cpu and memory resources for init or sidecar containers are mutable');
      }
    }
    return report.errors;
  },
};
