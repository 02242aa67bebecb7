import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from '@solo-kubelet/object-spec';
import { type LabelRequirements, labelSelectorRequirements, matchesLabels } from '@solo-kubelet/selectors';
import type { EndpointPod } from './endpoint-pod.js';
import { familyOf, type IpFamily } from './ip-address.js';
import { type IpRange, isInRange, parseIpRange } from './ip-range.js';

export type PolicyDirection = 'Ingress' | 'Egress';

/** The policies of a node in a form that is quick to ask. */
export interface PolicySet {
  readonly policies: readonly ReadPolicy[];
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

export interface ReadPolicy {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly pods: LabelRequirements;
  readonly isolates: ReadonlySet<PolicyDirection>;
  readonly rules: readonly PolicyRule[];
  /** There is no room for its rules, and so it allows nothing; see `policiesInForce`. */
  readonly isTooLarge?: boolean;
}

export interface PolicyRule {
  readonly direction: PolicyDirection;
  /** Its field, e.g. `spec.ingress[0]`. */
  readonly field: string;
  /** Empty: everybody. */
  readonly peers: readonly PolicyPeer[];
  /** Empty: all ports of all protocols. */
  readonly ports: readonly PolicyPort[];
}

export type PolicyPeer =
  | { readonly type: 'pods'; readonly namespace: string | LabelRequirements; readonly pods: LabelRequirements | undefined }
  | { readonly type: 'block'; readonly block: IpRange; readonly except: readonly IpRange[] };

export interface PolicyPort {
  readonly protocol: string;
  /** Undefined: all of the protocol. */
  readonly port: number | string | undefined;
  readonly endPort: number | undefined;
}

/** One end of a connection. */
export type PolicyEnd =
  | { readonly type: 'pod'; readonly pod: EndpointPod }
  | { readonly type: 'address'; readonly address: string }
  /** The machine itself, and Pods of its network. */
  | { readonly type: 'node'; readonly address: string };

export interface PolicyConnection {
  readonly from: PolicyEnd;
  readonly to: PolicyEnd;
  readonly protocol: string;
  /** At the destination: a Pod's port, not that of a Service. */
  readonly port: number;
  /** Of its packets: Pods may have addresses of both. Default: that of an end that is an address, else the first one that both Pods have. */
  readonly family?: IpFamily;
}

/** What one side says. */
export interface PolicyStep {
  readonly direction: PolicyDirection;
  readonly allowed: boolean;
  /** The policies that isolate the Pod in this direction; without any everything passes. */
  readonly isolatedBy: readonly string[];
  /** Those of them whose rules do not count, as there is no room for them. */
  readonly tooLarge?: readonly string[];
  /** The rule that lets it pass: `namespace/name spec.ingress[0]`. */
  readonly rule?: string;
}

export interface PolicyDecision {
  readonly allowed: boolean;
  /** Why no policy counts at all. */
  readonly always?: 'same pod' | 'from the node';
  readonly steps: readonly PolicyStep[];
}

export interface NetworkPoliciesInput {
  readonly policies: readonly NetworkPolicy[];
  /** Labels of namespaces that have some, by name. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

export const readPolicies = ({ policies, namespaces }: NetworkPoliciesInput): PolicySet => ({
  policies: policies.map(readPolicy),
  namespaces,
});

/** Whether a connection may be made, and what decides. Upstream: staging/src/k8s.io/api/networking/v1/types.go. */
export const decideConnection = (set: PolicySet, connection: PolicyConnection): PolicyDecision => {
  const { from, to } = connection;
  if (from.type === 'pod' && to.type === 'pod' && from.pod.uid === to.pod.uid) return { allowed: true, always: 'same pod', steps: [] };
  if (from.type === 'node') return { allowed: true, always: 'from the node', steps: [] };
  const steps = [
    ...(from.type === 'pod' ? [decideSide(set, from.pod, 'Egress', connection)] : []),
    ...(to.type === 'pod' ? [decideSide(set, to.pod, 'Ingress', connection)] : []),
  ];
  return { allowed: steps.every(({ allowed }) => allowed), steps };
};

/** The policies that rule a Pod in a direction. Pods of the host's network are the node, and no policy can tell them from it. */
export const policiesOf = ({ policies }: PolicySet, pod: EndpointPod, direction: PolicyDirection): readonly ReadPolicy[] =>
  pod.hostNetwork
    ? []
    : policies.filter(
        ({ namespace, pods, isolates }) => isolates.has(direction) && namespace === pod.namespace && matchesLabels(pods, pod.labels),
      );

/** Whether a peer of a rule is this Pod. */
export const isPeer = (peer: PolicyPeer, pod: EndpointPod, namespaces: PolicySet['namespaces']): boolean => {
  if (peer.type === 'block' || pod.hostNetwork) return false;
  const isOfNamespace =
    typeof peer.namespace === 'string'
      ? peer.namespace === pod.namespace
      : matchesLabels(peer.namespace, { ...namespaces.get(pod.namespace), 'kubernetes.io/metadata.name': pod.namespace });
  return isOfNamespace && (peer.pods === undefined || matchesLabels(peer.pods, pod.labels));
};

/** The numbers that a port of a rule means at a destination; undefined where it means none. */
export const portNumbers = (
  { protocol, port, endPort }: PolicyPort,
  destination: EndpointPod | undefined,
): { readonly from: number; readonly to: number } | undefined => {
  if (port === undefined) return { from: 0, to: 65_535 };
  if (typeof port === 'number') return { from: port, to: endPort ?? port };
  const named = destination?.ports.find((one) => one.name === port && one.protocol === protocol)?.port;
  return named === undefined ? undefined : { from: named, to: named };
};

export const hasNames = ({ ports }: PolicyRule): boolean => ports.some(({ port }) => typeof port === 'string');

/** What the names of a rule mean at a Pod: as many as there are of the fewer, names or ports. */
export const portsOfNames = (rule: PolicyRule, pod: EndpointPod): readonly { readonly protocol: string; readonly port: number }[] => {
  const names = namesOfRules.get(rule) ?? namesOf(rule);
  namesOfRules.set(rule, names);
  const ports = portsOfPods.get(pod) ?? portsByName(pod);
  portsOfPods.set(pod, ports);
  const found =
    names.size < ports.size
      ? [...names].flatMap((name) => ports.get(name) ?? [])
      : [...ports].flatMap(([name, one]) => (names.has(name) ? [one] : []));
  return found.sort((a, b) => (a.protocol === b.protocol ? a.port - b.port : a.protocol < b.protocol ? -1 : 1));
};

const namesOfRules = new WeakMap<PolicyRule, ReadonlySet<string>>();
const portsOfPods = new WeakMap<EndpointPod, ReadonlyMap<string, EndpointPod['ports'][number]>>();

const namesOf = ({ ports }: PolicyRule): ReadonlySet<string> =>
  new Set(ports.flatMap(({ protocol, port }) => (typeof port === 'string' ? [`${protocol} ${port}`] : [])));

const portsByName = ({ ports }: EndpointPod): ReadonlyMap<string, EndpointPod['ports'][number]> =>
  new Map(ports.toReversed().map((port) => [`${port.protocol} ${port.name}`, port]));

const decideSide = (
  set: PolicySet,
  pod: EndpointPod,
  direction: PolicyDirection,
  { from, to, protocol, port, ...connection }: PolicyConnection,
): PolicyStep => {
  const family = connection.family ?? familyOfEnds(from, to);
  const isolating = policiesOf(set, pod, direction);
  const isolatedBy = isolating.map(({ key }) => key);
  if (isolating.length === 0) return { direction, allowed: true, isolatedBy };
  const other = direction === 'Ingress' ? from : to;
  const destination = to.type === 'pod' ? to.pod : undefined;
  for (const { key, rules } of isolating) {
    for (const rule of rules) {
      if (rule.direction !== direction) continue;
      const isOfPeers = rule.peers.length === 0 || rule.peers.some((peer) => isEnd(peer, other, family, set.namespaces));
      const isOfPorts =
        rule.ports.length === 0 ||
        rule.ports.some((one) => {
          const numbers = one.protocol === protocol ? portNumbers(one, destination) : undefined;
          return numbers !== undefined && port >= numbers.from && port <= numbers.to;
        });
      if (isOfPeers && isOfPorts) return { direction, allowed: true, isolatedBy, rule: `${key} ${rule.field}` };
    }
  }
  const tooLarge = isolating.filter(({ isTooLarge }) => isTooLarge).map(({ key }) => key);
  return { direction, allowed: false, isolatedBy, ...(tooLarge.length > 0 && { tooLarge }) };
};

const familyOfEnds = (from: PolicyEnd, to: PolicyEnd): IpFamily | undefined => {
  if (to.type !== 'pod') return familyOf(to.address);
  if (from.type !== 'pod') return familyOf(from.address);
  return to.pod.ips.map(familyOf).find((family) => from.pod.ips.some((ip) => familyOf(ip) === family));
};

/** A block is one of the addresses that packets bear: those of the other family tell nothing of them. */
const isEnd = (peer: PolicyPeer, end: PolicyEnd, family: IpFamily | undefined, namespaces: PolicySet['namespaces']): boolean => {
  if (peer.type === 'pods') return end.type === 'pod' && isPeer(peer, end.pod, namespaces);
  const addresses = end.type === 'pod' ? end.pod.ips.filter((ip) => family === undefined || familyOf(ip) === family) : [end.address];
  return addresses.some((address) => isInRange(peer.block, address) && !peer.except.some((part) => isInRange(part, address)));
};

const readPolicy = (policy: NetworkPolicy): ReadPolicy => {
  const { metadata, spec } = policy;
  const namespace = metadata.namespace ?? 'default';
  const { ingress = [], egress = [], policyTypes }: Partial<NetworkPolicySpec> = spec ?? {};
  const types = policyTypes ?? ['Ingress', ...(egress.length > 0 ? (['Egress'] as const) : [])];
  return {
    key: `${namespace}/${metadata.name}`,
    namespace,
    pods: podLabelsOf(policy),
    isolates: new Set(types.filter((type): type is PolicyDirection => type === 'Ingress' || type === 'Egress')),
    rules: [
      ...ingress.map(({ from = [], ports = [] }, i) => readRule('Ingress', `spec.ingress[${i}]`, from, ports, namespace)),
      ...egress.map(({ to = [], ports = [] }, i) => readRule('Egress', `spec.egress[${i}]`, to, ports, namespace)),
    ],
  };
};

const readRule = (
  direction: PolicyDirection,
  field: string,
  peers: readonly NetworkPolicyPeer[],
  ports: readonly NetworkPolicyPort[],
  namespace: string,
): PolicyRule => ({
  direction,
  field,
  peers: peers.flatMap((peer) => readPeer(peer, namespace)),
  ports: ports.map(({ protocol = 'TCP', port, endPort }) => ({ protocol, port, endPort })),
});

const readPeer = ({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, namespace: string): readonly PolicyPeer[] => {
  if (ipBlock === undefined) {
    return [
      {
        type: 'pods',
        namespace: namespaceSelector === undefined ? namespace : requirementsOf(namespaceSelector),
        pods: podSelector === undefined ? undefined : requirementsOf(podSelector),
      },
    ];
  }
  const block = parseIpRange(ipBlock.cidr);
  // What cannot be read matches nobody: rules only ever allow.
  if (block === undefined) return [{ type: 'pods', namespace: null, pods: null }];
  return [{ type: 'block', block, except: (ipBlock.except ?? []).flatMap((text) => parseIpRange(text) ?? []) }];
};

/** Which labels a policy selects. */
export const podLabelsOf = ({ spec }: NetworkPolicy): LabelRequirements => requirementsOf(spec?.podSelector ?? {});

/** The rules have seen to it that a selector can be read. */
const requirementsOf = (selector: Parameters<typeof labelSelectorRequirements>[0]): LabelRequirements => {
  const result = labelSelectorRequirements(selector);
  return result.ok ? result.requirements : null;
};
