import type { LifecycleHandler, Probe } from '../gen/pod-types.js';
import {
  type Check,
  type CheckedPod,
  containersWith,
  distinct,
  forbiddenProfiles,
  namedContainers,
  plural,
  quoted,
  type SecurityCheck,
  setters,
  unlessOwnUsers,
} from './security-check.js';

const APP_ARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

const appArmor: Check = (pod) => {
  const profiles = forbiddenProfiles(pod, 'appArmorProfile');
  const annotations = Object.entries(pod.metadata.annotations ?? {})
    .filter(
      ([key, value]) =>
        key.startsWith(APP_ARMOR_ANNOTATION) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const values = [...profiles.types, ...annotations];
  const who = [profiles.who, annotations.length > 0 ? plural('annotation', 'annotations', annotations.length) : '']
    .filter((text) => text !== '')
    .join(' and ');
  if (who === '') return undefined;
  return {
    reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length),
    detail: `${who} must not set AppArmor profile type to ${quoted(values)}`,
  };
};

const DEFAULT_CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const capabilities: Check = (pod) => {
  const added = pod.containers.flatMap(({ name, securityContext }) =>
    (securityContext?.capabilities?.add ?? [])
      .filter((each) => !DEFAULT_CAPABILITIES.has(each))
      .map((each) => ({ name: name ?? '', each })),
  );
  if (added.length === 0) return undefined;
  const names = containersWith(pod, ({ name }) => added.some((each) => each.name === name));
  const which = quoted(distinct(added.map(({ each }) => each)));
  return {
    reason: 'non-default capabilities',
    detail: `${namedContainers(names)} must not include ${which} in securityContext.capabilities.add`,
  };
};

const hostNamespaces: Check = ({ spec }) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true);
  return shared.length === 0 ? undefined : { reason: 'host namespaces', detail: shared.map((name) => `${name}=true`).join(', ') };
};

const hostPaths: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name ?? '');
  return names.length === 0
    ? undefined
    : { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)}` };
};

const hostPorts: Check = (pod) => {
  const names = containersWith(pod, ({ ports = [] }) => ports.some(({ hostPort }) => hostPort));
  if (names.length === 0) return undefined;
  const ports = distinct(pod.containers.flatMap(({ ports: all = [] }) => all.flatMap(({ hostPort }) => (hostPort ? [`${hostPort}`] : []))));
  const what = `${plural('uses', 'use', names.length)} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}`;
  return { reason: 'hostPort', detail: `${namedContainers(names)} ${what}` };
};

const hostsOf = (...handlers: readonly (Probe | LifecycleHandler | undefined)[]): readonly string[] =>
  handlers.flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host): host is string => Boolean(host)));

const probeHosts: Check = (pod) => {
  const found = pod.containers.map(({ name, livenessProbe, readinessProbe, startupProbe, lifecycle }) => ({
    name: name ?? '',
    hosts: hostsOf(livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop),
  }));
  const hosts = distinct(found.flatMap((each) => each.hosts));
  if (hosts.length === 0) return undefined;
  const names = distinct(found.filter((each) => each.hosts.length > 0).map(({ name }) => name));
  const what = plural('probe or lifecycle host', 'probe or lifecycle hosts', hosts.length);
  return {
    reason: 'probe or lifecycle host',
    detail: `${namedContainers(names)} ${plural('uses', 'use', names.length)} ${what} ${quoted(hosts)}`,
  };
};

const privileged: Check = (pod) => {
  const names = containersWith(pod, ({ securityContext }) => securityContext?.privileged === true);
  if (names.length === 0) return undefined;
  return { reason: 'privileged', detail: `${namedContainers(names)} must not set securityContext.privileged=true` };
};

/** Masks of /proc stay. */
export const procMount: Check = (pod) => {
  const mountOf = (container: CheckedPod['containers'][number]): string => container.securityContext?.procMount ?? 'Default';
  const names = containersWith(pod, (container) => mountOf(container) !== 'Default');
  if (names.length === 0) return undefined;
  const types = distinct(pod.containers.map(mountOf).filter((type) => type !== 'Default'));
  return { reason: 'procMount', detail: `${namedContainers(names)} must not set securityContext.procMount to ${quoted(types)}` };
};

const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

const seLinux =
  (types: readonly string[]): Check =>
  (pod) => {
    type Options = NonNullable<NonNullable<CheckedPod['spec']['securityContext']>['seLinuxOptions']>;
    const isBad = (options: Options | undefined): options is Options =>
      options !== undefined && (!types.includes(options.type ?? '') || Boolean(options.user) || Boolean(options.role));
    const own = pod.spec.securityContext?.seLinuxOptions;
    const bad = [own, ...pod.containers.map(({ securityContext }) => securityContext?.seLinuxOptions)].filter(isBad);
    if (bad.length === 0) return undefined;
    const who = setters(
      isBad(own),
      containersWith(pod, ({ securityContext }) => isBad(securityContext?.seLinuxOptions)),
    );
    const badTypes = distinct(bad.map(({ type = '' }) => type).filter((type) => !types.includes(type)));
    const what = [
      ...(badTypes.length > 0 ? [`${plural('type', 'types', badTypes.length)} ${quoted(badTypes)}`] : []),
      ...(bad.some(({ user }) => user) ? ['user may not be set'] : []),
      ...(bad.some(({ role }) => role) ? ['role may not be set'] : []),
    ];
    return { reason: 'seLinuxOptions', detail: `${who} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}` };
  };

const SECCOMP_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod';
const CONTAINER_SECCOMP_ANNOTATION = 'container.seccomp.security.alpha.kubernetes.io/';
const SECCOMP_VALUES: ReadonlySet<string> = new Set(['runtime/default', 'docker/default']);

/** Before there was a field for it. */
const seccompAnnotations: Check = ({ metadata, containers }) => {
  const keys = [SECCOMP_ANNOTATION, ...containers.map(({ name }) => `${CONTAINER_SECCOMP_ANNOTATION}${name ?? ''}`)];
  const bad = keys.flatMap((key) => {
    const value = metadata.annotations?.[key];
    return value === undefined || SECCOMP_VALUES.has(value) || value.startsWith('localhost/') ? [] : [`${key}=${JSON.stringify(value)}`];
  });
  const all = distinct(bad);
  if (all.length === 0) return undefined;
  return { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', 'annotations', all.length)} ${all.join(', ')}` };
};

