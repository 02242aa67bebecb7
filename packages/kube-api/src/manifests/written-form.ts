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
];

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
    Object.entries(metadata).filter(([key]) => !(OWN_METADATA as readonly string[]).includes(key) && key !== 'annotations'),
  );
  return {
    apiVersion,
    kind,
    metadata: withoutEmpty({
      ...own,
      name,
      ...(isNewPod && { uid: metadata.uid, creationTimestamp: metadata.creationTimestamp }),
      annotations: { ...annotations, ...(isNewPod && { [SOURCE_ANNOTATION]: 'api' }) },
    }),
    ...withoutNode(rest),
  };
};

/** The name of the node is the kubelet's. */
const withoutNode = (rest: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const { spec } = rest as { readonly spec?: Readonly<Record<string, unknown>> };
  if (spec === undefined || !Object.hasOwn(spec, 'nodeName')) return rest;
  const { nodeName: _node, ...kept } = spec;
  return { ...rest, spec: kept };
};
