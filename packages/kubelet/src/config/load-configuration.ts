import { readdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { parse } from 'yaml';
import { DEFAULT_API_SOCKET, DEFAULT_NODE_VALUES_FILE, DEFAULT_SOURCE_DIRECTORY } from '../defaults/default-paths.js';
import { type EventSink, parseEventSink } from '../event-sinks/core/parse-event-sink.js';
import { DEFAULT_NETWORK_DIRECTORY, DEFAULT_PLUGIN_DIRECTORIES } from '../networks/kubelet-networks.js';
import { parseReportTarget, type ReportTarget } from '../node-reports/core/parse-report-target.js';
import { KubeletError } from '../process/kubelet-error.js';
import { AGE_IDENTITY_FILE } from '../secrets/age-identity.js';
import { API_VERSION, decodeConfiguration, encodeConfiguration, KIND, unknownPaths } from './decode-configuration.js';
import { DEFAULT_EVICTION_HARD, type FieldPath, type KubeletConfiguration, LEGACY_DEFAULTS } from './fields.js';
import { type FlagSpec, flagTable } from './flag-table.js';
import { flagValue } from './flag-values.js';
import { type IngressFlags, parseIngress } from './ingress-flags.js';
import { isJsonObject, type JsonObject, mergePatch, valueAt, withValueAt } from './json-paths.js';
import { type KubeApiFlags, parseKubeApiAddress } from './kube-api-address.js';
import { type ParsedFlags, parseFlags } from './parse-flags.js';
import { refusedByRelease, releaseChanges } from './release-changes.js';
import { parseServiceNetwork, type ServiceNetworkFlags } from './service-network-flags.js';
import { standaloneEffects } from './standalone-effects.js';
import { validateConfiguration } from './validate-configuration.js';
import { withoutZeros } from './without-zeros.js';

/** What the kubelet takes from flags alone. */
export interface KubeletFlags {
  /** The texts of all flags on the command line, by name. */
  readonly given: Readonly<Record<string, string>>;
  readonly rootDirectory: string;
  readonly certDirectory: string;
  /** Of the age identities that encrypted manifests are decrypted by; may be missing. */
  readonly ageIdentityFile: string;
  readonly hostnameOverride: string | undefined;
  readonly nodeIps: readonly string[];
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** Of the cluster to join; undefined: none. */
  readonly kubeconfig?: string | undefined;
  /** By which the other is made when there is none that is good. */
  readonly bootstrapKubeconfig?: string | undefined;
  /** Of a node that is registered for the first time. */
  readonly registerWithTaints?: readonly NodeTaint[];
  readonly lockFile: string | undefined;
  /** Whether to end when somebody else waits for that file. */
  readonly exitOnLockContention: boolean;
  /** Whether to give the container runtime a Pod network where it has none. Never true beside a control plane. */
  readonly suppliesPodNetwork: boolean;
  /** Cgroup of the container runtime; undefined: that of its process. */
  readonly runtimeCgroups: string | undefined;
  /** Socket of the local API; undefined: none. */
  readonly apiSocket: string | undefined;
  /** Group that may use it besides root. */
  readonly apiSocketGroupId: number | undefined;
  /** File of bearer tokens with roles. */
  readonly tokenAuthFile: string | undefined;
  /** Where the Kubernetes API of the node is served, and its kubeconfig kept; undefined: it is not. */
  readonly kubeApi: KubeApiFlags | undefined;
  /** Where device plugins register. */
  /** Devices that Pods may ask for by annotation: paths or CDI names; `*` at the end of one stands for any rest. */
  readonly allowedDevices: readonly string[];
  readonly devicePluginDirectory: string;
  /** `iss` of the tokens of ServiceAccounts; undefined: `https://` and the node's name. */
  readonly serviceAccountIssuer: string | undefined;
  /** What makes Services work; undefined: they are off. */
  readonly serviceNetwork?: ServiceNetworkFlags | undefined;
  /** Where the node's own DNS server is asked; `off`: nowhere. Default 169.254.20.10 where Services are on and `clusterDNS` is empty. */
  readonly dnsAddress?: string | undefined;
  /** How Ingresses are served; undefined: they are not. */
  readonly ingress?: IngressFlags | undefined;
  /** Of the networks that pods ask for by annotation; may be missing. */
  readonly networkDirectory: string;
  /** Of the files that describe verified sources; may be missing. Default: there are none. */
  readonly sourceDirectory?: string;
  /** Of the admission policy; undefined: every Pod may come. */
  readonly admissionPolicyFile?: string | undefined;
  /** Of what `$(node.NAME)` stands for in verified sources; may be missing unless it is `given`. Default: there is none. */
  readonly nodeValuesFile?: string;
  /** Where the node's events go beside its own API. Default: nowhere. */
  readonly eventSinks?: readonly EventSink[];
  /** Where reports of the node go. Default: nowhere. */
  readonly nodeReports?: readonly ReportTarget[];
  /** Of the plugins of these networks, searched in order. */
  readonly cniPluginDirectories: readonly string[];
  /** Packages or module paths of further kinds of probes. */
  readonly probePlugins: readonly string[];
  /** CredentialProviderConfig file or directory, and the directory of its programs; undefined: none. */
  readonly imageCredentialProviders: { readonly configPath: string; readonly binDir: string } | undefined;
}

export interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export interface LoadedConfiguration {
  readonly config: KubeletConfiguration;
  readonly flags: KubeletFlags;
  /** What the user should know: dead flags, unknown fields, values that mean less here. One line each. */
  readonly warnings: readonly string[];
  /** Fields that were set and have nothing to act on without an API server. */
  readonly withoutEffect: readonly FieldPath[];
  /** Signals of `evictionHard` that only the defaults name. */
  readonly impliedEvictionSignals: ReadonlySet<string>;
}

const DEFAULT_ROOT_DIRECTORY = '/var/lib/kubelet';

/**
 * Reads flags, --config and --config-dir with upstream's precedence: the file replaces the defaults, drop-ins merge over it, flags win.
 * @throws KubeletError KUBELET_USAGE for bad flags; KUBELET_CONFIG_INVALID for a file that cannot be used or values that cannot be honoured
 */
export const loadConfiguration = async (argv: readonly string[]): Promise<LoadedConfiguration> => {
  const parsed = parseFlags(argv);
  const [configPath, configDirectory] = [lastOf(parsed, 'config'), lastOf(parsed, 'config-dir')];
  const warnings = [...parsed.warnings];
  const effective = async (evictionDefaults: Statements, notes: string[]) => {
    const base = configPath === undefined ? legacyBase() : await readMainFile(resolve(configPath), evictionDefaults, notes);
    const merged = configDirectory === undefined ? base : await mergeDropIns(base, configDirectory);
    return decodeConfiguration(withFlags(merged, parsed));
  };
  const { config, errors } = await effective(DEFAULT_EVICTION_HARD, warnings);
  const { evictionHard: stated } = (await effective({}, [])).config;
  const effects = standaloneEffects(config, { connected: lastOf(parsed, 'kubeconfig') !== undefined });
  const problems = [...errors, ...validateConfiguration(config), ...effects.refused];
  if (problems.length > 0) {
    throw new KubeletError({
      code: 'KUBELET_CONFIG_INVALID',
      message: problems.join('\n'),
      hint: hintFor(problems),
    });
  }
  return {
    config,
    flags: kubeletFlags(parsed),
    warnings: [
      ...warnings,
      ...effects.warnings,
      ...Object.keys(releaseChanges).flatMap((release) =>
        refusedByRelease(release, { featureGates: config.featureGates, flags: [...parsed.values.keys()] }),
      ),
    ],
    withoutEffect: effects.withoutEffect.filter((path) => !parsed.values.has('kubeconfig') || !LIVE_IN_A_CLUSTER.has(path)),
    impliedEvictionSignals: new Set(Object.keys(config.evictionHard).filter((signal) => !Object.hasOwn(stated, signal))),
  };
};

/** Fields that have something to act on once there is an API server. */
const LIVE_IN_A_CLUSTER: ReadonlySet<FieldPath> = new Set([
  'authentication.webhook.cacheTTL',
  'authorization.webhook.cacheAuthorizedTTL',
  'authorization.webhook.cacheUnauthorizedTTL',
  'kubeAPIQPS',
  'kubeAPIBurst',
  'eventRecordQPS',
  'eventBurst',
  'nodeStatusUpdateFrequency',
  'nodeStatusReportFrequency',
  'nodeLeaseDurationSeconds',
  'enableControllerAttachDetach',
  'providerID',
  'registerNode',
  'registerWithTaints',
  'rotateCertificates',
]);

type Statements = Readonly<Record<string, string>>;

const hintFor = (problems: readonly string[]): string =>
  problems.some((problem) => problem.includes('webhook auth'))
    ? 'Without an API server a configuration file must say authentication.webhook.enabled: false and authorization.mode: AlwaysAllow.'
    : 'docs/kubelet-configuration.md lists every field and what it does here.';

const legacyBase = (): JsonObject => encodeConfiguration(decodeConfiguration({}, LEGACY_DEFAULTS).config);

const RELATIVE_PATHS: readonly FieldPath[] = [
  'staticPodPath',
  'tlsCertFile',
  'tlsPrivateKeyFile',
  'authentication.x509.clientCAFile',
  'resolvConf',
];

/** The main file with defaults filled in. Fields that nobody knows are left out with a warning, as upstream does. */
const readMainFile = async (path: string, evictionDefaults: Statements, warnings: string[]): Promise<JsonObject> => {
  const json = await readConfigurationFile(path);
  for (const unknown of unknownPaths(json)) warnings.push(`${path}: unknown field ${JSON.stringify(unknown)} is ignored`);
  const absolute = RELATIVE_PATHS.reduce((document, field) => {
    const value = valueAt(document, field);
    return typeof value === 'string' && value !== '' && !isAbsolute(value)
      ? withValueAt(document, field, join(dirname(path), value))
      : document;
  }, json);
  const { config, errors } = decodeConfiguration(withoutZeros(absolute), { evictionHard: evictionDefaults });
  if (errors.length > 0) throw unusable(path, errors.join('; '));
  const { evictionHard } = config;
  const merged = config.mergeDefaultEvictionSettings ? { ...evictionDefaults, ...evictionHard } : evictionHard;
  return encodeConfiguration({ ...config, evictionHard: merged });
};

/** Names ending in .conf of the whole tree, in lexical order of the walk. */
const mergeDropIns = async (base: JsonObject, directory: string): Promise<JsonObject> => {
  let merged = base;
  for (const path of await confFiles(directory)) {
    merged = mergePatch(merged, await readConfigurationFile(path)) as JsonObject;
    const { config, errors } = decodeConfiguration(withoutZeros(merged));
    if (errors.length > 0) throw unusable(path, errors.join('; '));
    merged = encodeConfiguration(config);
  }
  return merged;
};

const confFiles = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw unusable(directory, 'cannot be read', cause);
  });
  const found: string[] = [];
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) found.push(...(await confFiles(path)));
    else if (entry.name.endsWith('.conf')) found.push(path);
  }
  return found;
};

