import { CniError } from './cni-error.js';
import { LATEST_CNI_VERSION } from './cni-version.js';
import { isJsonObject, type JsonObject, type JsonValue } from './json.js';

/** What an attachment looks like, in the words of spec 1.1.0 whichever version the plugins spoke. */
export interface CniResult {
  /** Version the plugins answered in. */
  readonly cniVersion: string;
  readonly interfaces: readonly CniInterface[];
  readonly ips: readonly CniIp[];
  readonly routes: readonly CniRoute[];
  readonly dns: CniDns;
}

export interface CniInterface {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** Path of the network namespace it lies in; undefined on the host's side. */
  readonly sandbox?: string;
  readonly socketPath?: string;
  readonly pciID?: string;
}

export interface CniIp {
  /** Address with prefix length, such as `10.1.0.5/16`. */
  readonly address: string;
  readonly gateway?: string;
  /** Index into `interfaces`. */
  readonly interface?: number;
}

export interface CniRoute {
  readonly dst: string;
  readonly gw?: string;
  readonly mtu?: number;
  readonly advmss?: number;
  readonly priority?: number;
  readonly table?: number;
  readonly scope?: number;
}

export interface CniDns {
  readonly nameservers?: readonly string[];
  readonly domain?: string;
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

const fault = (message: string): CniError => new CniError({ code: 'CNI_BAD_REPLY', message: `the result is not valid: ${message}` });

/**
 * Reads a result of any released version. `defaultVersion` is what a result without `cniVersion` is taken to be: the configuration's.
 * Throws CNI_BAD_REPLY for a result that is not well formed, CNI_VERSION_UNSUPPORTED for one from a later spec.
 */
export const parseResult = (json: JsonValue, { defaultVersion }: { defaultVersion: string }): CniResult => {
  if (!isJsonObject(json)) throw fault('it must be a JSON object');
  const cniVersion = text(json, 'cniVersion', 'cniVersion') || defaultVersion;
  const form = formOf(cniVersion);
  const dns = parseDns(json['dns']);
  if (form === 'byFamily') return { cniVersion, dns, interfaces: [], ...parseFamilies(json) };
  return {
    cniVersion,
    interfaces: list(json, 'interfaces').map(parseInterface),
    ips: list(json, 'ips').map(parseIp),
    routes: list(json, 'routes').map((route, index) => parseRoute(route, `routes[${index}]`)),
    dns,
  };
};

/** No address and no version is longer. */
const MAX_SHOWN = 100;
const shown = (value: string): string => JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);

type Form = 'byFamily' | 'withIpVersion' | 'plain';

/** The shape results have in a version (spec section 5 of each release). */
const formOf = (version: string): Form => {
  switch (version) {
    case '0.1.0':
    case '0.2.0':
      return 'byFamily';
    case '0.3.0':
    case '0.3.1':
    case '0.4.0':
      return 'withIpVersion';
    case '1.0.0':
    case '1.1.0':
      return 'plain';
    default:
      throw new CniError({
        code: 'CNI_VERSION_UNSUPPORTED',
        message: `results of CNI version ${shown(version)} are not known; the latest known is ${LATEST_CNI_VERSION}`,
      });
  }
};

/**
 * Writes a result in a version's own shape, as the reference library converts: 0.3 and 0.4 lose `mtu`, `socketPath` and `pciID` of
 * interfaces and gain `ips[].version`; 0.1 and 0.2 keep the first address of each family and no interfaces.
 * Throws CNI_RESULT_NOT_CONVERTIBLE when 0.1 or 0.2 would be left without any address.
 */
export const formatResult = (result: CniResult, version: string): JsonObject => {
  const dns = Object.keys(result.dns).length > 0 ? { dns: { ...result.dns } } : {};
  const form = formOf(version);
  if (form === 'byFamily') return { cniVersion: version, ...formatFamilies(result, version), ...dns };
  const interfaces = result.interfaces.map(({ name, mac, sandbox, mtu, socketPath, pciID }) =>
    form === 'plain' ? { name, mac, mtu, sandbox, socketPath, pciID } : { name, mac, sandbox },
  );
  const ips = result.ips.map((ip) => (form === 'plain' ? { ...ip } : { version: isIpv4(ip.address) ? '4' : '6', ...ip }));
  return withoutUndefined({ cniVersion: version, interfaces, ips, routes: result.routes.map((route) => ({ ...route })), ...dns });
};

/** A result's JSON in another version's shape. Pure. */
export const convertResult = (json: JsonValue, options: { readonly from: string; readonly to: string }): JsonObject =>
  formatResult(parseResult(json, { defaultVersion: options.from }), options.to);

const withoutUndefined = (value: JsonObject): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

const parseFamilies = (json: JsonObject): { ips: CniIp[]; routes: CniRoute[] } => {
  const ips: CniIp[] = [];
  const routes: CniRoute[] = [];
  for (const key of ['ip4', 'ip6']) {
    const family = json[key];
    if (family === undefined || family === null) continue;
    if (!isJsonObject(family)) throw fault(`${key} must be an object`);
    ips.push({ address: address(family, 'ip', `${key}.ip`), ...optionalText(family, 'gateway', `${key}.gateway`) });
    routes.push(...list(family, 'routes').map((route, index) => parseRoute(route, `${key}.routes[${index}]`)));
  }
  return { ips, routes };
};

