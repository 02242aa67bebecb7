import type {
  ClusterTrustBundleProjection,
  DownwardAPIProjection,
  PodCertificateProjection,
  ProjectedVolumeSource,
  SecretProjection,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../gen/pod-types.js';
import { validateDownwardFile } from '../downward-api.js';
import { dnsSubdomainErrors, qualifiedNameErrors } from '../grammar.js';
import { validateLabelSelector } from '../labels.js';
import { validateFileMode, validateNonReservedPath } from '../local-path.js';
import { validateAnnotationsSize } from '../metadata.js';
import type { Report } from '../report.js';
import { validateId } from '../security-context.js';
import { validateKeysToPaths } from './key-files.js';
import { isKubernetesSigner, validateSignerName } from './signer-name.js';

/** The volume that the sources share: its path, and the files that they have put there so far. */
interface Target {
  readonly field: string;
  readonly paths: Set<string>;
}

export const validateProjected = ({ defaultMode, defaultUser, sources }: ProjectedVolumeSource, field: string, report: Report): void => {
  validateFileMode(defaultMode, `${field}.defaultMode`, report);
  validateId(defaultUser, `${field}.defaultUser`, report);
  const target: Target = { field, paths: new Set() };
  for (const [i, source] of (sources ?? []).entries()) validateProjection(source, target, `${field}.sources[${i}]`, report);
};

const validateProjection = (source: VolumeProjection, target: Target, field: string, report: Report): void => {
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  for (const [name, value] of Object.entries({ serviceAccountToken, clusterTrustBundle, podCertificate })) {
    validateId(value?.user, `${field}.${name}.user`, report);
  }
  if (secret) validateKeys(secret, target, `${field}.secret`, report);
  if (configMap) validateKeys(configMap, target, `${field}.configMap`, report);
  if (downwardAPI) validateDownwardFiles(downwardAPI, target, `${field}.downwardAPI`, report);
  if (serviceAccountToken) validateToken(serviceAccountToken, target, `${field}.serviceAccountToken`, report);
  if (clusterTrustBundle) validateTrustBundle(clusterTrustBundle, target, `${field}.clusterTrustBundle`, report);
  if (podCertificate) validatePodCertificate(podCertificate, target, `${field}.podCertificate`, report);
  const given = [secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate].filter(Boolean);
  if (given.length > 1) report.forbidden(field, 'may not specify more than 1 volume type per source');
};

/** Files must not fall on one another; the error is the volume's, with `shown` as its value. */
const claimPath = (path: string, { field, paths }: Target, report: Report, shown = path): void => {
  if (paths.has(path)) report.invalid(field, shown, 'conflicting duplicate paths');
  else paths.add(path);
};

/** Keys of a Secret or a ConfigMap. */
const validateKeys = ({ name = '', items }: SecretProjection, target: Target, field: string, report: Report): void => {
  if (name === '') report.required(`${field}.name`);
  validateKeysToPaths(items, `${field}.items`, report);
  for (const { path } of items ?? []) if (path) claimPath(path, target, report, name);
};

const validateDownwardFiles = ({ items }: DownwardAPIProjection, target: Target, field: string, report: Report): void => {
  for (const file of items ?? []) {
    validateDownwardFile(file, field, report);
    if (file.path) claimPath(file.path, target, report);
  }
};

const MIN_TOKEN_SECONDS = 10 * 60;
const MAX_TOKEN_SECONDS = 2 ** 32;

/** The errors of the path lie in the volume, not in the source, as upstream's. */
const validateToken = (token: ServiceAccountTokenProjection, target: Target, field: string, report: Report): void => {
  const { expirationSeconds = 0, path = '' } = token;
  if (expirationSeconds < MIN_TOKEN_SECONDS) {
    report.invalid(`${field}.expirationSeconds`, expirationSeconds, 'may not specify a duration less than 10 minutes');
  }
  if (expirationSeconds > MAX_TOKEN_SECONDS) {
    report.invalid(`${field}.expirationSeconds`, expirationSeconds, 'may not specify a duration larger than 2^32 seconds');
  }
  if (path === '') report.required(`${target.field}.path`);
  else validateNonReservedPath(path, `${target.field}.path`, report);
};

const validateTrustBundle = (bundle: ClusterTrustBundleProjection, target: Target, field: string, report: Report): void => {
  const { name, signerName, labelSelector, path = '' } = bundle;
  if (name !== undefined && signerName !== undefined) {
    report.invalidStructure(field, bundle, 'only one of name and signerName may be used');
  } else if (name !== undefined) {
    validateBundleName(name, `${field}.name`, report);
    if (labelSelector) {
      report.invalidStructure(`${field}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified');
    }
  } else if (signerName !== undefined) {
    if (signerName === '') report.required(`${field}.signerName`, 'must be a valid signer name');
    validateSignerName(signerName, `${field}.signerName`, report);
    validateLabelSelector(labelSelector, `${field}.labelSelector`, report);
  } else report.required(field, 'either name or signerName must be specified');
  if (path === '') report.required(`${field}.path`);
  validateNonReservedPath(path, `${field}.path`, report);
  claimPath(path, target, report);
};

/** The bundle of a signer has the signer in its name: `example.com:signer:name`. */
const validateBundleName = (name: string, field: string, report: Report): void => {
  if (name === '') report.required(field, 'must be a valid object name');
  for (const problem of bundleNameErrors(name)) report.invalid(field, name, `not a valid clustertrustbundlename: ${problem}`);
};

const bundleNameErrors = (name: string): string[] => {
  const end = name.lastIndexOf(':');
  if (end === -1) return dnsSubdomainErrors(name);
  if (end === 0) return ['ClusterTrustBundle without signer name must not have ":" in its name'];
  const signerName = name.slice(0, end).replaceAll(':', '/');
  const prefix = `${signerName.replaceAll('/', ':')}:`;
  return name.startsWith(prefix)
    ? dnsSubdomainErrors(name.slice(prefix.length))
    : [`ClusterTrustBundle for signerName ${signerName} must be named with prefix ${prefix}`];
};

const KEY_TYPES = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'];
const MIN_CERTIFICATE_SECONDS = 60 * 60;
const MAX_CERTIFICATE_SECONDS = 91 * 24 * 60 * 60;
const MAX_KUBERNETES_CERTIFICATE_SECONDS = 24 * 60 * 60;

const validatePodCertificate = (certificate: PodCertificateProjection, target: Target, field: string, report: Report): void => {
  const { signerName = '', keyType = '', userAnnotations = {} } = certificate;
  validateSignerName(signerName, `${field}.signerName`, report);
  if (!KEY_TYPES.includes(keyType)) report.notSupported(`${field}.keyType`, keyType, KEY_TYPES);
  validateCertificateLifetime(certificate, `${field}.maxExpirationSeconds`, report);
  const names = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const;
  const given = names.filter((name) => certificate[name]);
  if (given.length === 0) {
    report.required(field, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath');
  }
  for (const name of given) {
    const path = certificate[name]!;
    validateNonReservedPath(path, `${field}.${name}`, report);
    claimPath(path, target, report);
  }
  validateUserAnnotations(userAnnotations, `${field}.userAnnotations`, report);
};

const validateCertificateLifetime = (certificate: PodCertificateProjection, field: string, report: Report): void => {
  const { maxExpirationSeconds: seconds, signerName = '' } = certificate;
  if (seconds === undefined) return;
  const max = isKubernetesSigner(signerName) ? MAX_KUBERNETES_CERTIFICATE_SECONDS : MAX_CERTIFICATE_SECONDS;
  if (seconds < MIN_CERTIFICATE_SECONDS) {
    report.invalid(field, seconds, `if provided, maxExpirationSeconds must be >= ${MIN_CERTIFICATE_SECONDS}`);
  }
  if (seconds > max) report.invalid(field, seconds, `if provided, maxExpirationSeconds must be <= ${max}`);
};

/** Every key is `domain/name`; case does not count. */
const validateUserAnnotations = (annotations: Readonly<Record<string, string>>, field: string, report: Report): void => {
  for (const name of Object.keys(annotations)) {
    const key = name.toLowerCase();
    const errors = qualifiedNameErrors(key);
    if (key === '') report.required(field);
    else if (errors.length > 0) report.invalidEach(field, key, errors);
    else if (!key.includes('/')) report.invalid(field, key, 'must be a domain-prefixed key (such as "acme.io/foo")');
  }
  validateAnnotationsSize(annotations, field, report);
};
