import type { StoredObject } from '@solo-kubelet/api-server';

/** Set by the server and the kubelet alone, or kept elsewhere. */
const OWN_METADATA = [
  'resourceVersion',
  'managedFields',
  'generation',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'creationTimestamp',
  'uid',
] as const;

const OWN_ANNOTATIONS = [
  'kubernetes.io/config.hash',
  'kubernetes.io/config.seen',
  'kubernetes.io/config.source',
  'kubernetes.io/config.mirror',
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
];

/** Put by admission on every claim and volume. */
const OWN_FINALIZERS: readonly string[] = ['kubernetes.io/pvc-protection', 'kubernetes.io/pv-protection'];

/** The annotation by which the kubelet knows a Pod that the API gave its name and uid. */
export const SOURCE_ANNOTATION = 'kubernetes.io/config.source';

const withoutEmpty = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) => value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
    ),
  );

/** An object as a manifest says it: without status and what the node itself keeps. `name` is the one that the file has. */
export const writtenForm = (
  { apiVersion, kind, metadata, status: _status, ...rest }: StoredObject,
  { name, before }: { readonly name: string; readonly before: StoredObject | undefined },
): Readonly<Record<string, unknown>> => {
  const isNewPod = kind === 'Pod' && before === undefined;
  const annotations = Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !OWN_ANNOTATIONS.includes(key)));
  const own: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(kind === 'Job' ? withoutGenerated({ metadata }).metadata : metadata).filter(
      ([key]) => !(OWN_METADATA as readonly string[]).includes(key) && key !== 'annotations',
    ),
  );
  return {
    apiVersion,
    kind,
    metadata: withoutEmpty({
      ...own,
      name,
      finalizers: (metadata.finalizers ?? []).filter((one) => !OWN_FINALIZERS.includes(one)),
      ...(isNewPod && { uid: metadata.uid, creationTimestamp: metadata.creationTimestamp }),
      annotations: { ...annotations, ...(isNewPod && { [SOURCE_ANNOTATION]: 'api' }) },
    }),
    ...withoutNode(kind === 'Job' ? withoutGenerated(rest) : rest),
  };
};

const GENERATED_LABELS: readonly string[] = [
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
  'job-name',
  'batch.kubernetes.io/job-name',
];

interface JobParts {
  readonly metadata?: Labelled;
  readonly spec?: {
    readonly manualSelector?: boolean;
    readonly selector?: unknown;
    readonly template?: { readonly metadata?: Labelled };
  };
}

interface Labelled {
  readonly labels?: Readonly<Record<string, string>>;
}

/** A Job without what is made for it when it is read: its selector, and the labels by which that finds its Pods. */
const withoutGenerated = <Parts extends object>(job: Parts): Parts => {
  const { metadata, spec } = job as JobParts;
  const unlabelled = ({ labels = {}, ...rest }: Labelled): Labelled => {
    const kept = Object.entries(labels).filter(([name]) => !GENERATED_LABELS.includes(name));
    return { ...rest, ...(kept.length > 0 && { labels: Object.fromEntries(kept) }) };
  };
  if (spec === undefined) return metadata === undefined ? job : { ...job, metadata: unlabelled(metadata) };
  if (spec.manualSelector === true) return job;
  const { selector: _selector, template, ...rest } = spec;
  const { metadata: ofPods, ...ofTemplate } = template ?? {};
  const labelled = ofPods && unlabelled(ofPods);
  const made = { ...(labelled && Object.keys(labelled).length > 0 && { metadata: labelled }), ...ofTemplate };
  return { ...job, spec: { ...rest, ...(template && { template: made }) } };
};

/** The name of the node and ephemeral containers are kept by the kubelet. */
const withoutNode = (rest: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const { spec } = rest as { readonly spec?: Readonly<Record<string, unknown>> };
  if (spec === undefined) return rest;
  const { nodeName: _node, ephemeralContainers: _ephemeral, ...kept } = spec;
  return { ...rest, spec: kept };
};
