import type { PodSpec } from '../gen/pod-types.js';
import { allContainers } from './all-containers.js';
import { parseAnnotatedTolerations } from './annotated-tolerations.js';
import { goQuote } from './go-print.js';
import { validateDescendingPath } from './local-path.js';
import type { Report } from './report.js';
import { validateTolerations } from './tolerations.js';

const MIRROR = 'kubernetes.io/config.mirror';
const TOLERATIONS = 'scheduler.alpha.kubernetes.io/tolerations';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
export const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
export const SECCOMP_CONTAINER_PREFIX = 'container.seccomp.security.alpha.kubernetes.io/';
export const SECCOMP_LOCALHOST_PREFIX = 'localhost/';
export const APPARMOR_CONTAINER_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';
export const APPARMOR_LOCALHOST_PREFIX = 'localhost/';

type Annotations = Readonly<Record<string, string>>;

export const isMirrorPod = (annotations: Annotations | undefined): boolean => annotations?.[MIRROR] !== undefined;

/** The annotations that mean something to Kubernetes itself. */
export const validatePodAnnotations = (annotations: Annotations, spec: PodSpec, field: string, report: Report): void => {
  const mirror = annotations[MIRROR];
  if (mirror !== undefined && !spec.nodeName) {
    report.invalid(`${field}[${MIRROR}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set');
  }
  validateTolerationsAnnotation(annotations[TOLERATIONS] ?? '', field, report);
  const cost = annotations[DELETION_COST];
  if (cost !== undefined && !isInt32(cost)) report.invalid(`${field}[${DELETION_COST}]`, cost, 'must be a 32bit integer');
  for (const [key, value] of Object.entries(annotations)) {
    if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER_PREFIX)) validateSeccompAnnotation(value, `${field}.${key}`, report);
    if (key.startsWith(APPARMOR_CONTAINER_PREFIX)) validateAppArmorAnnotation(key, value, spec, `${field}[${key}]`, report);
  }
};

const validateTolerationsAnnotation = (text: string, field: string, report: Report): void => {
  if (text === '') return;
  const result = parseAnnotatedTolerations(text);
  if ('error' in result) report.invalid(field, TOLERATIONS, result.error);
  else validateTolerations(result.tolerations, `${field}.${TOLERATIONS}`, report);
};

/** Decimal digits without a plus sign or leading zeros, within 32 bits. */
const isInt32 = (text: string): boolean => {
  if (!/^(0|[1-9]\d*|-\d+)$/.test(text)) return false;
  const value = Number(text);
  return value >= -(2 ** 31) && value < 2 ** 31;
};

const SECCOMP_PROFILES: ReadonlySet<string> = new Set(['runtime/default', 'docker/default', 'unconfined']);

const validateSeccompAnnotation = (profile: string, field: string, report: Report): void => {
  if (SECCOMP_PROFILES.has(profile)) return;
  if (!profile.startsWith(SECCOMP_LOCALHOST_PREFIX)) report.invalid(field, profile, 'must be a valid seccomp profile');
  else validateDescendingPath(profile.slice(SECCOMP_LOCALHOST_PREFIX.length), field, report);
};

const validateAppArmorAnnotation = (key: string, profile: string, spec: PodSpec, field: string, report: Report): void => {
  const containerName = key.slice(APPARMOR_CONTAINER_PREFIX.length);
  if (!allContainers(spec).some(({ container }) => (container.name ?? '') === containerName)) {
    report.invalid(field, containerName, 'container not found');
  }
  const isKnown =
    profile === '' || profile === 'runtime/default' || profile === 'unconfined' || profile.startsWith(APPARMOR_LOCALHOST_PREFIX);
  if (!isKnown) report.invalid(field, profile, `invalid AppArmor profile name: ${goQuote(profile)}`);
};
