import type { EndpointSlice, NetworkPolicy, Service } from '@solo-kubelet/object-spec';
import { matchesLabels } from '@solo-kubelet/selectors';
import type { AddressPool } from './address-pool.js';
import { withLoadBalancers, withStatus } from './allocate-load-balancers.js';
import { type AllocationSettings, type Allocations, allocateServices, serviceKey, unreadAllocations } from './allocate-services.js';
import { computePolicyTables } from './compute-policy-tables.js';
import { groupSlices, type RecordsOfService, recordsOfService, type ServiceRecords } from './dns-records.js';
import { endpointsWithinLimit, shareWays, waysOf } from './endpoint-limit.js';
import type { EndpointPod } from './endpoint-pod.js';
import { endpointSlices, podsOfServices } from './endpoint-slices.js';
import { familyOf, type IpFamily } from './ip-address.js';
import { joinRecords, rejoinRecords } from './join-records.js';
import { type PolicySet, podLabelsOf, readPolicies } from './network-policy.js';
import type { NftTable } from './nft-table.js';
import { isSameForPolicies } from './policies-concerned.js';
import { MOST_COMPARISONS, MOST_ENTRIES, policiesInForce } from './policies-in-force.js';
import { firstOf, type ServiceProblem, serviceProblems, takenPortProblems } from './service-problems.js';
import { type ServiceRules, serviceRules } from './service-rules.js';
import { serviceTable, serviceTableName } from './service-table.js';

export interface ServiceNetworkInput {
  /** In the order in which they were accepted. */
  readonly services: readonly Service[];
  /** Those that somebody wrote by hand. */
  readonly slices: readonly EndpointSlice[];
  /** In a steady order, and the same object for the same Pod. */
  readonly pods: readonly EndpointPod[];
  /** Labels of the namespaces that there are, by name. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly policies: readonly NetworkPolicy[];
  /** What was given before; of this process or of an earlier one. */
  readonly previous: Allocations;
  /** Services may be missing that were not read yet: what they had is kept for them. Default: no. */
  readonly isPartial?: boolean;
  readonly node: ServiceNode;
  readonly settings: AllocationSettings & {
    readonly clusterDomain: string;
    /** Of the tables; see `serviceTableName`. */
    readonly owner: string;
    /** Addresses of load balancers; undefined: they have the node's. */
    readonly pool?: AddressPool;
    /** Tell the kernel's log of some of what policies drop. Default: no. */
    readonly logsDrops?: boolean;
    /** Why policies cannot be enforced here; undefined: they are. */
    readonly policyFault?: string;
  };
}

export interface ServiceNode {
  readonly name: string;
  readonly zone?: string;
  /** Of both families: node ports are taken there, and load balancers have them. */
  readonly addresses: readonly string[];
  /** `PROTOCOL/PORT` at which a process of the node listens. */
  readonly listeners: ReadonlySet<string>;
  /** Addresses of the pool that the node cannot have, and why: goes on from the address. Default: none. */
  readonly conflicts?: ReadonlyMap<string, string>;
  /** Those that it cannot give for now, and why, likewise: their Services keep them. Default: none. */
  readonly waiting?: ReadonlyMap<string, string>;
  /** Those at which it may answer; the others of Services are not to be seen yet. Default: all. */
  readonly ready?: ReadonlySet<string>;
}

export interface ServiceNetwork {
  readonly allocations: Allocations;
  /** Every Service that has what it needs, with its status. */
  readonly services: readonly Service[];
  /** Of all Services; those by hand among them. */
  readonly slices: readonly EndpointSlice[];
  readonly records: ServiceRecords;
  readonly tables: readonly NftTable[];
  /** Its policies, read. */
  readonly policySet: PolicySet;
  /** None without policies. */
  readonly policyTables: readonly NftTable[];
  /** `namespace/name` of policies that have more rules than there is room for: their Pods are isolated. */
  readonly policiesLeftOut: ReadonlySet<string>;
  /** By `namespace/name`. */
  readonly parts: ReadonlyMap<string, ServicePart>;
  readonly problems: readonly ServiceProblem[];
  /** What it was made from. */
  readonly input: ServiceNetworkInput;
  readonly allocated: ReturnType<typeof withLoadBalancers>;
}

/** What one Service comes to. */
export interface ServicePart {
  /** As it was allocated, without status. */
  readonly allocated: Service;
  readonly service: Service;
  readonly pods: readonly EndpointPod[];
  readonly ownSlices: readonly EndpointSlice[];
  readonly slices: readonly EndpointSlice[];
  /** Endpoints times ports, so many at most; see `shareWays`. */
  readonly mostWays: number;
  /** Of the pool; undefined where the Service has none of it. */
  readonly loadBalancerIPs: readonly string[] | undefined;
  readonly takenPorts: string;
  readonly rules: readonly ServiceRules[];
  readonly records: RecordsOfService;
  /** But for ports that others have. */
  readonly problems: readonly ServiceProblem[];
}

