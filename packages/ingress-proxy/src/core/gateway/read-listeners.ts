import type { Gateway, GatewayListener, ReferenceGrant, RouteGroupKind, SecretObjectReference } from '@solo-kubelet/object-spec';
import { type AcmeState, asksForCertificate, type WantedCertificates } from '../acme/wanted-certificates.js';
import { isHost } from '../host-name.js';
import { type SecretsInput, secretPair } from '../secret-pair.js';
import { condition, type ListenerVerdict, type RouteCondition } from './gateway-status.js';
import { GATEWAY_GROUP, keyOf, mayRefer, namespaceOf } from './references.js';

/** A listener of a Gateway as it is before routes come to it. */
export interface OpenListener extends Pick<ListenerVerdict, 'supportedKinds' | 'conditions' | 'fault'> {
  readonly gateway: Gateway;
  readonly key: string;
  readonly spec: GatewayListener;
  readonly host: string;
  readonly certificates?: readonly { readonly certificate: string; readonly key: string }[];
}

export interface ReadListenersInput extends SecretsInput {
  readonly gateways: readonly Gateway[];
  readonly grants: readonly ReferenceGrant[];
  /** Where certificates are got by ACME. */
  readonly acme?: AcmeState;
  readonly wanted: WantedCertificates;
  /** Of Ingresses: a Gateway may have HTTP and HTTPS there, too, but not the other way round. */
  readonly ingressPorts: { readonly httpPort: number; readonly httpsPort: number };
}

/** As many as a Gateway may have, four times: each port of them is a listening socket for each address, and its part of the configuration. */
const MOST_LISTENERS = 256;

const HTTP_ROUTE: RouteGroupKind = { group: GATEWAY_GROUP, kind: 'HTTPRoute' };

/**
 * Every listener of every Gateway. Of several Gateways the first that can serve has its port and host, of one none of those that conflict, as the specification
 * wants it; one that can't serve holds nothing against others.
 */
export const readListeners = (input: ReadListenersInput): readonly OpenListener[] => {
  const { httpPort, httpsPort } = input.ingressPorts;
  const protocols = new Map([
    [httpPort, { protocol: 'HTTP', of: 'Ingresses' }],
    [httpsPort, { protocol: 'HTTPS', of: 'Ingresses' }],
  ]);
  const hosts = new Map<string, string>();
  return input.gateways.flatMap((gateway) => {
    const amongThemselves = conflictsAmong(gateway.spec?.listeners ?? []);
    return (gateway.spec?.listeners ?? []).map((spec): OpenListener => {
      const key = keyOf(gateway);
      const host = (spec.hostname ?? '').toLowerCase();
      const place = `${spec.port} ${host}`;
      const before = protocols.get(spec.port);
      const conflict = amongThemselves.get(spec) ?? conflictOf({ spec, before, holder: hosts.get(place) });
      const kinds = readKinds(spec);
      const secrets = spec.protocol === 'HTTPS' ? readCertificates(gateway, spec, input) : undefined;
      const surplus =
        hosts.size < MOST_LISTENERS ? undefined : `the Gateways of a node have at most ${MOST_LISTENERS} listeners that serve`;
      const isSupported = isSupportedProtocol(spec.protocol);
      const resolved = kinds.fault ?? secrets?.fault;
      const odd = host === '' || isHost(host) ? undefined : `hostname ${JSON.stringify(host)} is no name of a host`;
      const address = (gateway.spec?.addresses ?? []).length > 0 ? 'spec.addresses is not supported' : undefined;
      const fault = !isSupported
        ? `protocol ${spec.protocol} is not supported`
        : (address ?? odd ?? conflict?.message ?? secrets?.blocking ?? surplus);
      if (fault === undefined) {
        protocols.set(spec.port, { protocol: spec.protocol, of: `Gateway ${key}` });
        hosts.set(place, key);
      }
      return {
        gateway,
        key,
        spec,
        host,
        supportedKinds: isSupported ? kinds.supported : [],
        conditions: [
          isSupported && surplus !== undefined && fault === surplus
            ? condition('Accepted', false, 'TooManyListeners', surplus)
            : isSupported
              ? condition('Accepted', conflict === undefined, conflict?.reason ?? 'Accepted', conflict?.message)
              : condition('Accepted', false, 'UnsupportedProtocol', `protocol ${spec.protocol} is not supported`),
          condition('Conflicted', conflict?.isConflict === true, conflict?.isConflict ? conflict.reason : 'NoConflicts', conflict?.message),
          resolved ?? condition('ResolvedRefs', true, 'ResolvedRefs'),
        ],
        ...(fault !== undefined && { fault }),
        ...(secrets !== undefined && { certificates: secrets.pairs }),
      };
    });
  });
};

const isSupportedProtocol = (protocol: string): boolean => protocol === 'HTTP' || protocol === 'HTTPS';

