import { dirname, isAbsolute, join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { yamlFault } from '@solo-kubelet/diagnostics/nesting';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { Lexer, Parser, parse, type YAMLError } from 'yaml';
import { ClusterError } from './cluster-error.js';

/** Text that stands in the kubeconfig itself, or in a file. */
export type TextOrFile = { readonly type: 'text'; readonly text: string } | { readonly type: 'file'; readonly path: string };

/** A program that makes credentials, as `user.exec` names it. */
export interface ExecPlugin {
  readonly apiVersion: 'client.authentication.k8s.io/v1' | 'client.authentication.k8s.io/v1beta1';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint: string;
  readonly provideClusterInfo: boolean;
}

/** What the current context of a kubeconfig says: where the server is, whom to trust, and who one is. */
export interface Kubeconfig {
  readonly server: string;
  readonly tlsServerName: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  /** Undefined: the authorities that the machine trusts. */
  readonly certificateAuthority: TextOrFile | undefined;
  readonly clientCertificate: { readonly certificate: TextOrFile; readonly key: TextOrFile } | undefined;
  readonly token: TextOrFile | undefined;
  readonly basic: { readonly username: string; readonly password: string } | undefined;
  readonly exec: ExecPlugin | undefined;
  readonly impersonate:
    | {
        readonly user: string;
        readonly uid: string;
        readonly groups: readonly string[];
        readonly extra: Readonly<Record<string, readonly string[]>>;
      }
    | undefined;
}

const MAX_KUBECONFIG_BYTES = 1024 * 1024;

/**
 * Reads a kubeconfig file; paths in it are relative to its directory.
 * @throws ClusterError CLUSTER_KUBECONFIG
 */
export const loadKubeconfig = async (path: string): Promise<Kubeconfig> => {
  const text = await readRegular(path, { followLinks: true, maxBytes: MAX_KUBECONFIG_BYTES }).catch((cause: unknown) => {
    throw bad(path, `cannot be read: ${describeError(cause)}`);
  });
  return parseKubeconfig(text.toString('utf8'), path);
};

/**
 * The current context of a kubeconfig's text. `path` is where it came from: for messages, and for what is relative to it.
 * @throws ClusterError CLUSTER_KUBECONFIG naming the field that cannot be used
 */
export const parseKubeconfig = (text: string, path: string): Kubeconfig => {
  const at = reader(path);
  const fault = yamlFault(text, { Lexer, Parser }, { uniqueKeys: false });
  if (fault) throw bad(path, `${fault.message}: look at line ${fault.line}, column ${fault.column}`);
  let json: unknown;
  try {
    json = parse(text, { uniqueKeys: false, maxAliasCount: 100, logLevel: 'error' });
  } catch (cause) {
    throw bad(path, `is neither YAML nor JSON${placeOf(cause)}`);
  }
  const file = at.record(json, 'the file');
  const currentName = at.text(file['current-context'], 'current-context');
  if (currentName === '') throw bad(path, 'has no current-context');
  const context = at.named(file, 'contexts', 'context', currentName);
  const clusterName = at.text(context['cluster'], `contexts[${currentName}].cluster`);
  const cluster = at.named(file, 'clusters', 'cluster', clusterName);
  const userName = at.text(context['user'], `contexts[${currentName}].user`);
  const user = userName === '' ? {} : at.named(file, 'users', 'user', userName);
  const clusterAt = `clusters[${clusterName}]`;
  const userAt = `users[${userName}]`;
  if (at.text(cluster['proxy-url'], `${clusterAt}.proxy-url`) !== '')
    throw bad(path, `${clusterAt}.proxy-url is not supported: the node must reach its API server itself`);
  if (user['auth-provider'] !== undefined) throw bad(path, `${userAt}.auth-provider has gone from Kubernetes: use exec`);
  const pair = (holder: Readonly<Record<string, unknown>>, name: string, where: string): TextOrFile | undefined => {
    const data = at.text(holder[`${name}-data`], `${where}.${name}-data`);
    if (data !== '') return { type: 'text', text: Buffer.from(data, 'base64').toString('utf8') };
    const named = at.text(holder[name], `${where}.${name}`);
    return named === '' ? undefined : { type: 'file', path: absolute(path, named) };
  };
  const certificate = pair(user, 'client-certificate', userAt);
  const key = pair(user, 'client-key', userAt);
  if ((certificate === undefined) !== (key === undefined))
    throw bad(path, `${userAt} has only one of client-certificate and client-key: give both`);
  return {
    server: serverUrl(path, at.text(cluster['server'], `${clusterAt}.server`), clusterAt),
    tlsServerName: at.text(cluster['tls-server-name'], `${clusterAt}.tls-server-name`) || undefined,
    insecureSkipTlsVerify: at.truth(cluster['insecure-skip-tls-verify'], `${clusterAt}.insecure-skip-tls-verify`),
    certificateAuthority: pair(cluster, 'certificate-authority', clusterAt),
    clientCertificate: certificate && key && { certificate, key },
    token: tokenOf(at, user, userAt, path),
    basic:
      at.text(user['username'], `${userAt}.username`) === ''
        ? undefined
        : { username: at.text(user['username'], `${userAt}.username`), password: at.text(user['password'], `${userAt}.password`) },
    exec:
      user['exec'] === undefined || user['exec'] === null
        ? undefined
        : execOf(at, at.record(user['exec'], `${userAt}.exec`), `${userAt}.exec`, path),
    impersonate: impersonated(at, user, userAt),
  };
};

/** Where the text is at fault, and nothing of it: the line may hold a token. */
const placeOf = (cause: unknown): string => {
  const [start] = (cause as Partial<YAMLError>).linePos ?? [];
  return start === undefined ? '' : `: look at line ${start.line}, column ${start.col}`;
};

type Reader = ReturnType<typeof reader>;
type Json = Readonly<Record<string, unknown>>;

const reader = (path: string) => {
  const record = (value: unknown, where: string): Json => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(path, `${where} must be a mapping`);
    return value as Json;
  };
  const list = (value: unknown, where: string): readonly unknown[] => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw bad(path, `${where} must be a list`);
    return value;
  };
  const text = (value: unknown, where: string): string => {
    if (value === undefined || value === null) return '';
    if (typeof value !== 'string') throw bad(path, `${where} must be a text`);
    return value;
  };
  return {
    record,
    list,
    text,
    truth: (value: unknown, where: string): boolean => {
      if (value === undefined || value === null) return false;
      if (typeof value !== 'boolean') throw bad(path, `${where} must be true or false`);
      return value;
    },
    named: (file: Json, many: string, one: string, name: string): Json => {
      const found = list(file[many], many)
        .map((each) => record(each, `an entry of ${many}`))
        .find((each) => each['name'] === name);
      if (found === undefined) throw bad(path, `${many} has no entry ${JSON.stringify(name)}`);
      return record(found[one] ?? {}, `${many}[${name}].${one}`);
    },
  };
};