const formatFamilies = ({ ips, routes }: CniResult, version: string): JsonObject => {
  const family = (wanted: (address: string) => boolean): JsonObject | undefined => {
    const ip = ips.find(({ address }) => wanted(address));
    if (!ip) return undefined;
    const own = routes.filter(({ dst }) => wanted(dst)).map(({ dst, gw }) => ({ dst, gw }));
    return withoutUndefined({ ip: ip.address, gateway: ip.gateway, routes: own.length > 0 ? own : undefined });
  };
  const ip4 = family(isIpv4);
  const ip6 = family((address) => !isIpv4(address));
  if (!ip4 && !ip6) {
    throw new CniError({
      code: 'CNI_RESULT_NOT_CONVERTIBLE',
      message: `a result without an address can't be told in CNI version ${version}, which needs one`,
    });
  }
  return { ...(ip4 && { ip4 }), ...(ip6 && { ip6 }) };
};

const isIpv4 = (address: string): boolean => !address.includes(':');

const parseInterface = (json: JsonValue, index: number): CniInterface => {
  const at = `interfaces[${index}]`;
  if (!isJsonObject(json)) throw fault(`${at} must be an object`);
  return {
    name: text(json, 'name', `${at}.name`),
    ...optionalText(json, 'mac', `${at}.mac`),
    ...optionalNumber(json, 'mtu', `${at}.mtu`),
    ...optionalText(json, 'sandbox', `${at}.sandbox`),
    ...optionalText(json, 'socketPath', `${at}.socketPath`),
    ...optionalText(json, 'pciID', `${at}.pciID`),
  };
};

const parseIp = (json: JsonValue, index: number): CniIp => {
  const at = `ips[${index}]`;
  if (!isJsonObject(json)) throw fault(`${at} must be an object`);
  return {
    address: address(json, 'address', `${at}.address`),
    ...optionalText(json, 'gateway', `${at}.gateway`),
    ...optionalNumber(json, 'interface', `${at}.interface`, { keepZero: true }),
  };
};

const parseRoute = (json: JsonValue, at: string): CniRoute => {
  if (!isJsonObject(json)) throw fault(`${at} must be an object`);
  return {
    dst: address(json, 'dst', `${at}.dst`),
    ...optionalText(json, 'gw', `${at}.gw`),
    ...optionalNumber(json, 'mtu', `${at}.mtu`),
    ...optionalNumber(json, 'advmss', `${at}.advmss`),
    ...optionalNumber(json, 'priority', `${at}.priority`),
    ...optionalNumber(json, 'table', `${at}.table`, { keepZero: true }),
    ...optionalNumber(json, 'scope', `${at}.scope`, { keepZero: true }),
  };
};

const parseDns = (json: JsonValue | undefined): CniDns => {
  if (json === undefined || json === null) return {};
  if (!isJsonObject(json)) throw fault('dns must be an object');
  const texts = (key: string): Record<string, readonly string[]> => {
    const values = list(json, key).map((value, index) => {
      if (typeof value !== 'string') throw fault(`dns.${key}[${index}] must be a string`);
      return value;
    });
    return values.length > 0 ? { [key]: values } : {};
  };
  return { ...texts('nameservers'), ...optionalText(json, 'domain', 'dns.domain'), ...texts('search'), ...texts('options') };
};

const list = (json: JsonObject, key: string): readonly JsonValue[] => {
  const value = json[key] ?? [];
  if (!Array.isArray(value)) throw fault(`${key} must be a list`);
  return value as readonly JsonValue[];
};

const text = (json: JsonObject, key: string, at: string): string => {
  const value = json[key] ?? '';
  if (typeof value !== 'string') throw fault(`${at} must be a string`);
  return value;
};

const optionalText = <Key extends string>(json: JsonObject, key: Key, at: string): { readonly [K in Key]?: string } => {
  const value = text(json, key, at);
  return (value === '' ? {} : { [key]: value }) as { readonly [K in Key]?: string };
};

/** A number, whose 0 means "not said" except where 0 is a value of its own. */
const optionalNumber = <Key extends string>(
  json: JsonObject,
  key: Key,
  at: string,
  { keepZero = false }: { keepZero?: boolean } = {},
): { readonly [K in Key]?: number } => {
  const value = json[key] ?? undefined;
  if (value !== undefined && !(typeof value === 'number' && Number.isInteger(value) && value >= 0))
    throw fault(`${at} must be a whole number`);
  return (value === undefined || (value === 0 && !keepZero) ? {} : { [key]: value }) as { readonly [K in Key]?: number };
};

const address = (json: JsonObject, key: string, at: string): string => {
  const value = text(json, key, at);
  if (!/^[0-9a-fA-F:.]+\/\d{1,3}$/.test(value)) throw fault(`${at} ${shown(value)} must be an address with a prefix length`);
  return value;
};
