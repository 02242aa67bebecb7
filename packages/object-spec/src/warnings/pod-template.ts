import type { Affinity, AppArmorProfile, EnvVar, PodAffinityTerm, PodSpec, Volume } from '@solo-kubelet/pod-spec';
import { goQuote } from '@solo-kubelet/pod-spec/schema';
import type { PodTemplateSpec } from '../gen/object-types.js';
import { ipWarnings } from '../network/ip-rules.js';
import { claimSpecWarnings } from './claim-spec.js';
import { portWarnings } from './container-ports.js';
import { fractionalByteWarnings } from './fractional-bytes.js';
import { deprecatedNodeLabel, nodeSelectorTermWarnings } from './node-labels.js';
import { overlappingPathWarnings } from './overlapping-paths.js';
import { type PlacedContainer, placedContainers } from './placed-container.js';

type Annotations = Readonly<Record<string, string>>;

const DEPRECATED_ANNOTATIONS: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER_PREFIX = 'container.seccomp.security.alpha.kubernetes.io/';
const APPARMOR_CONTAINER_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';
const BYTES = ['memory', 'ephemeral-storage'];

/** What the server would warn of in a pod template. Paths begin with the template's. */
export const podTemplateWarnings = (template: PodTemplateSpec, field: string): readonly string[] => warningsOfPodAt(template, `${field}.`);

