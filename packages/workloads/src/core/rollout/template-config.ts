import type { Container, PodSpec, Volume } from '@solo-kubelet/pod-spec';
import type { PodTemplate } from '../stateful-set/identity.js';

export type ConfigKind = 'ConfigMap' | 'Secret';

/** A ConfigMap or Secret of the workload's own namespace. */
export interface ConfigReference {
  readonly kind: ConfigKind;
  readonly name: string;
}

/** Names of what a template refers to, replaced by what `rename` gives. All containers, env, envFrom, volumes and projected sources. */
export const renameConfig = (spec: PodSpec, rename: (reference: ConfigReference) => string): PodSpec => {
  const name = (kind: ConfigKind, given: string | undefined) => (given ? rename({ kind, name: given }) : given);
  const named = <T extends { readonly name?: string }>(kind: ConfigKind, reference: T): T => ({
    ...reference,
    name: name(kind, reference.name),
  });
  const ofContainer = (container: Container): Container => ({
    ...container,
    ...(container.env && {
      env: container.env.map((variable) => {
        const { configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
        if (configMapKeyRef) return { ...variable, valueFrom: { configMapKeyRef: named('ConfigMap', configMapKeyRef) } };
        return secretKeyRef ? { ...variable, valueFrom: { secretKeyRef: named('Secret', secretKeyRef) } } : variable;
      }),
    }),
    ...(container.envFrom && {
      envFrom: container.envFrom.map((source) => ({
        ...source,
        ...(source.configMapRef && { configMapRef: named('ConfigMap', source.configMapRef) }),
        ...(source.secretRef && { secretRef: named('Secret', source.secretRef) }),
      })),
    }),
  });
  const ofVolume = (volume: Volume): Volume => ({
    ...volume,
    ...(volume.configMap && { configMap: named('ConfigMap', volume.configMap) }),
    ...(volume.secret && { secret: { ...volume.secret, secretName: name('Secret', volume.secret.secretName) } }),
    ...(volume.projected && {
      projected: {
        ...volume.projected,
        sources: (volume.projected.sources ?? []).map((source) => ({
          ...source,
          ...(source.configMap && { configMap: named('ConfigMap', source.configMap) }),
          ...(source.secret && { secret: named('Secret', source.secret) }),
        })),
      },
    }),
  });
  return {
    ...spec,
    containers: spec.containers.map(ofContainer),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(ofContainer) }),
    ...(spec.volumes && { volumes: spec.volumes.map(ofVolume) }),
  };
};

/** Every ConfigMap and Secret that a template's containers or volumes refer to, each once. */
export const templateConfig = ({ spec }: PodTemplate): readonly ConfigReference[] => {
  const found = new Map<string, ConfigReference>();
  renameConfig(spec, (reference) => {
    found.set(configName(reference), reference);
    return reference.name;
  });
  return [...found.values()];
};

/** `configmap/web`. */
export const configName = ({ kind, name }: ConfigReference): string => `${kind.toLowerCase()}/${name}`;