const readConfigurationFile = async (path: string): Promise<JsonObject> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unusable(path, 'cannot be read', cause);
  });
  if (text.trim() === '') throw unusable(path, 'is empty');
  let json: unknown;
  try {
    json = parse(text, { version: '1.1', uniqueKeys: false, maxAliasCount: 100 });
  } catch (cause) {
    throw unusable(path, 'is neither YAML nor JSON', cause);
  }
  if (!isJsonObject(json)) throw unusable(path, `must hold a ${KIND}`);
  if (json['kind'] !== KIND || json['apiVersion'] !== API_VERSION) {
    throw unusable(
      path,
      `must say apiVersion: ${API_VERSION} and kind: ${KIND}, not ${JSON.stringify(json['apiVersion'])} and ${JSON.stringify(json['kind'])}`,
    );
  }
  return json;
};

const withFlags = (json: JsonObject, parsed: ParsedFlags): JsonObject =>
  [...parsed.values].reduce((document, [name, texts]) => {
    const spec = flagTable[name] as FlagSpec;
    if (spec.type !== 'field') return document;
    const value = flagValue(name, spec.kind, texts);
    const merged = spec.kind === 'gates' ? mergePatch(valueAt(document, spec.field) ?? {}, value) : value;
    return withValueAt(document, spec.field, merged);
  }, json);

