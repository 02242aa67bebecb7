import { parseGoDuration, parseUrl } from '@solo-kubelet/diagnostics/text';
import { fieldsOf, offsetOf, type ReadSettings, readSettings, type SettingsIssue, type Tell } from '@solo-kubelet/manifest-source/settings';
import { labelValueErrors, parseQuantity, qualifiedNameErrors, quantityValue } from '@solo-kubelet/pod-spec';
import { isScalar, type YAMLMap } from 'yaml';
import { parsePinnedHash } from '../core/pinned-hash.js';
import type { PinnedHash, SourceDefinition, TufDefinition } from '../core/source-definition.js';
import { parseSourceUrl } from '../core/source-url.js';
import { readBucketAccess, readRegistryAccess } from './read-access.js';
import { readSourceRollout } from './read-source-rollout.js';

export const SOURCE_API_VERSION = 'solo-kubelet.dev/v1alpha1';
export const SOURCE_KIND = 'ManifestSource';

export interface ParseSourceFileOptions {
  /** For the places of issues. */
  readonly path: string;
  /** Most that `spec.maxBytes` may be; also its default. */
  readonly maxBytes: number;
}

export type ParsedSourceFile =
  | { readonly ok: true; readonly source: SourceDefinition }
  | { readonly ok: false; readonly issues: readonly SettingsIssue[] };

/** Reads one file of the source directory. Every field is checked, and one that is unknown is an error: a misspelled `require` must not pass. */
export const parseSourceFile = (text: string, options: ParseSourceFileOptions): ParsedSourceFile => {
  const parsed: ReadSettings<SourceDefinition> = readSettings(text, {
    path: options.path,
    want: `a ${SOURCE_KIND} of ${SOURCE_API_VERSION}`,
    single: 'one file holds one source: put the others into files of their own',
    read: (root, tell) => readSource(root, tell, options),
  });
  return parsed.ok ? { ok: true, source: parsed.value } : parsed;
};

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const MIN_INTERVAL_MS = 5 * SECOND_MS;
const MAX_INTERVAL_MS = 30 * DAY_MS;
const MAX_TIMEOUT_MS = 3_600_000;
const DEFAULT_IMAGE_BYTES = 16 * 2 ** 30;
const MAX_IMAGE_BYTES = 2 ** 40;
const OF_THE_WEB = 'it is for URLs of http and https alone';

const durationBetween =
  (lowestMs: number, highestMs: number) =>
  (text: string): number | undefined => {
    const ms = parseGoDuration(text);
    return ms !== undefined && ms >= lowestMs && ms <= highestMs ? ms : undefined;
  };