/** The same for a Pod or a template whose paths begin with a text. */
export const warningsOfPodAt = ({ metadata = {}, spec }: PodTemplateSpec, start: string): readonly string[] => {
  if (spec === undefined) return [];
  const annotations = metadata.annotations ?? {};
  const containers = placedContainers(spec, `${start}spec`);
  return [
    ...schedulingWarnings(spec, `${start}spec`),
    ...annotationWarnings(annotations, `${start}metadata.annotations`),
    ...(spec.volumes ?? []).flatMap((volume, i) => volumeWarnings(volume, `${start}spec.volumes[${i}]`)),
    ...(spec.volumes ?? []).flatMap(overlappingPathWarnings),
    ...repeatedWarnings(spec, `${start}spec`),
    ...fractionalByteWarnings(spec.overhead, BYTES, `${start}spec.overhead`),
    ...(spec.securityContext?.seccompProfile === undefined && annotations[SECCOMP_POD] !== undefined
      ? [`${start}metadata.annotations[${SECCOMP_POD}]: ${USE_SECCOMP}`]
      : []),
    ...containers.flatMap((container) => [
      ...profileWarnings(annotations, spec, container, `${start}metadata.annotations`),
      ...containerWarnings(container),
    ]),
    ...portWarnings(containers),
    ...(Number(spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [`${start}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...podAffinityWarnings(spec.affinity ?? {}, `${start}spec.affinity`),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((ip, i) => ipWarnings(ip, `${start}spec.dnsConfig.nameservers[${i}]`)),
    ...(spec.hostAliases ?? []).flatMap(({ ip = '' }, i) => ipWarnings(ip, `${start}spec.hostAliases[${i}].ip`)),
  ];
};

const schedulingWarnings = (spec: PodSpec, field: string): readonly string[] => [
  ...Object.keys(spec.nodeSelector ?? {}).flatMap((key) => {
    const deprecated = deprecatedNodeLabel(key);
    return deprecated === undefined ? [] : [`${field}.nodeSelector[${key}]: ${deprecated}`];
  }),
  ...nodeAffinityWarnings(spec.affinity?.nodeAffinity ?? {}, `${field}.affinity.nodeAffinity`),
  ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, i) => {
    const at = `${field}.topologySpreadConstraints[${i}]`;
    const deprecated = deprecatedNodeLabel(topologyKey);
    return [
      ...(deprecated === undefined ? [] : [`${at}.topologyKey: ${topologyKey} is ${deprecated}`]),
      ...(labelSelector === undefined ? [`${at}.labelSelector: ${NULL_SELECTOR}`] : []),
    ];
  }),
];

const NULL_SELECTOR = 'a null labelSelector results in matching no pod';
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

const nodeAffinityWarnings = (node: NonNullable<Affinity['nodeAffinity']>, field: string): readonly string[] => [
  ...(node[REQUIRED]?.nodeSelectorTerms ?? []).flatMap((term, i) =>
    nodeSelectorTermWarnings(term, { checkValues: false }, `${field}.${REQUIRED}.nodeSelectorTerms[${i}]`),
  ),
  ...(node[PREFERRED] ?? []).flatMap(({ preference = {} }, i) =>
    nodeSelectorTermWarnings(preference, { checkValues: true }, `${field}.${PREFERRED}[${i}].preference`),
  ),
];

/** Told after nearly everything else of a Pod. */
const podAffinityWarnings = (affinity: Affinity, field: string): readonly string[] => {
  const podTerm = ({ labelSelector }: Partial<PodAffinityTerm>, path: string): readonly string[] =>
    labelSelector === undefined ? [`${path}.labelSelector: ${NULL_SELECTOR}`] : [];
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((name) => [
    ...(affinity[name]?.[REQUIRED] ?? []).flatMap((term, i) => podTerm(term, `${field}.${name}.${REQUIRED}[${i}]`)),
    ...(affinity[name]?.[PREFERRED] ?? []).flatMap(({ podAffinityTerm = {} }, i) =>
      podTerm(podAffinityTerm, `${field}.${name}.${PREFERRED}[${i}].podAffinityTerm`),
    ),
  ]);
};

const annotationWarnings = (annotations: Annotations, field: string): readonly string[] =>
  Object.entries(DEPRECATED_ANNOTATIONS)
    .filter(([key]) => Object.hasOwn(annotations, key))
    .map(([key, message]) => `${field}[${key}]: ${message}`);

const GONE_VOLUMES = {
  photonPersistentDisk: ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  gitRepo: ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  scaleIO: ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  flocker: ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  storageos: ['storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  quobyte: ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  glusterfs: ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  cephfs: ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  rbd: ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
} as const;

const volumeWarnings = (volume: Volume, field: string): readonly string[] => {
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
  return [
    ...(Object.keys(GONE_VOLUMES) as (keyof typeof GONE_VOLUMES)[])
      .filter((name) => volume[name] !== undefined)
      .map((name) => `${field}.${GONE_VOLUMES[name].join(': ')}`),
    ...(claim === undefined ? [] : claimSpecWarnings(claim, `${field}.ephemeral.volumeClaimTemplate.spec`)),
  ];
};

const repeatedWarnings = ({ hostAliases = [], imagePullSecrets = [] }: PodSpec, field: string): readonly string[] => [
  ...hostAliases.flatMap(({ ip = '' }, i) =>
    hostAliases.slice(0, i).some((other) => (other.ip ?? '') === ip) ? [`${field}.hostAliases[${i}].ip: duplicate ip ${goQuote(ip)}`] : [],
  ),
  ...imagePullSecrets.flatMap(({ name = '' }, i) =>
    imagePullSecrets.slice(0, i).some((other) => (other.name ?? '') === name)
      ? [`${field}.imagePullSecrets[${i}].name: duplicate name ${goQuote(name)}`]
      : [],
  ),
  ...imagePullSecrets.flatMap(({ name = '' }, i) => (name === '' ? [`${field}.imagePullSecrets[${i}].name: invalid empty name ""`] : [])),
];

const USE_SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead';

/** Annotations that stood for profiles of a container before there were fields. */
const profileWarnings = (annotations: Annotations, spec: PodSpec, { container }: PlacedContainer, field: string): readonly string[] => {
  const seccomp = `${SECCOMP_CONTAINER_PREFIX}${container.name ?? ''}`;
  const apparmor = `${APPARMOR_CONTAINER_PREFIX}${container.name ?? ''}`;
  const context = container.securityContext;
  const profile = annotations[apparmor];
  const isOld =
    profile !== undefined && context?.appArmorProfile === undefined && !isAnnotated(spec.securityContext?.appArmorProfile, profile);
  return [
    ...(context?.seccompProfile === undefined && annotations[seccomp] !== undefined ? [`${field}[${seccomp}]: ${USE_SECCOMP}`] : []),
    ...(isOld ? [`${field}[${apparmor}]: deprecated since v1.30; use the "appArmorProfile" field instead`] : []),
  ];
};

/** Whether a profile is what an annotation says. */
const isAnnotated = (profile: AppArmorProfile | undefined, annotation: string): boolean => {
  if (profile === undefined) return false;
  if (annotation === 'unconfined') return profile.type === 'Unconfined';
  if (annotation === 'runtime/default') return profile.type === 'RuntimeDefault';
  return profile.type === 'Localhost' && `localhost/${profile.localhostProfile ?? ''}` === annotation;
};

const containerWarnings = ({ container, field }: PlacedContainer): readonly string[] => [
  ...BYTES.flatMap((name) => [
    ...fractionalByteWarnings(container.resources?.limits, [name], `${field}.resources.limits`),
    ...fractionalByteWarnings(container.resources?.requests, [name], `${field}.resources.requests`),
  ]),
  ...envWarnings(container.env ?? [], `${field}.env`),
];

/** A later variable may build on an earlier one of its name, but not hide it. */
const envWarnings = (env: readonly EnvVar[], field: string): readonly string[] =>
  env.flatMap(({ name = '', value = '', valueFrom }, i) => {
    if (!env.slice(0, i).some((other) => (other.name ?? '') === name)) return [];
    const reference = `$(${name})`;
    if (valueFrom === undefined && value !== reference && value.includes(reference)) return [];
    return [`${field}[${i}]: hides previous definition of ${goQuote(name)}, which may be dropped when using apply`];
  });
