import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { DEFAULT_API_SOCKET, DEFAULT_NODE_VALUES_FILE, DEFAULT_SOURCE_DIRECTORY } from '../defaults/default-paths.js';
import { type EventSink, parseEventSink } from '../event-sinks/core/parse-event-sink.js';
import { DEFAULT_NETWORK_DIRECTORY, DEFAULT_PLUGIN_DIRECTORIES } from '../networks/kubelet-networks.js';
import { parseReportTarget, type ReportTarget } from '../node-reports/core/parse-report-target.js';
import { KubeletError } from '../process/kubelet-error.js';
import { AGE_IDENTITY_FILE } from '../secrets/age-identity.js';
import { flagTable } from './flag-table.js';
import { flagValue } from './flag-values.js';
import { INGRESS_FLAGS, type IngressFlags, parseIngress } from './ingress-flags.js';
import { type KubeApiFlags, parseKubeApiAddress } from './kube-api-address.js';
import { nodeLabelFault } from './node-labels.js';
import { taintFault } from './node-taints.js';
import type { ParsedFlags } from './parse-flags.js';
import { parseLoadBalancers, parseServiceNetwork, type ServiceNetworkFlags } from './service-network-flags.js';

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
  /** Devices that Pods may ask for by annotation: paths or CDI names; `*` at the end of one stands for any rest. */
  readonly allowedDevices: readonly string[];
  /** Where device plugins register. */
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

const DEFAULT_ROOT_DIRECTORY = '/var/lib/kubelet';

/** @throws KubeletError KUBELET_USAGE for a value that can't be used, and for flags that don't go together */
export const kubeletFlags = (parsed: ParsedFlags): KubeletFlags => {
  const rootDirectory = resolve(lastOf(parsed, 'root-dir') ?? DEFAULT_ROOT_DIRECTORY);
  return {
    given: Object.fromEntries([...parsed.values].map(([name, texts]) => [name, texts.join(',')])),
    rootDirectory,
    certDirectory: lastOf(parsed, 'cert-dir') ?? join(rootDirectory, 'pki'),
    ageIdentityFile: absoluteOf(parsed, 'age-identity') ?? join(rootDirectory, AGE_IDENTITY_FILE),
    hostnameOverride: lastOf(parsed, 'hostname-override'),
    nodeIps: (flagOf(parsed, 'node-ip') ?? []) as readonly string[],
    nodeLabels: nodeLabelsFlag(parsed),
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
    eventSinks: targetFlags(parsed, 'event-sink', parseEventSink, ({ name }) => name),
    nodeReports: targetFlags(parsed, 'node-report', parseReportTarget, ({ sink }) => sink.name),
    cniPluginDirectories: lastOf(parsed, 'cni-plugin-dir')?.split(':') ?? DEFAULT_PLUGIN_DIRECTORIES,
    probePlugins: (flagOf(parsed, 'probe-plugin') ?? []) as readonly string[],
    imageCredentialProviders: credentialProviderFlags(parsed),
  };
};

/** URLs of a flag that may be given several times, no two for one place. */
const targetFlags = <Target extends object>(
  parsed: ParsedFlags,
  flag: string,
  parse: (text: string) => Target | { readonly error: string },
  nameOf: (target: Target) => string,
): readonly Target[] => {
  const refuse = (error: string) => new KubeletError({ code: 'KUBELET_USAGE', message: `--${flag}: ${error}` });
  const targets = new Map<string, Target>();
  for (const text of (flagOf(parsed, flag) ?? []) as readonly string[]) {
    const target = parse(text);
    if ('error' in target) throw refuse(target.error);
    const name = nameOf(target);
    if (targets.has(name)) throw refuse(`${name}: it is given twice`);
    targets.set(name, target);
  }
  return [...targets.values()];
};

const absoluteOf = (parsed: ParsedFlags, name: string): string | undefined => {
  const path = lastOf(parsed, name);
  return path === undefined ? undefined : resolve(path);
};

const nodeLabelsFlag = (parsed: ParsedFlags): Readonly<Record<string, string>> => {
  const labels = (flagOf(parsed, 'node-labels') ?? {}) as Readonly<Record<string, string>>;
  const fault = nodeLabelFault(labels, { joins: lastOf(parsed, 'kubeconfig') !== undefined });
  if (fault !== undefined) throw new KubeletError({ code: 'KUBELET_USAGE', message: `--node-labels: ${fault}` });
  return labels;
};

const TAINT = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/;

const parseTaint = (text: string): NodeTaint => {
  const [, key, value, effect] = TAINT.exec(text) ?? [];
  if (key === undefined || effect === undefined)
    throw new KubeletError({ code: 'KUBELET_USAGE', message: `--register-with-taints: ${JSON.stringify(text)} is not KEY[=VALUE]:EFFECT` });
  const fault = taintFault(key, value ?? '');
  if (fault !== undefined)
    throw new KubeletError({ code: 'KUBELET_USAGE', message: `--register-with-taints: ${JSON.stringify(text.slice(0, 200))}: ${fault}` });
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

const SERVICE_FLAGS = [
  'network-policy-drop-log',
  'service-node-port-range',
  'service-load-balancer-pool',
  'service-load-balancer-interface',
] as const;

const serviceNetworkFlags = (parsed: ParsedFlags): ServiceNetworkFlags | undefined => {
  const ranges = lastOf(parsed, 'service-cluster-ip-range');
  const nodePorts = lastOf(parsed, 'service-node-port-range');
  const loadBalancers = parseLoadBalancers(lastOf(parsed, 'service-load-balancer-pool'), lastOf(parsed, 'service-load-balancer-interface'));
  const found =
    ranges === undefined
      ? SERVICE_FLAGS.filter((name) => parsed.values.has(name)).map((name) => ({
          error: `--${name} is only of use with --service-cluster-ip-range`,
        }))[0]
      : parseServiceNetwork(ranges, nodePorts);
  if (found === undefined) return undefined;
  if ('error' in found) throw new KubeletError({ code: 'KUBELET_USAGE', message: found.error });
  if (loadBalancers !== undefined && 'error' in loadBalancers)
    throw new KubeletError({ code: 'KUBELET_USAGE', message: loadBalancers.error });
  const logsDrops = flagOf(parsed, 'network-policy-drop-log') === true;
  return { ...found, ...(loadBalancers && { loadBalancers }), ...(logsDrops && { logsDrops }) };
};

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
    acme: {
      directory: lastOf(parsed, 'ingress-acme-directory'),
      email: lastOf(parsed, 'ingress-acme-email'),
      caFile: lastOf(parsed, 'ingress-acme-ca-file'),
      issuers: flagOf(parsed, 'ingress-acme-issuers') as readonly string[] | undefined,
    },
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
export const lastOf = (parsed: ParsedFlags, name: string): string | undefined => parsed.values.get(name)?.at(-1) || undefined;
