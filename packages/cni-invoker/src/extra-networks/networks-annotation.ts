import { CniError } from '../cni-error.js';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../json.js';
import { ifNameFault, nameFault } from '../names.js';

/** The annotation that asks for further networks (Network Plumbing Working Group, "de-facto standard" 1.3). */
export const NETWORKS_ANNOTATION = 'k8s.v1.cni.cncf.io/networks';

/** One network that a pod asks for. */
export interface NetworkSelection {
  readonly namespace: string;
  readonly name: string;
  readonly ifName: string;
  readonly mac?: string;
  /** Addresses with prefix length. */
  readonly ips?: readonly string[];
  /** Gateways that become the pod's default route, at most one of each family. */
  readonly defaultRoute?: readonly string[];
  readonly portMappings?: JsonValue;
  readonly bandwidth?: JsonObject;
  readonly infinibandGUID?: string;
  readonly deviceID?: string;
  /** Goes to each plugin as `args.cni`. */
  readonly cniArgs?: JsonObject;
  /** Read, and left to plugins that know claims: nothing on a single node does. */
  readonly ipamClaimReference?: string;
}

/** Interfaces that are the runtime's. */
const RESERVED_IF_NAMES = ['eth0', 'lo'];
const MAC = /^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/;
const IP = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F.]*:[0-9a-fA-F:.]*)$/;

/**
 * Reads the annotation's text: `[namespace/]name[@interface], …` or a JSON list. Interfaces without a name become net1, net2 … by their
 * place in the list. Throws CNI_INVALID_ANNOTATION telling which element is wrong. Empty text asks for nothing.
 */
export const parseNetworksAnnotation = (text: string, { podNamespace }: { readonly podNamespace: string }): readonly NetworkSelection[] => {
  if (text.trim() === '') return [];
  const elements = /[[{"]/.test(text) ? parseList(text) : text.split(',').map(parseShort);
  const selections = elements.map((element, index) => toSelection(element, index, podNamespace));
  refuseTwice(
    selections.map(({ ifName }) => ifName),
    (ifName) => `interface ${ifName} is asked for twice`,
  );
  refuseTwice(
    selections.flatMap(({ defaultRoute = [] }) => defaultRoute.map((gateway) => (gateway.includes(':') ? 'IPv6' : 'IPv4'))),
    (family) => `default-route names two ${family} gateways`,
  );
  return selections;
};

const invalid = (message: string): CniError =>
  new CniError({
    code: 'CNI_INVALID_ANNOTATION',
    message: `annotation ${NETWORKS_ANNOTATION}: ${message}`,
    hint: 'Write [namespace/]name[@interface], separated by commas, or a JSON list of objects with "name".',
  });

const parseList = (text: string): readonly JsonValue[] => {
  const parsed = parseJson(text);
  if (!parsed.ok) throw invalid(`line ${parsed.position.line}, column ${parsed.position.column}: ${parsed.message}`);
  if (!Array.isArray(parsed.value)) throw invalid('must be a JSON list');
  return parsed.value as readonly JsonValue[];
};

const parseShort = (element: string): JsonObject => {
  const match = /^(?:([^/@\s]+)\/)?([^/@\s]+)(?:@([^/@\s]+))?$/.exec(element.trim());
  if (!match) throw invalid(`${JSON.stringify(element.trim())} is not of the form [namespace/]name[@interface]`);
  const [, namespace, name, ifName] = match;
  return { namespace, name, interface: ifName };
};

const toSelection = (element: JsonValue, index: number, podNamespace: string): NetworkSelection => {
  if (!isJsonObject(element)) throw invalid(`[${index}] must be an object`);
  const at = (key: string): string => `[${index}].${key}`;
  const text = (key: string): string | undefined => {
    const value = element[key] ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw invalid(`${at(key)} must be a string`);
    return value === '' ? undefined : value;
  };
  const texts = (key: string, pattern: RegExp, what: string): readonly string[] | undefined => {
    const value = element[key] ?? undefined;
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw invalid(`${at(key)} must be a list`);
    return value.map((entry: JsonValue, place) => {
      if (typeof entry !== 'string' || !pattern.test(entry)) throw invalid(`${at(key)}[${place}] ${JSON.stringify(entry)} is not ${what}`);
      return entry;
    });
  };
  const object = (key: string): JsonObject | undefined => {
    const value = element[key] ?? undefined;
    if (value !== undefined && !isJsonObject(value)) throw invalid(`${at(key)} must be an object`);
    return value;
  };
  const demand = (key: string, fault: string | undefined): void => {
    if (fault !== undefined) throw invalid(`${at(key)} ${fault}`);
  };

  const name = text('name') ?? '';
  demand('name', nameFault(name));
  const namespace = text('namespace') ?? podNamespace;
  demand('namespace', nameFault(namespace));
  const ifName = text('interface') ?? `net${index + 1}`;
  demand(
    'interface',
    ifNameFault(ifName) ?? (RESERVED_IF_NAMES.includes(ifName) ? `must not be ${ifName}: the runtime makes that one` : undefined),
  );
  const mac = text('mac');
  demand('mac', mac === undefined || MAC.test(mac) ? undefined : `${JSON.stringify(mac)} is not a MAC address`);
  const portMappings = element['portMappings'] ?? undefined;
  demand('portMappings', portMappings === undefined || Array.isArray(portMappings) ? undefined : 'must be a list');

  return withoutUndefined({
    namespace,
    name,
    ifName,
    mac,
    ips: texts('ips', /^[0-9a-fA-F:.]+(\/\d{1,3})?$/, 'an address'),
    defaultRoute: texts('default-route', IP, 'an address'),
    portMappings,
    bandwidth: object('bandwidth'),
    infinibandGUID: text('infiniband-guid'),
    deviceID: text('deviceID'),
    cniArgs: object('cni-args'),
    ipamClaimReference: text('ipam-claim-reference'),
  });
};

const withoutUndefined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, own]) => own !== undefined)) as T;

const refuseTwice = (values: readonly string[], message: (value: string) => string): void => {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) throw invalid(message(twice));
};