const readSource = (root: YAMLMap, tell: Tell, { maxBytes: mostBytes }: ParseSourceFileOptions): SourceDefinition | undefined => {
  const top = fieldsOf(root, '', tell);
  if (top.text('apiVersion') !== SOURCE_API_VERSION) top.wrong('apiVersion', `want ${SOURCE_API_VERSION}`);
  if (top.text('kind') !== SOURCE_KIND) top.wrong('kind', `want ${SOURCE_KIND}`);
  const metadata = top.map('metadata');
  const spec = top.map('spec');
  top.end();
  if (metadata === undefined || spec === undefined) {
    if (metadata === undefined) top.missing('metadata', 'it is missing: want metadata.name');
    if (spec === undefined) top.missing('spec', 'it is missing: want at least spec.url');
    return undefined;
  }
  const meta = fieldsOf(metadata, 'metadata', tell);
  const name = meta.read('name', 'a name of letters a-z, digits and -, at most 63', (text) => (DNS_LABEL.test(text) ? text : undefined));
  meta.end();
  if (name === undefined) meta.missing('name', 'it is missing or can not be used');

  const fields = fieldsOf(spec, 'spec', tell);
  const url = fields.text('url', 'a URL of http, https, s3 or oci, or bundle:');
  const parsedUrl = url === undefined ? undefined : parseSourceUrl(url);
  if (parsedUrl === undefined) fields.missing('url', 'it is missing or can not be used');
  else if (!parsedUrl.ok) fields.wrong('url', parsedUrl.message);
  const target = parsedUrl?.ok ? parsedUrl.target : undefined;
  const intervalMs = fields.read('interval', 'a duration from 5s to 720h, such as 5m', durationBetween(MIN_INTERVAL_MS, MAX_INTERVAL_MS));
  const jitter = fields.read('jitter', 'a part of the interval such as 10%, at most 100%', readPercent);
  const timeoutMs = fields.read('timeout', 'a duration from 1s to 1h', durationBetween(SECOND_MS, MAX_TIMEOUT_MS));
  const maxBytes = fields.read('maxBytes', `a size of at most ${mostBytes} bytes, such as 1Mi`, (text) => readSize(text, mostBytes));
  const maxImageBytes = fields.read('maxImageBytes', 'a size from 1 to 1Ti, such as 4Gi', (text) => readSize(text, MAX_IMAGE_BYTES));
  const require = fields.oneOf('require', ['signature', 'hash', 'none']) ?? 'signature';
  const namespaces = fields.texts('namespaces');
  const clusterScoped = fields.truth('clusterScoped');
  const priority = fields.read('priority', 'a whole number', (text) => (/^-?\d{1,9}$/.test(text) ? Number(text) : undefined));
  const labels = readLabels(fields.map('labels'), tell);
  const revisions = fields.oneOf('revisions', ['required', 'optional']);
  const renewWithinMs = fields.read('renewWithin', 'a duration such as 720h; 0s: never told', durationBetween(0, Number.MAX_SAFE_INTEGER));
  const headersFile = fields.text('headersFile');
  const rollout = fields.map('rollout');
  const readRollout = rollout && readSourceRollout(rollout, tell);

  const tls = fields.map('tls');
  const tlsFields = tls && fieldsOf(tls, 'spec.tls', tell);
  const caFile = tlsFields?.text('caFile');
  const certFile = tlsFields?.text('certFile');
  const keyFile = tlsFields?.text('keyFile');
  tlsFields?.end();
  if (tlsFields && (certFile === undefined) !== (keyFile === undefined))
    tlsFields.wrong('certFile', 'certFile and keyFile belong together');

  const verification = fields.map('verification');
  const proof = verification && fieldsOf(verification, 'spec.verification', tell);
  const given = proof?.read('hash', 'sha256-HEX or sha512-HEX', parsePinnedHash);
  const keys = proof?.texts('keys') ?? [];
  const keyFiles = proof?.texts('keyFiles') ?? [];
  const signatureUrl = proof?.read('signatureURL', 'an http or https URL', readUrl);
  const sshNamespace = proof?.text('sshNamespace');
  const tufMap = proof?.map('tuf');
  const tuf = tufMap && readTuf(tufMap, url, tell);
  proof?.end();
  const s3 = readBucketAccess(fields.map('s3'), tell);
  const oci = readRegistryAccess(fields.map('oci'), tell);
  fields.end();
  for (const [name, value, type] of [
    ['s3', s3, 'bucket'],
    ['oci', oci, 'artifact'],
  ] as const)
    if (value !== undefined && target !== undefined && target.type !== type) fields.wrong(name, `it is for URLs of ${name}:// alone`);
  if (target?.type === 'bucket' || target?.type === 'artifact') {
    if (headersFile !== undefined) fields.wrong('headersFile', OF_THE_WEB);
    if (signatureUrl !== undefined) proof?.wrong('signatureURL', `${OF_THE_WEB}: the signature lies beside what it signs`);
    if (tufMap !== undefined) proof?.wrong('tuf', OF_THE_WEB);
  }
  if (tufMap !== undefined && (keys.length + keyFiles.length > 0 || signatureUrl !== undefined))
    fields.missing('verification', 'a TUF repository vouches alone: leave out keys, keyFiles and signatureURL');
  if (require !== 'signature' && tufMap !== undefined) fields.missing('require', 'a TUF repository is given: say require: signature');
  const hash = given ?? (require === 'hash' && target?.type === 'artifact' ? artifactHash(target.digest) : undefined);
  if (require === 'signature' && keys.length + keyFiles.length === 0 && tufMap === undefined) {
    fields.missing(
      'verification',
      'no key to verify by: give spec.verification.keys, keyFiles or tuf, or spec.verification.hash with require: hash, or say require: none',
    );
  }
  if (require === 'hash' && hash === undefined)
    fields.missing('verification.hash', 'require: hash needs the hash (of an artifact, a digest in its URL will do)');
  if (require !== 'hash' && hash !== undefined) fields.missing('require', 'a hash is given: say require: hash');
  if (require !== 'signature' && keys.length + keyFiles.length > 0) fields.missing('require', 'keys are given: say require: signature');
  if (name === undefined || url === undefined || target === undefined) return undefined;
  return {
    name,
    url,
    intervalMs: intervalMs ?? 5 * 60 * SECOND_MS,
    jitter: jitter ?? 0.1,
    timeoutMs: timeoutMs ?? 60 * SECOND_MS,
    maxBytes: maxBytes ?? mostBytes,
    maxImageBytes: maxImageBytes ?? DEFAULT_IMAGE_BYTES,
    require,
    ...(hash && { hash }),
    keys,
    keyFiles,
    ...(signatureUrl && { signatureUrl }),
    ...(tuf && { tuf }),
    sshNamespace: sshNamespace ?? 'solo-kubelet',
    ...(caFile && { caFile }),
    ...(certFile && { certFile }),
    ...(keyFile && { keyFile }),
    ...(headersFile && { headersFile }),
    ...(readRollout && { rollout: readRollout }),
    ...(s3 && { s3 }),
    ...(oci && { oci }),
    ...(namespaces && { namespaces }),
    clusterScoped: clusterScoped ?? namespaces === undefined,
    priority: priority ?? 0,
    labels,
    revisions: revisions ?? 'required',
    renewWithinMs: renewWithinMs ?? 30 * DAY_MS,
  };
};

