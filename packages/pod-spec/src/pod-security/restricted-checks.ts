import { procMount, seccomp } from './baseline-checks.js';
import {
  type Check,
  type CheckedPod,
  containersWith,
  distinct,
  namedContainers,
  plural,
  quoted,
  type SecurityCheck,
  setters,
  unlessOwnUsers,
  unlessWindows,
} from './security-check.js';

const escalation: Check = (pod) => {
  const names = containersWith(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (names.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${namedContainers(names)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const capabilities: Check = (pod) => {
  const keeping = containersWith(pod, ({ securityContext }) => !(securityContext?.capabilities?.drop ?? []).includes('ALL'));
  const addedBy = ({ securityContext }: CheckedPod['containers'][number]): readonly string[] =>
    (securityContext?.capabilities?.add ?? []).filter((each) => each !== 'NET_BIND_SERVICE');
  const adding = containersWith(pod, (container) => addedBy(container).length > 0);
  const added = quoted(distinct(pod.containers.flatMap(addedBy)));
  const details = [
    ...(keeping.length > 0 ? [`${namedContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0 ? [`${namedContainers(adding)} must not include ${added} in securityContext.capabilities.add`] : []),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const ALLOWED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const OTHER_VOLUMES = [
  ...['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'nfs', 'iscsi', 'glusterfs', 'rbd', 'flexVolume', 'cinder'],
  ...['cephfs', 'flocker', 'fc', 'azureFile', 'vsphereVolume', 'quobyte', 'azureDisk', 'photonPersistentDisk', 'portworxVolume'],
  ...['scaleIO', 'storageos'],
];

const volumes: Check = ({ spec }) => {
  const has = (volume: object, names: readonly string[]): string | undefined =>
    names.find((name) => (volume as Readonly<Record<string, unknown>>)[name] !== undefined);
  const bad = (spec.volumes ?? []).filter((volume) => has(volume, ALLOWED_VOLUMES) === undefined);
  if (bad.length === 0) return undefined;
  const types = distinct(bad.map((volume) => has(volume, OTHER_VOLUMES) ?? 'unknown'));
  const what = plural('restricted volume type', 'restricted volume types', types.length);
  const who = `${plural('volume', 'volumes', bad.length)} ${quoted(bad.map(({ name }) => name ?? ''))}`;
  return { reason: 'restricted volume types', detail: `${who} ${plural('uses', 'use', bad.length)} ${what} ${quoted(types)}` };
};

const NOT_NON_ROOT = 'runAsNonRoot != true';

const nonRoot: Check = (pod) => {
  const own = pod.spec.securityContext?.runAsNonRoot;
  const who = setters(
    own === false,
    containersWith(pod, ({ securityContext }) => securityContext?.runAsNonRoot === false),
  );
  if (who !== '') return { reason: NOT_NON_ROOT, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  const silent = own === true ? [] : containersWith(pod, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (silent.length === 0) return undefined;
  return { reason: NOT_NON_ROOT, detail: `pod or ${namedContainers(silent)} must set securityContext.runAsNonRoot=true` };
};

const user: Check = (pod) => {
  const isRoot = (id: unknown): boolean => id !== undefined && Number(id) === 0;
  const who = setters(
    isRoot(pod.spec.securityContext?.runAsUser),
    containersWith(pod, ({ securityContext }) => isRoot(securityContext?.runAsUser)),
  );
  return who === '' ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
};

const someSeccomp: Check = (pod) => {
  const bad = seccomp(pod);
  if (bad !== undefined || pod.spec.securityContext?.seccompProfile !== undefined) return bad;
  const silent = containersWith(pod, ({ securityContext }) => securityContext?.seccompProfile === undefined);
  if (silent.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${namedContainers(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};

/** What `restricted` asks for beyond `baseline`, by id. */
export const RESTRICTED_CHECKS: readonly SecurityCheck[] = [
  {
    id: 'allowPrivilegeEscalation',
    versions: [
      { since: 8, check: escalation },
      { since: 25, check: unlessWindows(escalation) },
    ],
  },
  {
    id: 'capabilities_restricted',
    replaces: ['capabilities_baseline'],
    versions: [
      { since: 22, check: capabilities },
      { since: 25, check: unlessWindows(capabilities) },
    ],
  },
  { id: 'procMount_restricted', replaces: ['procMount'], versions: [{ since: 35, check: procMount }] },
  { id: 'restrictedVolumes', replaces: ['hostPathVolumes'], versions: [{ since: 0, check: volumes }] },
  {
    id: 'runAsNonRoot',
    versions: [
      { since: 0, check: nonRoot },
      { since: 35, check: unlessOwnUsers(nonRoot) },
    ],
  },
  {
    id: 'runAsUser',
    versions: [
      { since: 23, check: user },
      { since: 35, check: unlessOwnUsers(user) },
    ],
  },
  {
    id: 'seccompProfile_restricted',
    replaces: ['seccompProfile_baseline'],
    versions: [
      { since: 19, check: someSeccomp },
      { since: 25, check: unlessWindows(someSeccomp) },
    ],
  },
];
