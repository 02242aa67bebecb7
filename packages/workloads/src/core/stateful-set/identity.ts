import type { ObjectMeta, PersistentVolumeClaimSpec, Pod, PodSpec, Volume } from '@solo-kubelet/pod-spec';
import { podsPrefix } from '../controller-names.js';
import { MAX_INT32 } from '../go-integers.js';

/** The template of what a workload's Pods are made from. */
export interface PodTemplate {
  readonly metadata?: ObjectMeta;
  readonly spec: PodSpec;
}

export interface ClaimTemplate {
  readonly metadata: ObjectMeta & { readonly name: string };
  readonly spec?: PersistentVolumeClaimSpec;
}

/** What the identity of a StatefulSet's Pods comes from. */
export interface StatefulIdentity {
  readonly metadata: ObjectMeta & { readonly name: string };
  readonly spec: {
    readonly replicas: number;
    readonly serviceName?: string;
    readonly selector: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template: PodTemplate;
    readonly volumeClaimTemplates?: readonly ClaimTemplate[];
    readonly ordinals?: { readonly start?: number };
  };
}

export interface OrdinalRange {
  readonly first: number;
  /** One less than `first` if there are no replicas. */
  readonly last: number;
}

export const ordinalRange = ({ spec }: { readonly spec: Pick<StatefulIdentity['spec'], 'replicas' | 'ordinals'> }): OrdinalRange => {
  const first = spec.ordinals?.start ?? 0;
  return { first, last: first + spec.replicas - 1 };
};

export interface ParentAndOrdinal {
  /** "" if the name has no ordinal. */
  readonly parent: string;
  /** -1 if there is none, or none that fits in 32 bits. */
  readonly ordinal: number;
}

/** Reads a Pod's name, `<set>-<ordinal>`. */
export const parentAndOrdinal = (podName: string): ParentAndOrdinal => {
  const at = podName.lastIndexOf('-');
  const digits = podName.slice(at + 1);
  if (at === -1 || !/^[0-9]+$/.test(digits)) return { parent: '', ordinal: -1 };
  const ordinal = Number(digits);
  return { parent: podName.slice(0, at), ordinal: ordinal <= MAX_INT32 ? ordinal : -1 };
};

const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';

export const statefulPodName = (setName: string, ordinal: number): string => `${setName}-${ordinal}`;

/** The Pod of an ordinal, without owner and revision (stateful_set_utils.go newStatefulSetPod). */
export const statefulPod = (set: StatefulIdentity, ordinal: number): Pick<Pod, 'spec'> & { readonly metadata: ObjectMeta } => {
  const { metadata, spec } = set.spec.template;
  const name = statefulPodName(set.metadata.name, ordinal);
  const volumes = [...claimVolumes(set, ordinal), ...(spec.volumes ?? []).filter((volume) => !isClaimed(set, volume.name))];
  const { volumes: _volumes, hostname: _hostname, subdomain: _subdomain, ...rest } = spec;
  return {
    metadata: {
      name,
      generateName: podsPrefix(set.metadata.name),
      ...(set.metadata.namespace !== undefined && { namespace: set.metadata.namespace }),
      labels: { ...metadata?.labels, [POD_NAME_LABEL]: name, [POD_INDEX_LABEL]: String(ordinal) },
      ...(Object.keys(metadata?.annotations ?? {}).length > 0 && { annotations: metadata?.annotations }),
      ...(metadata?.finalizers?.length && { finalizers: metadata.finalizers }),
    },
    spec: {
      ...rest,
      hostname: name,
      ...(set.spec.serviceName && { subdomain: set.spec.serviceName }),
      ...(volumes.length > 0 && { volumes }),
    },
  };
};

const isClaimed = (set: StatefulIdentity, volumeName: string): boolean =>
  (set.spec.volumeClaimTemplates ?? []).some(({ metadata }) => metadata.name === volumeName);

const claimVolumes = (set: StatefulIdentity, ordinal: number): readonly Volume[] =>
  [...statefulClaims(set, ordinal)].map(([name, claim]) => ({ name, persistentVolumeClaim: { claimName: claim.metadata.name } }));

/** The claims of an ordinal by the name of their template; the labels of the selector come on top of the template's. */
export const statefulClaims = (set: StatefulIdentity, ordinal: number): ReadonlyMap<string, ClaimTemplate> =>
  new Map(
    (set.spec.volumeClaimTemplates ?? []).map((template) => [
      template.metadata.name,
      {
        ...template,
        metadata: {
          ...template.metadata,
          name: `${template.metadata.name}-${set.metadata.name}-${ordinal}`,
          ...(set.metadata.namespace !== undefined && { namespace: set.metadata.namespace }),
          ...((template.metadata.labels || set.spec.selector.matchLabels) && {
            labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
          }),
        },
      },
    ]),
  );