const kubeletFlags = (parsed: ParsedFlags): KubeletFlags => {
  const rootDirectory = resolve(lastOf(parsed, 'root-dir') ?? DEFAULT_ROOT_DIRECTORY);
  return {
    given: Object.fromEntries([...parsed.values].map(([name, texts]) => [name, texts.join(',')])),
    rootDirectory,
    certDirectory: lastOf(parsed, 'cert-dir') ?? join(rootDirectory, 'pki'),
    ageIdentityFile: absoluteOf(parsed, 'age-identity') ?? join(rootDirectory, AGE_IDENTITY_FILE),
    hostnameOverride: lastOf(parsed, 'hostname-override'),
    nodeIps: (flagOf(parsed, 'node-ip') ?? []) as readonly string[],
    nodeLabels: (flagOf(parsed, 'node-labels') ?? {}) as Readonly<Record<string, string>>,
    kubeconfig: absoluteOf(parsed, 'kubeconfig'),
    bootstrapKubeconfig: absoluteOf(parsed, 'bootstrap-kubeconfig'),
    registerWithTaints: ((flagOf(parsed, 'register-with-taints') ?? []) as readonly string[]).map(parseTaint),
    lockFile: lastOf(parsed, 'lock-file'),
    exitOnLockContention: lockContention(parsed),
    suppliesPodNetwork: flagOf(parsed, 'supply-pod-network') === true && lastOf(parsed, 'kubeconfig') === undefined,
    runtimeCgroups: lastOf(parsed, 'runtime-cgroups'),
    apiSocket: parsed.values.has('api-socket') ? lastOf(parsed, 'api-socket') : DEFAULT_API_SOCKET,
    apiSocketGroupId: flagOf(parsed, 'api-socket-group') as number | undefined,
    tokenAuthFile: lastOf(parsed, 'token-auth-file'),
    kubeApi: kubeApiFlags(parsed, rootDirectory),
    allowedDevices: (flagOf(parsed, 'allowed-devices') ?? []) as readonly string[],
    devicePluginDirectory: resolve(lastOf(parsed, 'device-plugin-dir') ?? join(rootDirectory, 'device-plugins')),
    serviceAccountIssuer: issuerFlag(parsed),
    serviceNetwork: serviceNetworkFlags(parsed),
    dnsAddress: dnsAddressFlag(parsed),
    ingress: ingressFlags(parsed),
    networkDirectory: resolve(lastOf(parsed, 'network-dir') ?? DEFAULT_NETWORK_DIRECTORY),
    sourceDirectory: resolve(lastOf(parsed, 'source-dir') ?? DEFAULT_SOURCE_DIRECTORY),
    admissionPolicyFile: absoluteOf(parsed, 'admission-policy-file'),
    nodeValuesFile: absoluteOf(parsed, 'node-values-file') ?? DEFAULT_NODE_VALUES_FILE,
    eventSinks: eventSinkFlags(parsed),
    nodeReports: nodeReportFlags(parsed),
    cniPluginDirectories: lastOf(parsed, 'cni-plugin-dir')?.split(':') ?? DEFAULT_PLUGIN_DIRECTORIES,
    probePlugins: (flagOf(parsed, 'probe-plugin') ?? []) as readonly string[],
    imageCredentialProviders: credentialProviderFlags(parsed),
  };
};