const tokenOf = (at: Reader, user: Json, where: string, path: string): TextOrFile | undefined => {
  const text = at.text(user['token'], `${where}.token`);
  if (text !== '') return { type: 'text', text };
  const file = at.text(user['tokenFile'], `${where}.tokenFile`);
  return file === '' ? undefined : { type: 'file', path: absolute(path, file) };
};

const EXEC_VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'] as const;

const execOf = (at: Reader, exec: Json, where: string, path: string): ExecPlugin => {
  const apiVersion = EXEC_VERSIONS.find((version) => version === exec['apiVersion']);
  if (apiVersion === undefined) throw bad(path, `${where}.apiVersion must be ${EXEC_VERSIONS.join(' or ')}`);
  const command = at.text(exec['command'], `${where}.command`);
  if (command === '') throw bad(path, `${where}.command is missing`);
  if (exec['interactiveMode'] === 'Always') throw bad(path, `${where}.interactiveMode: Always needs a terminal, which a kubelet has not`);
  return {
    apiVersion,
    // A bare name is looked up in PATH; one with a slash is relative to the kubeconfig.
    command: command.includes('/') ? absolute(path, command) : command,
    args: at.list(exec['args'], `${where}.args`).map((each) => at.text(each, `${where}.args`)),
    env: at.list(exec['env'], `${where}.env`).map((each) => {
      const entry = at.record(each, `${where}.env`);
      return { name: at.text(entry['name'], `${where}.env.name`), value: at.text(entry['value'], `${where}.env.value`) };
    }),
    installHint: at.text(exec['installHint'], `${where}.installHint`),
    provideClusterInfo: at.truth(exec['provideClusterInfo'], `${where}.provideClusterInfo`),
  };
};

const impersonated = (at: Reader, user: Json, where: string): Kubeconfig['impersonate'] => {
  const as = at.text(user['as'], `${where}.as`);
  if (as === '') return undefined;
  const extra = user['as-user-extra'] === undefined ? {} : at.record(user['as-user-extra'], `${where}.as-user-extra`);
  return {
    user: as,
    uid: at.text(user['as-uid'], `${where}.as-uid`),
    groups: at.list(user['as-groups'], `${where}.as-groups`).map((each) => at.text(each, `${where}.as-groups`)),
    extra: Object.fromEntries(
      Object.entries(extra).map(([name, values]) => [name, at.list(values, where).map((each) => at.text(each, where))]),
    ),
  };
};

const serverUrl = (path: string, server: string, where: string): string => {
  const url = parsedUrl(server);
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw bad(path, `${where}.server ${JSON.stringify(server)} is no http or https URL`);
  return server.replace(/(?<!\/)\/+$/, '');
};

const parsedUrl = (text: string): URL | undefined => {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
};

const absolute = (kubeconfig: string, path: string): string => (isAbsolute(path) ? path : join(dirname(kubeconfig), path));

const bad = (path: string, why: string): ClusterError => new ClusterError({ code: 'CLUSTER_KUBECONFIG', message: `${path}: ${why}` });
