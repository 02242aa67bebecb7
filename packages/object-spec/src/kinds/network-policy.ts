import { portNameErrors, portNumberErrors, type Report, subdomainNameErrors, validateLabelSelector } from '@solo-kubelet/pod-spec/schema';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from '../gen/object-types.js';
import { cidrWarnings } from '../network/cidr.js';
import { isIdenticalField } from '../object/same-value.js';
import { validateIpBlock } from './ip-block.js';
import type { KindRules } from './kind-rules.js';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const POLICY_TYPES = ['Ingress', 'Egress'];

/** What the rules of both directions have, and where it stands. */
interface Rule {
  readonly field: string;
  readonly ports: readonly NetworkPolicyPort[];
  readonly peers: readonly NetworkPolicyPeer[];
  readonly peersField: string;
}

const rulesOf = ({ ingress = [], egress = [] }: NetworkPolicySpec): readonly Rule[] => [
  ...ingress.map(({ ports = [], from = [] }, i) => ({
    field: `spec.ingress[${i}]`,
    ports,
    peers: from,
    peersField: `spec.ingress[${i}].from`,
  })),
  ...egress.map(({ ports = [], to = [] }, i) => ({ field: `spec.egress[${i}]`, ports, peers: to, peersField: `spec.egress[${i}].to` })),
];

const validatePort = ({ protocol, port, endPort }: NetworkPolicyPort, field: string, report: Report): void => {
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) report.notSupported(`${field}.protocol`, protocol, PROTOCOLS);
  if (port === undefined) {
    if (endPort !== undefined) report.invalid(`${field}.endPort`, endPort, 'may not be specified when `port` is not specified');
  } else if (typeof port === 'string') {
    if (endPort !== undefined) report.invalid(`${field}.endPort`, endPort, 'may not be specified when `port` is non-numeric');
    report.invalidEach(`${field}.port`, port, portNameErrors(port));
  } else {
    report.invalidEach(`${field}.port`, port, portNumberErrors(port));
    if (endPort === undefined) return;
    // Upstream gives `port` as the value that is wrong.
    if (endPort < port) report.invalid(`${field}.endPort`, port, 'must be greater than or equal to `port`');
    report.invalidEach(`${field}.endPort`, endPort, portNumberErrors(endPort));
  }
};

const validatePeer = ({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, field: string, report: Report): void => {
  validateLabelSelector(podSelector, `${field}.podSelector`, report);
  validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`, report);
  if (ipBlock !== undefined) validateIpBlock(ipBlock, `${field}.ipBlock`, report);
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selects && ipBlock === undefined) report.required(field, 'must specify a peer');
  else if (selects && ipBlock !== undefined) report.forbidden(field, 'may not specify both ipBlock and another peer');
};

const validate = ({ spec = { podSelector: {} } }: NetworkPolicy, report: Report): void => {
  validateLabelSelector(spec.podSelector, 'spec.podSelector', report);
  for (const { field, ports, peers, peersField } of rulesOf(spec)) {
    for (const [i, port] of ports.entries()) validatePort(port, `${field}.ports[${i}]`, report);
    for (const [i, peer] of peers.entries()) validatePeer(peer, `${peersField}[${i}]`, report);
  }
  const policyTypes = spec.policyTypes ?? [];
  if (policyTypes.length > POLICY_TYPES.length) {
    report.invalidStructure('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes');
    return;
  }
  for (const [i, type] of policyTypes.entries()) {
    if (!POLICY_TYPES.includes(type)) report.notSupported(`spec.policyTypes[${i}]`, type, POLICY_TYPES);
  }
};

export const networkPolicyRules: KindRules<NetworkPolicy> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  // Upstream tells an empty list from none here, though it keeps none of both.
  isCountedChange: (policy, old) => !isIdenticalField('NetworkPolicy', 'spec', policy, old),
  updateChecksMetadata: false,
  fillDefaults: (policy) => {
    policy.spec ??= { podSelector: {} };
    const { spec } = policy;
    for (const { ports = [] } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      for (const port of ports) port.protocol ??= 'TCP';
    }
    if ((spec.policyTypes ?? []).length > 0) return;
    spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validate,
  validateUpdate: (policy, _old, report) => validate(policy, report),
  warnings: ({ spec = { podSelector: {} } }) =>
    rulesOf(spec).flatMap(({ peers, peersField }) =>
      peers.flatMap(({ ipBlock }, i) => {
        if (ipBlock === undefined) return [];
        const field = `${peersField}[${i}].ipBlock`;
        return [
          ...cidrWarnings(ipBlock.cidr, `${field}.cidr`),
          ...(ipBlock.except ?? []).flatMap((except, j) => cidrWarnings(except, `${field}.except[${j}]`)),
        ];
      }),
    ),
};
