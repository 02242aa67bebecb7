import { isSameStruct } from '@solo-kubelet/object-spec/rules';
import type { Container, EphemeralContainer, Pod, PodSpec } from '@solo-kubelet/pod-spec';
import { createReport, type Report, validateAddedContainers } from '@solo-kubelet/pod-spec/schema';
import type { UpdatePart } from '../registry/update-object.js';
import { specErrors } from '../resources/pod-rules.js';
import { recordedQosClass } from '../resources/qos-class.js';
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
  if (draft.spec?.['resources'] === undefined) delete spec['resources'];
  else spec['resources'] = draft.spec['resources'];
  draft.spec = spec;
  if (old.status !== undefined) draft.status = old.status;
  keepOwnMetadata(draft, old);
};

/** Amounts as they are now, with the cpu and memory of before (dropCPUMemoryUpdates). */
const oldAmounts = (now: Resources, before: Resources) =>
  Object.fromEntries(
    (['requests', 'limits'] as const).map((kind) => {
      const amounts: Record<string, string> = { ...now?.[kind] };
      for (const name of RESIZED) {
        const amount = before?.[kind]?.[name];
        if (amount === undefined) delete amounts[name];
        else amounts[name] = amount;
      }
      return [kind, amounts];
    }),
  );

/** A container with the cpu and memory that it had (dropCPUMemoryResourcesFromContainer). */
const withOldAmounts = (container: Container, old: Container): Container => ({
  ...container,
  resources: oldAmounts(container.resources, old.resources),
});

/** The same containers in the same order (validatePodResizeContainerOrdering). */
const validateOrder = (name: string, now: readonly Container[], before: readonly Container[], report: Report): boolean => {
  if (now.length !== before.length) report.forbidden(`spec.${name}`, `${name} may not be added or removed on resize`);
  else {
    for (const [i, container] of now.entries()) {
      if (container.name !== before[i]!.name)
        report.forbidden(`spec.${name}[${i}].name`, `${name} may not be renamed or reordered on resize`);
    }
  }
  return isSameOrder(now, before);
};

type Resources = Container['resources'];

/** What is asked for may change, but not go (validateContainerResize). */
const validateKept = (now: Resources, before: Resources, { field, what }: { field: string; what: string }, report: Report): void => {
  for (const kind of ['requests', 'limits'] as const) {
    const left = now?.[kind] ?? {};
    if (Object.keys(before?.[kind] ?? {}).some((name) => !Object.hasOwn(left, name))) {
      report.forbidden(`${field}.${kind}`, `${what} ${kind} cannot be removed`);
    }
  }
};

const hasAmounts = (object: ObjectDraft | StoredObject): boolean => {
  const { requests = {}, limits = {} } = asPod(object).spec.resources ?? {};
  return Object.keys(requests).length + Object.keys(limits).length > 0;
};

/** Resources of the Pod as a whole (validatePodLevelResourcesResize); the spec with the cpu and memory that it had there. */
const validateOwnResources = (draft: ObjectDraft, old: StoredObject, report: Report): PodSpec => {
  const { spec } = asPod(draft);
  const before = asPod(old).spec.resources;
  if (!hasAmounts(draft) && !hasAmounts(old)) return spec;
  if (spec.resources === undefined) {
    if (before !== undefined) report.forbidden('spec.resources', 'pod-level resources cannot be removed');
    return spec;
  }
  if (before !== undefined) validateKept(spec.resources, before, { field: 'spec.resources', what: 'pod-level resource' }, report);
  const munged = { ...spec.resources, ...oldAmounts(spec.resources, before) };
  if (!isSameStruct('PodSpec', { containers: [], resources: munged }, { containers: [], ...(before && { resources: before }) })) {
    report.forbidden('spec', 'only cpu and memory resources are mutable at pod-level');
  }
  return { ...spec, resources: munged };
};

/** Whether the node could resize, as far as its statuses tell (isPodResizeRequestSupported). */
const isResizable = ({ status }: StoredObject): boolean => {
  const statuses = (status?.['containerStatuses'] ?? []) as readonly {
    readonly state?: { readonly running?: object };
    readonly resources?: object;
  }[];
  const running = statuses.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
};

const qosOf = (object: ObjectDraft | StoredObject): string => recordedQosClass({ spec: asPod(object).spec });

const sameContainer = (a: Container, b: Container): boolean =>
  isSameStruct('Container', { ...a, resources: a.resources ?? {} }, { ...b, resources: b.resources ?? {} });

const validateResized = (list: (typeof LISTS)[number], i: number, now: Container, before: Container, report: Report): void => {
  const field = `spec.${list}[${i}]`;
  validateKept(now.resources, before.resources, { field: `${field}.resources`, what: 'resource' }, report);
  const isOther = !sameContainer(withOldAmounts(now, before), before);
  if (list === 'containers') {
    if (isOther) report.forbidden('spec', RESIZE_ONLY);
    return;
  }
  if (isOther) report.forbidden(field, 'only cpu and memory resources for init or sidecar containers are mutable');
  if (now.restartPolicy === 'Always' || sameContainer(now, before)) return;
  for (const { restartPolicy } of now.resizePolicy ?? []) {
    if (restartPolicy === 'RestartContainer') {
      report.forbidden(field, 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized');
    }
  }
};

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
    if (asPod(old).spec.os?.name === 'windows') {
      // A path without a name is printed so.
      report.forbidden('[]', 'windows pods cannot be resized');
      return report.errors;
    }
    report.include(specErrors(draft));
    if (((old.status?.['qosClass'] as string | undefined) ?? qosOf(old)) !== qosOf(draft)) {
      report.invalid('spec', String(draft.status?.['qosClass'] ?? ''), 'Pod QOS Class may not change as a result of resizing');
    }
    if (!isResizable(old)) report.forbidden('spec', 'Pod running on node without support for resize');
    const munged = validateOwnResources(draft, old, report);
    const inOrder = LISTS.map((name) => validateOrder(name, listOf(draft, name), listOf(old, name), report));
    if (inOrder.includes(false)) return report.errors;
    for (const name of LISTS)
      for (const [i, now] of listOf(draft, name).entries()) validateResized(name, i, now, listOf(old, name)[i]!, report);
    if (report.errors.length > 0) return report.errors;
    const before = asPod(old).spec;
    const spec: PodSpec = {
      ...munged,
      containers: before.containers,
      ...(before.initContainers && { initContainers: before.initContainers }),
    };
    if (!isSameStruct('PodSpec', spec, before)) report.forbidden('spec', RESIZE_ONLY);
    return report.errors;
  },
};