/** The repository that vouches for what is at `url`. */
const readTuf = (map: YAMLMap, url: string | undefined, tell: Tell): TufDefinition | undefined => {
  const fields = fieldsOf(map, 'spec.verification.tuf', tell);
  const rootFile = fields.text('rootFile', 'the path of a root.json');
  const metadataUrl = fields.read('metadataURL', 'an http or https URL without a query', readPlainUrl);
  const given = fields.read('target', 'a path such as fleet/site.yaml', (text) => (isTarget(text) ? text : undefined));
  fields.end();
  if (rootFile === undefined) fields.missing('rootFile', 'it is missing: the root.json with which trust begins');
  if (metadataUrl === undefined) fields.missing('metadataURL', 'it is missing or can not be used');
  const path = url === undefined || readPlainUrl(url) === undefined ? undefined : pathOf(url);
  if (path === undefined) {
    fields.missing('target', 'with a TUF repository, spec.url is an http or https URL without a query');
    return undefined;
  }
  const target = given ?? path.split('/').at(-1) ?? '';
  if (!isTarget(target) || !path.endsWith(`/${target}`)) {
    fields.missing('target', `spec.url has to end with the path of the target, and ${JSON.stringify(path)} does not`);
    return undefined;
  }
  return rootFile === undefined || metadataUrl === undefined ? undefined : { rootFile, metadataUrl, target };
};

/** Parts that are no `.` or `..`, and nothing that has to be written otherwise in a URL. */
const isTarget = (text: string): boolean => text.split('/').every((part) => /^[A-Za-z0-9._~-]+$/.test(part) && !/^\.{1,2}$/.test(part));

const pathOf = (url: string): string | undefined => parseUrl(url)?.pathname;

const readPlainUrl = (text: string): string | undefined => {
  const url = parseUrl(text);
  return url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' ? readUrl(text) : undefined;
};

const readUrl = (text: string): string | undefined => {
  const url = parseUrl(text);
  return url !== undefined && /^https?:$/.test(url.protocol) && url.host !== '' ? text : undefined;
};

/** A digest that an artifact is asked for by. */
const artifactHash = (digest: string | undefined): PinnedHash | undefined => {
  const parsed = digest === undefined ? undefined : parsePinnedHash(digest);
  return parsed && { ...parsed, of: 'artifact' };
};

const readPercent = (text: string): number | undefined => {
  const percent = /^(\d{1,3})%$/.exec(text)?.[1];
  return percent !== undefined && Number(percent) <= 100 ? Number(percent) / 100 : undefined;
};

const readSize = (text: string, most: number): number | undefined => {
  try {
    const bytes = Number(quantityValue(parseQuantity(text)));
    return bytes >= 1 && bytes <= most ? bytes : undefined;
  } catch {
    return undefined;
  }
};

const readLabels = (map: YAMLMap | undefined, tell: Tell): Readonly<Record<string, string>> => {
  const labels: [string, string][] = [];
  for (const { key, value } of map?.items ?? []) {
    const name = isScalar(key) ? String(key.value) : '';
    const text = isScalar(value) && typeof value.value === 'string' ? value.value : undefined;
    const wrong = text === undefined ? ['want a text'] : [...qualifiedNameErrors(name), ...labelValueErrors(text)];
    if (wrong[0] !== undefined || text === undefined) tell(offsetOf(key), `spec.labels[${name}]`, wrong[0] ?? 'want a text');
    else labels.push([name, text]);
  }
  return Object.fromEntries(labels);
};