/** Profiles that are said, by the Pod or by its containers, and are none that is allowed. */
export const seccomp: Check = (pod) => {
  const { who, types } = forbiddenProfiles(pod, 'seccompProfile');
  if (who === '') return undefined;
  return { reason: 'seccompProfile', detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(types)}` };
};

const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
];
const SYSCTLS_27 = [...SYSCTLS, 'net.ipv4.ip_local_reserved_ports'];
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  ...['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes'],
];
const SYSCTLS_32 = [...SYSCTLS_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'];

const sysctls =
  (allowed: readonly string[]): Check =>
  ({ spec }) => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name ?? '').filter((name) => !allowed.includes(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };

const hostProcess: Check = (pod) => {
  const who = setters(
    pod.spec.securityContext?.windowsOptions?.hostProcess === true,
    containersWith(pod, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true),
  );
  return who === '' ? undefined : { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
};

/** What holds for `baseline`, by id, which is the order in which violations are told. */
export const BASELINE_CHECKS: readonly SecurityCheck[] = [
  { id: 'appArmorProfile', versions: [{ since: 0, check: appArmor }] },
  { id: 'capabilities_baseline', versions: [{ since: 0, check: capabilities }] },
  { id: 'hostNamespaces', versions: [{ since: 0, check: hostNamespaces }] },
  { id: 'hostPathVolumes', versions: [{ since: 0, check: hostPaths }] },
  { id: 'hostPorts', versions: [{ since: 0, check: hostPorts }] },
  { id: 'hostProbesAndHostLifecycle', versions: [{ since: 34, check: probeHosts }] },
  { id: 'privileged', versions: [{ since: 0, check: privileged }] },
  {
    id: 'procMount',
    versions: [
      { since: 0, check: procMount },
      { since: 35, check: unlessOwnUsers(procMount) },
    ],
  },
  {
    id: 'seLinuxOptions',
    versions: [
      { since: 0, check: seLinux(SELINUX_TYPES) },
      { since: 31, check: seLinux([...SELINUX_TYPES, 'container_engine_t']) },
    ],
  },
  {
    id: 'seccompProfile_baseline',
    versions: [
      { since: 0, check: seccompAnnotations },
      { since: 19, check: seccomp },
    ],
  },
  {
    id: 'sysctls',
    versions: [
      { since: 0, check: sysctls(SYSCTLS) },
      { since: 27, check: sysctls(SYSCTLS_27) },
      { since: 29, check: sysctls(SYSCTLS_29) },
      { since: 32, check: sysctls(SYSCTLS_32) },
    ],
  },
  { id: 'windowsHostProcess', versions: [{ since: 0, check: hostProcess }] },
];