const eventSinkFlags = (parsed: ParsedFlags): readonly EventSink[] => {
  const sinks: EventSink[] = [];
  for (const text of (flagOf(parsed, 'event-sink') ?? []) as readonly string[]) {
    const sink = parseEventSink(text);
    const error =
      'error' in sink ? sink.error : sinks.some(({ name }) => name === sink.name) ? `${sink.name}: it is given twice` : undefined;
    if (error !== undefined) throw new KubeletError({ code: 'KUBELET_USAGE', message: `--event-sink: ${error}` });
    if (!('error' in sink)) sinks.push(sink);
  }
  return sinks;
};

const nodeReportFlags = (parsed: ParsedFlags): readonly ReportTarget[] => {
  const targets: ReportTarget[] = [];
  for (const text of (flagOf(parsed, 'node-report') ?? []) as readonly string[]) {
    const target = parseReportTarget(text);
    const error =
      'error' in target
        ? target.error
        : targets.some(({ sink }) => sink.name === target.sink.name)
          ? `${target.sink.name}: it is given twice`
          : undefined;
    if (error !== undefined) throw new KubeletError({ code: 'KUBELET_USAGE', message: `--node-report: ${error}` });
    if (!('error' in target)) targets.push(target);
  }
  return targets;
};

const absoluteOf = (parsed: ParsedFlags, name: string): string | undefined => {
  const path = lastOf(parsed, name);
  return path === undefined ? undefined : resolve(path);
};

const TAINT = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/;

const parseTaint = (text: string): NodeTaint => {
  const [, key, value, effect] = TAINT.exec(text) ?? [];
  if (key === undefined || effect === undefined)
    throw new KubeletError({ code: 'KUBELET_USAGE', message: `--register-with-taints: ${JSON.stringify(text)} is not KEY[=VALUE]:EFFECT` });
  return { key, ...(value === undefined ? {} : { value }), effect };
};

const lockContention = (parsed: ParsedFlags): boolean => {
  const exits = flagOf(parsed, 'exit-on-lock-contention') === true;
  if (!exits || lastOf(parsed, 'lock-file') !== undefined) return exits;
  throw new KubeletError({ code: 'KUBELET_USAGE', message: 'cannot exit on lock file contention: no lock file specified' });
};

