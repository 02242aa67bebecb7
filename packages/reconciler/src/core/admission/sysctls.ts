import type { AdmissionCheck } from './admission-check.js';

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

/** Namespace that has to be the pod's own for a sysctl to stay inside it. */
const namespaceOf = (name: string): 'ipc' | 'net' | undefined => {
  if (name.startsWith('net.')) return 'net';
  return name === 'kernel.sem' || name.startsWith('kernel.shm') || name.startsWith('kernel.msg') || name.startsWith('fs.mqueue.')
    ? 'ipc'
    : undefined;
};

export const checkSysctls: AdmissionCheck = ({ pod, node }) => {
  for (const { name: written } of pod.spec.securityContext?.sysctls ?? []) {
    const name = written.replaceAll('/', '.');
    const namespace = namespaceOf(name);
    const onHost = (namespace === 'net' && pod.spec.hostNetwork === true) || (namespace === 'ipc' && pod.spec.hostIPC === true);
    if (onHost) return { reason: 'SysctlForbidden', message: `forbidden sysctl: "${name}" not allowed with host ${namespace} enabled` };
    const since = Object.hasOwn(SAFE, name) ? SAFE[name] : undefined;
    const safe = since !== undefined && (node.kernelVersion === undefined || atLeast(node.kernelVersion, since));
    const allowed = node.allowedUnsafeSysctls.some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    );
    if (!safe && !allowed) return { reason: 'SysctlForbidden', message: `forbidden sysctl: "${name}" not allowlisted` };
  }
  return undefined;
};