/**
 * What Services come to on the node. `before` is what was computed last: what did not change since is taken over, so that one change costs little however
 * many Services there are.
 */
export const computeServiceNetwork = (input: ServiceNetworkInput, before?: ServiceNetwork): ServiceNetwork => {
  const { services, pods, previous, node, settings, namespaces } = input;
  const isSameNode = before !== undefined && before.input.settings === settings && isSameFacts(before.input.node, node);
  const unread = input.isPartial === true ? unreadAllocations(services, previous) : new Map();
  const allocated =
    isSameNode &&
    before.input.isPartial === input.isPartial &&
    isSameList(before.input.services, services) &&
    (before.allocations === previous || before.input.previous === previous)
      ? before.allocated
      : withLoadBalancers(allocateServices(services, previous, settings, unread), {
          previous,
          unread,
          pool: settings.pool,
          nodeAddresses: node.addresses,
          conflicts: node.conflicts ?? NO_CONFLICTS,
        });
  const selected = podsOfServices(pods);
  const hostPorts = new Set<string>();
  for (const pod of pods) for (const port of pod.hostPorts) hostPorts.add(port);
  const byHand = groupSlices(input.slices);
  const changed = podsOfServices(before === undefined ? [] : changedPods(before.input.pods, pods));
  const families = settings.ranges.map(({ family }) => family);
  const parts = new Map<string, ServicePart>();
  const { policySet, policyTables, policiesLeftOut } =
    isSameNode &&
    before.input.policies === input.policies &&
    before.input.namespaces === namespaces &&
    isSameForPolicies(before.policySet, before.input.pods, pods)
      ? before
      : enforcePolicies(input);
  const problems: ServiceProblem[] = [
    ...allocated.refusals.map(({ service, reason, message }) => ({ object: service, reason, message })),
    ...waitingProblems(allocated, node),
    ...policyProblems(input, policiesLeftOut),
  ];
  const sliced = allocated.services.map((fresh) => {
    const key = serviceKey(fresh);
    const known = isSameNode ? before?.parts.get(key) : undefined;
    const kept = known !== undefined && isSameService(known.allocated, fresh) ? known : undefined;
    return slicedService({
      service: kept?.allocated ?? fresh,
      kept,
      pods: kept !== undefined && changed(fresh).length === 0 ? kept.pods : selected(fresh),
      byHand: byHand.get(key) ?? NONE,
      loadBalancerIPs: readyAddresses(allocated.loadBalancerIPs.get(key), node),
      hostPorts,
      families,
      input,
    });
  });
  const shares = shareWays(sliced.map(({ service, slices }) => waysOf(service, slices)));
  for (const [i, one] of sliced.entries()) {
    const part = partOf(one, shares[i]!);
    parts.set(serviceKey(one.service), part);
    problems.push(...part.problems, ...takenPortProblems(part, hostPorts));
  }
  const all = [...parts.values()];
  const isUnchanged =
    before !== undefined && isSameNode && isSameList([...before.parts.values()], all) && before.input.namespaces === namespaces;
  return {
    allocations:
      before !== undefined && isSameAllocations(before.allocations, allocated.allocations) ? before.allocations : allocated.allocations,
    services: all.map(({ service }) => service),
    slices: [...all.flatMap(({ ownSlices }) => ownSlices), ...input.slices],
    records: recordsOf(parts, input, before),
    tables: isUnchanged
      ? before.tables
      : families.map((family, i) =>
          serviceTable({
            name: serviceTableName(settings.owner),
            family,
            parts: partsOf({ parts }, i),
            ranges: settings.ranges.filter((range) => range.family === family),
            nodeAddresses: node.addresses.filter((address) => familyOf(address) === family),
            before: isSameNode && before.tables[i] !== undefined ? { table: before.tables[i], parts: partsOf(before, i) } : undefined,
          }),
        ),
    policySet,
    policyTables,
    policiesLeftOut,
    parts,
    problems,
    input,
    allocated,
  };
};

