import type { Pod } from '@solo-kubelet/pod-spec';

/** Sysctls that every pod may set, with the kernel that made them safe. Upstream: pkg/kubelet/sysctl/safe_sysctls.go. */
const safeSysctls: Readonly<Record<string, string>> = {
  'kernel.shm_rmid_forced': '0',
  'net.ipv4.ip_local_port_range': '0',
  'net.ipv4.tcp_syncookies': '0',
  'net.ipv4.ping_group_range': '0',
  'net.ipv4.ip_unprivileged_port_start': '0',
  'net.ipv4.ip_local_reserved_ports': '3.16',
  'net.ipv4.tcp_keepalive_time': '4.5',
  'net.ipv4.tcp_keepalive_intvl': '4.5',
  'net.ipv4.tcp_keepalive_probes': '4.5',
  'net.ipv4.tcp_fin_timeout': '4.6',
  'net.ipv4.tcp_rmem': '4.15',
  'net.ipv4.tcp_wmem': '4.15',
};

const ipcExact = new Set(['kernel.sem', 'kernel.shmall', 'kernel.shmmax', 'kernel.shmmni', 'kernel.shm_rmid_forced']);

export interface SysctlPolicy {
  /** `allowedUnsafeSysctls`: names or patterns ending in `*`. */
  readonly allowed: readonly string[];
  /** `uname -r` of the node, such as `6.18.3-1`. */
  readonly kernelVersion: string;
}

/** Dots between the parts, as CRI wants them; a name whose first separator is `/` has its dots and slashes swapped (sysctl(8)). */
export const normalizeSysctl = (name: string): string => {
  const separator = name.search(/[./]/);
  if (separator < 0 || name[separator] === '.') return name;
  return name.replace(/[./]/g, (character) => (character === '/' ? '.' : '/'));
};

/** The `sysctls` of a sandbox. */
export const podSysctls = (pod: Pod): Record<string, string> =>
  Object.fromEntries((pod.spec.securityContext?.sysctls ?? []).map(({ name, value }) => [normalizeSysctl(name ?? ''), value ?? '']));

/** The namespace of a sysctl that the node may set for every pod; undefined for any other. Upstream: 1.37's DefaultPodSysctls. */
export const defaultSysctlNamespace = (name: string): 'ipc' | 'net' | 'uts' | 'user' | undefined => {
  if (/^kernel\.(shm|msg)/.test(name) || name === 'kernel.sem' || name.startsWith('fs.mqueue.')) return 'ipc';
  if (name.startsWith('net.')) return 'net';
  if (name === 'kernel.domainname') return 'uts';
  return name.startsWith('user.') ? 'user' : undefined;
};

/** Of the sysctls that the node sets for every pod, those of namespaces that this one has for itself. */
export const defaultSysctls = ({ spec }: Pod, defaults: Readonly<Record<string, string>>): Record<string, string> => {
  const { hostNetwork = false, hostIPC = false, hostUsers = true } = spec;
  // The name of the host belongs to its network, as the kubelet has it.
  const own = { net: !hostNetwork, uts: !hostNetwork, ipc: !hostIPC, user: !hostUsers };
  const named = Object.entries(defaults).map(([name, value]) => [normalizeSysctl(name), value] as const);
  return Object.fromEntries(
    named.filter(([name]) => {
      const space = defaultSysctlNamespace(name);
      return space !== undefined && own[space];
    }),
  );
};

/** Why a pod's sysctls are refused, one reason each; empty when all may be set. The pod's status reason is `SysctlForbidden`. */
export const unsafeSysctls = (pod: Pod, policy: SysctlPolicy): readonly string[] =>
  Object.keys(podSysctls(pod)).flatMap((name) => {
    if (!isSafe(name, policy.kernelVersion) && !policy.allowed.some((pattern) => matches(pattern, name)))
      return [`forbidden sysctl: "${name}" not allowlisted`];
    const space = sysctlNamespace(name);
    if (space === 'ipc' && pod.spec.hostIPC) return [`forbidden sysctl: "${name}" not allowed with host IPC enabled`];
    return space === 'net' && pod.spec.hostNetwork ? [`forbidden sysctl: "${name}" not allowed with host Net enabled`] : [];
  });

/** Namespace that a sysctl belongs to; undefined for one that would change the whole node. A pattern's namespace is that of its prefix. */
export const sysctlNamespace = (name: string): 'ipc' | 'net' | undefined => {
  if (name.startsWith('net.')) return 'net';
  if (ipcExact.has(name) || /^kernel\.(shm|msg)/.test(name) || name.startsWith('fs.mqueue.')) return 'ipc';
  return undefined;
};

const isSafe = (name: string, kernelVersion: string): boolean => {
  const since = Object.hasOwn(safeSysctls, name) ? safeSysctls[name] : undefined;
  return since !== undefined && compareVersions(kernelVersion, since) >= 0;
};

const matches = (pattern: string, name: string): boolean => {
  const normalized = normalizeSysctl(pattern);
  return normalized.endsWith('*') ? name.startsWith(normalized.slice(0, -1)) : name === normalized;
};

const compareVersions = (left: string, right: string): number => {
  const numbers = (version: string): readonly number[] => (/^[\d.]+/.exec(version)?.[0] ?? '0').split('.').map(Number);
  const [a, b] = [numbers(left), numbers(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};