/** Listeners of one Gateway that cannot be told apart. */
const conflictsAmong = (listeners: readonly GatewayListener[]): ReadonlyMap<GatewayListener, Conflict> => {
  const conflicts = new Map<GatewayListener, Conflict>();
  const supported = listeners.filter(({ protocol }) => isSupportedProtocol(protocol));
  for (const [port, some] of groupBy(supported, (each) => each.port)) {
    if (new Set(some.map(({ protocol }) => protocol)).size > 1) {
      const message = `port ${port} has ${some.map(({ name, protocol }) => `${protocol} for ${name}`).join(' and ')}`;
      for (const each of some) conflicts.set(each, { reason: 'ProtocolConflict', message, isConflict: true });
      continue;
    }
    for (const [host, same] of groupBy(some, ({ hostname = '' }) => hostname.toLowerCase())) {
      if (same.length === 1) continue;
      const message = `port ${port} and host ${host || '*'} are of ${same.map(({ name }) => name).join(' and ')}`;
      for (const each of same) conflicts.set(each, { reason: 'HostnameConflict', message, isConflict: true });
    }
  }
  return conflicts;
};

const groupBy = <K>(
  listeners: readonly GatewayListener[],
  keyOf: (each: GatewayListener) => K,
): ReadonlyMap<K, readonly GatewayListener[]> => {
  const groups = new Map<K, GatewayListener[]>();
  for (const each of listeners) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return groups;
};

interface Conflict {
  readonly reason: string;
  readonly message: string;
  readonly isConflict: boolean;
}

const conflictOf = ({
  spec,
  before,
  holder,
}: {
  readonly spec: GatewayListener;
  readonly before: { readonly protocol: string; readonly of: string } | undefined;
  readonly holder: string | undefined;
}): Conflict | undefined => {
  if (before !== undefined && before.protocol !== spec.protocol) {
    const message = `port ${spec.port} has ${before.protocol} for ${before.of}`;
    return before.of === 'Ingresses'
      ? { reason: 'PortUnavailable', message, isConflict: false }
      : { reason: 'ProtocolConflict', message, isConflict: true };
  }
  if (holder === undefined) return undefined;
  const message = `port ${spec.port} and host ${spec.hostname || '*'} are of Gateway ${holder} already`;
  return { reason: 'HostnameConflict', message, isConflict: true };
};

const readKinds = ({
  allowedRoutes,
}: GatewayListener): { readonly supported: readonly RouteGroupKind[]; readonly fault?: RouteCondition } => {
  const kinds = allowedRoutes?.kinds ?? [];
  if (kinds.length === 0) return { supported: [HTTP_ROUTE] };
  const isKnown = ({ group = GATEWAY_GROUP, kind }: RouteGroupKind): boolean => group === GATEWAY_GROUP && kind === 'HTTPRoute';
  const other = kinds.find((each) => !isKnown(each));
  return {
    supported: kinds.some(isKnown) ? [HTTP_ROUTE] : [],
    ...(other !== undefined && {
      fault: condition('ResolvedRefs', false, 'InvalidRouteKinds', `routes of kind ${other.kind} are not supported`),
    }),
  };
};

interface Certificates {
  readonly pairs: readonly { readonly certificate: string; readonly key: string }[];
  /** What is wrong with one of them. */
  readonly fault?: RouteCondition;
  /** There is none at all. */
  readonly blocking?: string;
}

const readCertificates = (gateway: Gateway, { tls, hostname = '' }: GatewayListener, input: ReadListenersInput): Certificates => {
  const references = tls?.certificateRefs ?? [];
  const host = hostname.toLowerCase();
  const read = references.map((reference) => readCertificate(gateway, reference, { ...input, host }));
  const pairs = read.flatMap((each) => ('pair' in each ? each.pair : []));
  const faults = read.flatMap((each) => ('fault' in each ? each.fault : []));
  const [
    fault = references.length === 0 ? condition('ResolvedRefs', false, 'InvalidCertificateRef', 'there is no certificateRef') : undefined,
  ] = faults;
  return {
    pairs,
    ...(fault !== undefined && { fault }),
    ...(pairs.length === 0 && { blocking: fault?.message ?? 'there is no certificate' }),
  };
};

const readCertificate = (
  gateway: Gateway,
  { group = '', kind = 'Secret', name, namespace = namespaceOf(gateway) }: SecretObjectReference,
  input: ReadListenersInput & { readonly host: string },
): { readonly pair: { readonly certificate: string; readonly key: string } } | { readonly fault: RouteCondition } => {
  const refuse = (reason: string, message: string) => ({ fault: condition('ResolvedRefs', false, reason, message) });
  if (group !== '' || kind !== 'Secret') return refuse('InvalidCertificateRef', `${kind} ${JSON.stringify(name)} is no Secret`);
  if (!mayRefer({ kind: 'Gateway', namespace: namespaceOf(gateway) }, { kind, namespace, name }, input.grants))
    return refuse(
      'RefNotPermitted',
      `no ReferenceGrant of namespace ${namespace} lets Gateways of ${namespaceOf(gateway)} refer to secret ${name}`,
    );
  const pair = secretPair(namespace, name, input);
  if (typeof pair !== 'string') return { pair };
  const asks = asksForCertificate(gateway.metadata.annotations, input.acme);
  if (asks !== true) return refuse('InvalidCertificateRef', asks === false ? pair : `${pair}; ${asks}`);
  // One for the listener's host; it opens once it is there, as with a controller that writes the Secret.
  const { pem, problem } = input.wanted.ask([input.host]);
  return pem === undefined ? refuse('InvalidCertificateRef', `${pair}; ${problem ?? 'it is being issued'}`) : { pair: pem };
};