const recordsOf = (
  parts: ServiceNetwork['parts'],
  { namespaces, settings }: ServiceNetworkInput,
  before?: ServiceNetwork,
): ServiceRecords => {
  const all = [...parts.values()].map(({ records }) => records);
  if (
    before !== undefined &&
    before.input.namespaces === namespaces &&
    before.input.settings === settings &&
    isSameList([...before.parts.keys()], [...parts.keys()])
  ) {
    const old = [...before.parts.values()].map(({ records }) => records);
    if (isSameList(old, all)) return before.records;
    const rejoined = rejoinRecords(before.records, old, all);
    if (rejoined !== undefined) return rejoined;
  }
  const ofServices = [...parts.values()].map(({ service }) => service.metadata.namespace ?? 'default');
  return joinRecords(all, [...new Set([...namespaces.keys(), ...ofServices])], settings.clusterDomain);
};

const enforcePolicies = (input: ServiceNetworkInput): Pick<ServiceNetwork, 'policySet' | 'policyTables' | 'policiesLeftOut'> => {
  const policySet = readPolicies(input);
  const policies = policiesInForce(policySet, input.pods);
  const families = input.settings.ranges.map(({ family }) => family);
  return {
    policySet,
    policyTables: computePolicyTables({
      ...{ policies, pods: input.pods, families, owner: input.settings.owner },
      logsDrops: input.settings.logsDrops,
    }),
    policiesLeftOut: policies.leftOut,
  };
};

const readyAddresses = (ips: readonly string[] | undefined, { ready }: ServiceNode): readonly string[] | undefined =>
  ready === undefined ? ips : ips?.filter((ip) => ready.has(ip));

/** Addresses that Services have and the machine has not. */
const waitingProblems = (
  { services, loadBalancerIPs }: ServiceNetwork['allocated'],
  { waiting }: ServiceNode,
): readonly ServiceProblem[] =>
  waiting === undefined || waiting.size === 0
    ? []
    : services.flatMap((service) =>
        (loadBalancerIPs.get(serviceKey(service)) ?? []).flatMap((ip) => {
          const why = waiting.get(ip);
          return why === undefined ? [] : [{ object: service, reason: 'AddressPending', message: `${ip} ${why}; looking again` }];
        }),
      );

/** Policies that do less than they say. */
const policyProblems = ({ policies, pods, settings }: ServiceNetworkInput, leftOut: ReadonlySet<string>): readonly ServiceProblem[] => {
  const { policyFault } = settings;
  const hostPods = pods.filter(({ hostNetwork }) => hostNetwork);
  return policies.flatMap((policy) => {
    const [namespace, labels] = [policy.metadata.namespace ?? 'default', podLabelsOf(policy)];
    const hosts = hostPods.filter((pod) => pod.namespace === namespace && matchesLabels(labels, pod.labels));
    return [
      ...(leftOut.has(`${namespace}/${policy.metadata.name}`)
        ? [
            {
              object: policy,
              reason: 'TooManyRules',
              message: `the policy isolates its Pods and allows nothing: the rules of all policies of the node would be more than ${MOST_ENTRIES} lines and addresses, or ${MOST_COMPARISONS} comparisons of Pods`,
            },
          ]
        : []),
      ...(policyFault === undefined
        ? []
        : [{ object: policy, reason: 'NotEnforced', message: `the policy is not enforced: ${policyFault}` }]),
      ...firstOf(hosts).map(({ name }) => ({
        object: policy,
        reason: 'HostNetworkPod',
        message: `the policy selects Pod ${name}, which is of the host's network: nothing tells it from the node, and the policy does not count for it`,
      })),
    ];
  });
};

const NONE: readonly EndpointSlice[] = [];
const NO_CONFLICTS: ReadonlyMap<string, string> = new Map();

interface PartInput {
  readonly service: Service;
  readonly kept: ServicePart | undefined;
  readonly pods: readonly EndpointPod[];
  readonly byHand: readonly EndpointSlice[];
  readonly loadBalancerIPs: readonly string[] | undefined;
  readonly hostPorts: ReadonlySet<string>;
  readonly families: readonly IpFamily[];
  readonly input: ServiceNetworkInput;
}

interface SlicedService extends PartInput {
  readonly ownSlices: readonly EndpointSlice[];
  readonly slices: readonly EndpointSlice[];
}

const slicedService = (part: PartInput): SlicedService => {
  const { service, kept, pods, byHand, input } = part;
  const { node } = input;
  const ownSlices =
    kept !== undefined && isSameList(kept.pods, pods)
      ? kept.ownSlices
      : hasSelector(service)
        ? endpointSlices({ service, pods, nodeName: node.name, ...(node.zone !== undefined && { zone: node.zone }) })
        : NONE;
  return { ...part, ownSlices, slices: [...ownSlices, ...byHand] };
};

