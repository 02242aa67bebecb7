import type { HostAlias } from '@solo-kubelet/pod-spec';
import type { PodHostname } from './hostname.js';

const wellKnown = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
];

/** /etc/hosts of a pod with its own network. Upstream: managedHostsFileContent in pkg/kubelet/kubelet_pods.go. */
export const podHostsFile = (podIps: readonly string[], { hostname, domain }: PodHostname, aliases: readonly HostAlias[]): string => {
  const names = domain === '' ? hostname : `${hostname}.${domain}\t${hostname}`;
  const lines = ['# Kubernetes-managed hosts file.', ...wellKnown, ...podIps.map((ip) => `${ip}\t${names}`)];
  return `${lines.join('\n')}\n${aliasLines(aliases)}`;
};

/** /etc/hosts of a host-network pod: the node's own, then the aliases. */
export const hostNetworkHostsFile = (nodeHosts: string, aliases: readonly HostAlias[]): string =>
  `# Kubernetes-managed hosts file (host network).\n${nodeHosts}${aliasLines(aliases)}`;

const aliasLines = (aliases: readonly HostAlias[]): string =>
  aliases.length === 0
    ? ''
    : ['', '# Entries added by HostAliases.', ...aliases.map(({ ip, hostnames }) => [ip, ...(hostnames ?? [])].join('\t')), ''].join('\n');
