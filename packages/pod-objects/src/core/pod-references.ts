import type { Container, Pod, Volume } from '@solo-kubelet/pod-spec';

export type ReferencedKind = 'ConfigMap' | 'Secret' | 'ServiceAccount' | 'PriorityClass' | 'RuntimeClass' | 'PersistentVolumeClaim';

/** An object that a Pod refers to: of its own namespace, unless the kind has none. */
export interface PodReference {
  readonly kind: ReferencedKind;
  readonly name: string;
}

/** Every object that a Pod refers to by name, each once. */
export const podReferences = ({ metadata, spec }: Pick<Pod, 'metadata' | 'spec'>): readonly PodReference[] => {
  const containers = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])] as readonly Container[];
  const references: PodReference[] = [
    ...containers.flatMap(containerReferences),
    ...(spec.volumes ?? []).flatMap((volume) => volumeReferences(volume, metadata.name ?? '')),
    ...named('Secret', ...(spec.imagePullSecrets ?? []).map(({ name }) => name)),
    ...named('ServiceAccount', spec.serviceAccountName || 'default'),
    ...named('PriorityClass', spec.priorityClassName),
    ...named('RuntimeClass', spec.runtimeClassName),
  ];
  return [...new Map(references.map((reference) => [`${reference.kind}/${reference.name}`, reference])).values()];
};

const named = (kind: ReferencedKind, ...names: readonly (string | undefined)[]): readonly PodReference[] =>
  names.flatMap((name) => (name ? [{ kind, name }] : []));

const containerReferences = ({ env = [], envFrom = [] }: Container): readonly PodReference[] => [
  ...named('ConfigMap', ...envFrom.map(({ configMapRef }) => configMapRef?.name)),
  ...named('Secret', ...envFrom.map(({ secretRef }) => secretRef?.name)),
  ...named('ConfigMap', ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name)),
  ...named('Secret', ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name)),
];

const volumeReferences = (
  { name, configMap, secret, projected, persistentVolumeClaim, ephemeral }: Volume,
  podName: string,
): readonly PodReference[] => [
  ...named('ConfigMap', configMap?.name, ...(projected?.sources ?? []).map((source) => source.configMap?.name)),
  ...named('Secret', secret?.secretName, ...(projected?.sources ?? []).map((source) => source.secret?.name)),
  ...named('PersistentVolumeClaim', persistentVolumeClaim?.claimName, ephemeral && `${podName}-${name}`),
];
