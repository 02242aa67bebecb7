import type { Finding } from './checks.js';
import { type FirewallFacts, judgeFirewalls } from './firewall-checks.js';

/** What Services and Ingresses need of a machine. */
export interface ServiceFacts {
  /** Whether the kubelet that runs has any; false too where none answers. */
  readonly hasServices: boolean;
  readonly hasIngresses: boolean;
  /** What programs say of their version; undefined where they are not there. */
  readonly nft: string | undefined;
  readonly iptables: string | undefined;
  readonly haproxy: string | undefined;
  readonly nginx: string | undefined;
  /** What others do with packets. */
  readonly firewalls: FirewallFacts;
  /** Whether packets between Pods of one bridge pass the rules, or could be made to: undefined where the kernel has no such switch yet. */
  readonly bridgeRules: boolean | undefined;
  /** Who listens at 80 and 443. */
  readonly holders: readonly {
    readonly port: number;
    readonly holder: string;
    /** Whether it is the proxy of a kubelet. */
    readonly isProxy: boolean;
  }[];
}

/** Nothing of what is neither there nor wanted. */
export const judgeServices = (facts: ServiceFacts): readonly Finding[] => [
  ...rules(facts),
  ...(facts.hasServices && facts.bridgeRules !== true
    ? [
        {
          name: 'Bridged packets',
          status: 'warning' as const,
          detail: 'they do not pass the rules: Pods do not reach their neighbours by a Service, and policies do not count among them',
          remedy: 'modprobe br_netfilter   # the kubelet tries at each start',
        },
      ]
    : []),
  ...judgeFirewalls(facts.firewalls),
  ...proxy(facts),
];

const rules = ({ hasServices, nft, iptables }: ServiceFacts): readonly Finding[] => {
  if (nft !== undefined) return [{ name: 'Services', status: 'ok', detail: nft }];
  const detail =
    iptables === undefined
      ? 'nft is not installed'
      : `nft is not installed, and rules of Services are made with nothing else: not with ${iptables}`;
  return hasServices ? [{ name: 'Services', status: 'failed', detail, remedy: 'apt-get install nftables' }] : [];
};

const proxy = ({ hasIngresses, haproxy, nginx, holders }: ServiceFacts): readonly Finding[] => {
  const found = [
    haproxy,
    nginx === undefined ? undefined : `${nginx}${haproxy === undefined ? ' (with --ingress-proxy nginx)' : ''}`,
  ].filter((each) => each !== undefined);
  if (found.length === 0)
    return hasIngresses
      ? [{ name: 'Ingress', status: 'failed', detail: 'neither haproxy nor nginx is installed', remedy: 'apt-get install haproxy' }]
      : [];
  const foreign = holders.filter(({ isProxy }) => !isProxy);
  if (foreign.length === 0) return [{ name: 'Ingress', status: 'ok', detail: found.join('; ') }];
  return [
    {
      name: 'Ingress',
      status: hasIngresses ? 'failed' : 'warning',
      detail: foreign.map(({ port, holder }) => `port ${port} is held by ${holder}`).join(', '),
      remedy: 'stop it   # or have Ingresses served elsewhere: --ingress-ports, --ingress-addresses',
    },
  ];
};