const partOf = (part: SlicedService, mostWays: number): ServicePart => {
  const { service, kept, pods, hostPorts, families, input, ownSlices, slices, loadBalancerIPs } = part;
  const { node, settings } = input;
  const takenPorts = takenPortsOf(service, loadBalancerIPs, hostPorts, node.listeners).join();
  if (
    kept !== undefined &&
    isSameList(kept.slices, slices) &&
    kept.takenPorts === takenPorts &&
    kept.mostWays === mostWays &&
    kept.loadBalancerIPs?.join() === loadBalancerIPs?.join()
  )
    return reuse(kept, pods, node);
  const shown = withStatus(service, loadBalancerIPs, node.addresses);
  const used = endpointsWithinLimit(service, slices, mostWays);
  const records = recordsOfService(shown, used, settings.clusterDomain);
  return {
    allocated: service,
    service: shown,
    pods,
    ownSlices,
    slices,
    mostWays,
    loadBalancerIPs,
    takenPorts,
    rules: families.map((family) =>
      serviceRules({ service: shown, slices: used, family, node, takenPorts: new Set(takenPorts.split(',')) }),
    ),
    // Which endpoints are ready is nothing to the name of a cluster address.
    records: kept !== undefined && isSameRecords(kept.records, records) ? kept.records : records,
    problems: serviceProblems({ service: shown, pods, slices, used, mostWays, nodeAddresses: node.addresses }),
  };
};

/** The same part where nothing of it changed, so that whoever compares sees that. */
const reuse = (kept: ServicePart, pods: readonly EndpointPod[], node: ServiceNode): ServicePart => {
  if (isSameList(kept.pods, pods)) return kept;
  const { service, slices, mostWays } = kept;
  const used = endpointsWithinLimit(service, slices, mostWays);
  return { ...kept, pods, problems: serviceProblems({ service, pods, slices, used, mostWays, nodeAddresses: node.addresses }) };
};

const hasSelector = ({ spec }: Service): boolean => Object.keys(spec.selector ?? {}).length > 0 && spec.type !== 'ExternalName';

/** Where a Service would take what belongs to others: the node ports and, of load balancers, the ports at the node's addresses. */
const takenPortsOf = (
  { spec }: Service,
  loadBalancerIPs: readonly string[] | undefined,
  hostPorts: ReadonlySet<string>,
  listeners: ReadonlySet<string>,
): readonly string[] => {
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer' && (spec.externalIPs ?? []).length === 0) return [];
  const wanted = (spec.ports ?? []).flatMap(({ protocol = 'TCP', port, nodePort }) => [
    ...(spec.type === 'NodePort' || (loadBalancerIPs !== undefined && (spec.externalIPs ?? []).length === 0)
      ? []
      : [`${protocol}/${port}`]),
    ...(nodePort ? [`${protocol}/${nodePort}`] : []),
  ]);
  return wanted.filter((key) => hostPorts.has(key) || listeners.has(key));
};

const isSameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a === b || (a.length === b.length && a.every((one, i) => one === b[i]));

const partsOf = ({ parts }: Pick<ServiceNetwork, 'parts'>, family: number): readonly ServiceRules[] =>
  [...parts.values()].map(({ rules }) => rules[family]!);

const isSameRecords = (a: RecordsOfService, b: RecordsOfService): boolean =>
  JSON.stringify([[...a.own], a.reverse]) === JSON.stringify([[...b.own], b.reverse]);

const isSameFacts = (a: ServiceNode, b: ServiceNode): boolean =>
  a === b || (a.name === b.name && a.zone === b.zone && isSameList(a.addresses, b.addresses) && a.conflicts === b.conflicts);

/** An allocated Service is made anew each time; what it says seldom differs. */
const isSameService = (a: Service, b: Service): boolean =>
  a === b || (a.metadata === b.metadata && JSON.stringify(a.spec) === JSON.stringify(b.spec));

const isSameAllocations = (a: Allocations, b: Allocations): boolean =>
  a === b ||
  (a.size === b.size &&
    [...a].every(([key, one]) => {
      const other = b.get(key);
      return other !== undefined && (other === one || JSON.stringify(other) === JSON.stringify(one));
    }));

/** Pods that came, went or differ, old and new ones. What both lists begin and end with is passed over, as most of them is the same. */
const changedPods = (before: readonly EndpointPod[], after: readonly EndpointPod[]): readonly EndpointPod[] => {
  if (before === after) return [];
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const old = before.slice(start, before.length - end);
  const fresh = after.slice(start, after.length - end);
  const had = new Set(old);
  const has = new Set(fresh);
  return [...old.filter((pod) => !has.has(pod)), ...fresh.filter((pod) => !had.has(pod))];
};
