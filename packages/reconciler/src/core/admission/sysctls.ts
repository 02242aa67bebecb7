import type { AdmissionCheck } from './admission-check.js';
import type { Rejection } from './rejection.js';

/** Sysctls that are namespaced and harmless to others, with the first kernel in which they are (pkg/kubelet/sysctl/safe_sysctls.go). */
const SAFE: Readonly<Record<string, string>> = {
  'kernel.shm_rmid_forced': '0.0',
  'net.ipv4.ip_local_port_range': '0.0',
  'net.ipv4.tcp_syncookies': '0.0',
  'net.ipv4.ping_group_range': '0.0',
  'net.ipv4.ip_unprivileged_port_start': '0.0',
  'net.ipv4.ip_local_reserved_ports': '3.16',
  'net.ipv4.tcp_keepalive_time': '4.5',
  'net.ipv4.tcp_fin_timeout': '4.6',
  'net.ipv4.tcp_keepalive_intvl': '4.5',
  'net.ipv4.tcp_keepalive_probes': '4.5',
  'net.ipv4.tcp_rmem': '4.15',
  'net.ipv4.tcp_wmem': '4.15',
};

const atLeast = (version: string, minimum: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minMajor = 0, minMinor = 0] = minimum.split('.').map(Number);
  return major > minMajor || (major === minMajor && minor >= minMinor);
};

/** Namespace that has to be the pod's own for a sysctl to stay inside it, as upstream spells it. */
const namespaceOf = (name: string): 'IPC' | 'Net' | undefined => {
  if (name.startsWith('net.')) return 'Net';
  return name === 'kernel.sem' || name.startsWith('kernel.shm') || name.startsWith('kernel.msg') || name.startsWith('fs.mqueue.')
    ? 'IPC'
    : undefined;
};

/** Dots between the parts; a name whose first separator is `/` has its dots and slashes swapped (sysctl(8)). */
const normalized = (name: string): string =>
  /^[^./]*\//.test(name) ? name.replace(/[./]/g, (character) => (character === '/' ? '.' : '/')) : name;

/** A pattern counts up to its first `*`. */
const matches = (pattern: string, name: string): boolean => {
  const [prefix = '', ...rest] = normalized(pattern).split('*');
  return rest.length === 0 ? name === prefix : name.startsWith(prefix);
};

/** What may not be set at all is told before what the pod shares with the host. Upstream: pkg/kubelet/sysctl/allowlist.go. */
export const checkSysctls: AdmissionCheck = ({ pod, node }) => {
  for (const { name: written } of pod.spec.securityContext?.sysctls ?? []) {
    const name = normalized(written);
    const since = Object.hasOwn(SAFE, name) ? SAFE[name] : undefined;
    const safe = since !== undefined && (node.kernelVersion === undefined || atLeast(node.kernelVersion, since));
    if (!safe && !node.allowedUnsafeSysctls.some((pattern) => matches(pattern, name))) return forbidden(`"${name}" not allowlisted`);
    const namespace = namespaceOf(name);
    const onHost = (namespace === 'Net' && pod.spec.hostNetwork === true) || (namespace === 'IPC' && pod.spec.hostIPC === true);
    if (onHost) return forbidden(`"${name}" not allowed with host ${namespace} enabled`);
  }
  return undefined;
};

const forbidden = (why: string): Rejection => ({ reason: 'SysctlForbidden', message: `forbidden sysctl: ${why}` });