const kubeApiFlags = (parsed: ParsedFlags, rootDirectory: string): KubeApiFlags | undefined => {
  const text = lastOf(parsed, 'kube-api');
  if (text === undefined || text === 'off') return undefined;
  const address = parseKubeApiAddress(text);
  if (address === undefined)
    throw new KubeletError({
      code: 'KUBELET_USAGE',
      message: `--kube-api ${text}: want ADDRESS:PORT, such as 127.0.0.1:6443 or [::1]:6443, or off`,
    });
  return { ...address, kubeconfigPath: resolve(lastOf(parsed, 'kube-api-kubeconfig') ?? join(rootDirectory, 'api', 'admin.kubeconfig')) };
};

const dnsAddressFlag = (parsed: ParsedFlags): string | undefined => {
  const text = lastOf(parsed, 'service-dns-address');
  if (text === undefined || text === 'off' || isIP(text) !== 0) return text;
  throw new KubeletError({
    code: 'KUBELET_USAGE',
    message: `--service-dns-address ${text}: want an address, such as 169.254.20.10, or off`,
  });
};

const serviceNetworkFlags = (parsed: ParsedFlags): ServiceNetworkFlags | undefined => {
  const ranges = lastOf(parsed, 'service-cluster-ip-range');
  const nodePorts = lastOf(parsed, 'service-node-port-range');
  if (ranges === undefined && nodePorts === undefined) return undefined;
  const found =
    ranges === undefined
      ? { error: '--service-node-port-range is only of use with --service-cluster-ip-range' }
      : parseServiceNetwork(ranges, nodePorts);
  if ('error' in found) throw new KubeletError({ code: 'KUBELET_USAGE', message: found.error });
  return found;
};

const INGRESS_FLAGS = ['ingress-proxy', 'ingress-addresses', 'ingress-ports'] as const;

/** Ingresses are served where Services are, unless that is off. */
const ingressFlags = (parsed: ParsedFlags): IngressFlags | undefined => {
  if (lastOf(parsed, 'service-cluster-ip-range') === undefined) {
    const [given] = INGRESS_FLAGS.filter((name) => parsed.values.has(name));
    if (given === undefined || lastOf(parsed, given) === 'off') return undefined;
    throw new KubeletError({ code: 'KUBELET_USAGE', message: `--${given} is only of use with --service-cluster-ip-range` });
  }
  const found = parseIngress({
    proxy: lastOf(parsed, 'ingress-proxy'),
    addresses: flagOf(parsed, 'ingress-addresses') as readonly string[] | undefined,
    ports: lastOf(parsed, 'ingress-ports'),
  });
  if (found !== undefined && 'error' in found) throw new KubeletError({ code: 'KUBELET_USAGE', message: found.error });
  return found;
};

/** An issuer has a metadata document below it: a URL without query, as OpenID Connect Discovery wants it. */
const issuerFlag = (parsed: ParsedFlags): string | undefined => {
  const text = lastOf(parsed, 'service-account-issuer');
  if (text === undefined) return undefined;
  const url = parseUrl(text);
  if (url?.protocol === 'https:' && url.search === '' && url.hash === '' && url.username === '' && url.password === '') return text;
  throw new KubeletError({
    code: 'KUBELET_USAGE',
    message: `--service-account-issuer ${JSON.stringify(text)}: want an https URL without user, query and fragment, such as https://node.example`,
  });
};

/** Upstream takes them only together (cmd/kubelet/app/server.go). */
const credentialProviderFlags = (parsed: ParsedFlags): KubeletFlags['imageCredentialProviders'] => {
  const configPath = lastOf(parsed, 'image-credential-provider-config');
  const binDir = lastOf(parsed, 'image-credential-provider-bin-dir');
  if (configPath === undefined && binDir === undefined) return undefined;
  if (configPath !== undefined && binDir !== undefined) return { configPath: resolve(configPath), binDir: resolve(binDir) };
  throw new KubeletError({
    code: 'KUBELET_USAGE',
    message: '--image-credential-provider-config and --image-credential-provider-bin-dir are only of use together',
  });
};

const flagOf = (parsed: ParsedFlags, name: string): unknown => {
  const texts = parsed.values.get(name);
  return texts === undefined ? undefined : flagValue(name, flagTable[name]!.kind, texts);
};

/** An empty text counts as not given, as for the kubelet. */
const lastOf = (parsed: ParsedFlags, name: string): string | undefined => parsed.values.get(name)?.at(-1) || undefined;

const unusable = (path: string, why: string, cause?: unknown): Error =>
  new KubeletError({ code: 'KUBELET_CONFIG_INVALID', message: `${path} ${why}`, ...(cause === undefined ? {} : { cause }) });
