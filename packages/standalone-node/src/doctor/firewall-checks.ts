import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import type { Finding } from './checks.js';

/** A chain of nftables that the kernel calls, whoever made it; those of iptables-nft among them. */
export interface FilterChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** Undefined: only other chains call it. */
  readonly hook?: string | undefined;
  readonly policy?: string | undefined;
}

/** What other programs do with packets of Pods and Services. */
export interface FirewallFacts {
  readonly chains: readonly FilterChain[];
  /** Policy of FORWARD in the tables of iptables-legacy, which nft does not show; undefined where there are none. */
  readonly legacyForward: string | undefined;
}

/**
 * Foreign rules that keep Services and Pods from working, and how to have them let Pods through. Their tables are left alone. All are warnings: whether one of
 * their rules accepts packets of Pods is not found out.
 */
export const judgeFirewalls = ({ chains, legacyForward }: FirewallFacts): readonly Finding[] => {
  const names = new Set(chains.map(({ name }) => name));
  const dropping = (wanted: string): readonly FilterChain[] =>
    chains.filter(({ hook, policy, table }) => hook === wanted && policy === 'drop' && !isOurs(table));
  const find = (name: string, chain: FilterChain, consequence: string): Finding => {
    const owner = chain.family === 'ip' || chain.family === 'ip6' ? ownerOf(names) : undefined;
    return {
      name,
      status: 'warning',
      detail: `${owner === undefined ? '' : `${owner}: `}chain ${chain.name} of table ${chain.family} ${chain.table} drops what no rule of it accepts: ${consequence} unless one does`,
      remedy: remedyOf(chain, owner),
    };
  };
  return [
    ...dropping('forward').map((chain) => find('Forwarding', chain, 'Pods reach neither each other by Services nor others')),
    ...dropping('input').map((chain) => find('Packets to the node', chain, "Pods do not reach the node's DNS server")),
    ...(legacyForward === 'DROP'
      ? [
          {
            name: 'Forwarding',
            status: 'warning',
            detail:
              'iptables-legacy: chain FORWARD drops what no rule of it accepts: Pods reach neither each other by Services nor others unless one does',
            remedy: 'iptables-legacy -I FORWARD -s POD_NETWORK -j ACCEPT; iptables-legacy -I FORWARD -d POD_NETWORK -j ACCEPT',
          } as const,
        ]
      : []),
    ...(chains.some(({ family, table, hook }) => family === 'inet' && table === 'firewalld' && hook === 'forward')
      ? [
          {
            name: 'Forwarding',
            status: 'warning',
            detail: 'firewalld rejects what goes between its zones: Pods are in none until their network is trusted',
            remedy: 'firewall-cmd --permanent --zone=trusted --add-source=POD_NETWORK && firewall-cmd --reload',
          } as const,
        ]
      : []),
    ...(chains.some(({ table, name }) => table === 'kube-proxy' || name === 'KUBE-SERVICES')
      ? [
          {
            name: 'Other Services',
            status: 'warning',
            detail: 'rules of kube-proxy are in force: its addresses and node ports are answered as they were when it last ran',
            remedy:
              'kube-proxy --cleanup   # where there is no cluster any more; by hand: nft delete table ip kube-proxy, or iptables-save | grep -v KUBE- | iptables-restore',
          } as const,
        ]
      : []),
  ];
};

const isOurs = (table: string): boolean => table.startsWith('solo-svc-') || table.startsWith('solo-np-');

type Owner = 'docker' | 'ufw';

const ownerOf = (names: ReadonlySet<string>): Owner | undefined => {
  if (names.has('ufw-before-forward')) return 'ufw';
  return names.has('DOCKER-USER') ? 'docker' : undefined;
};

/** docker's own chain stays as it is when docker starts again; rules of ufw are written to its files. */
const remedyOf = ({ family, table, name, hook }: FilterChain, owner: Owner | undefined): string => {
  const iptables = family === 'ip6' ? 'ip6tables' : 'iptables';
  if (hook === 'input' && owner !== 'ufw')
    return `nft insert rule ${family} ${table} ${name} ${addressOf(family)} saddr POD_NETWORK accept`;
  switch (owner) {
    case 'ufw':
      return hook === 'input' ? 'ufw allow from POD_NETWORK' : 'ufw route allow from POD_NETWORK; ufw route allow to POD_NETWORK';
    case 'docker':
      return `${iptables} -I DOCKER-USER -s POD_NETWORK -j ACCEPT; ${iptables} -I DOCKER-USER -d POD_NETWORK -j ACCEPT`;
    default:
      return ['saddr', 'daddr']
        .map((end) => `nft insert rule ${family} ${table} ${name} ${addressOf(family)} ${end} POD_NETWORK accept`)
        .join('; ');
  }
};

const addressOf = (family: string): 'ip' | 'ip6' => (family === 'ip6' ? 'ip6' : 'ip');

/** Chains of `nft -j list chains`; none in what is no such answer. */
export const readFilterChains = (text: string): readonly FilterChain[] => {
  let found: unknown;
  try {
    found = parseBoundedJson(text);
  } catch {
    return [];
  }
  const list = (found as { readonly nftables?: unknown } | null)?.nftables;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: { readonly chain?: Partial<Record<keyof FilterChain, unknown>> } | null) => {
    const { family, table, name, hook, policy } = entry?.chain ?? {};
    if (typeof family !== 'string' || typeof table !== 'string' || typeof name !== 'string') return [];
    return [{ family, table, name, ...(typeof hook === 'string' && { hook }), ...(typeof policy === 'string' && { policy }) }];
  });
};
