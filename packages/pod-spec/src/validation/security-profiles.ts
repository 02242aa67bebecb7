import type { AppArmorProfile, PodSpec, SeccompProfile } from '../gen/pod-types.js';
import { allContainers } from './all-containers.js';
import { byteLength } from './go-print.js';
import { validateDescendingPath } from './local-path.js';
import {
  APPARMOR_CONTAINER_PREFIX,
  APPARMOR_LOCALHOST_PREFIX,
  SECCOMP_CONTAINER_PREFIX,
  SECCOMP_LOCALHOST_PREFIX,
  SECCOMP_POD,
} from './pod-annotations.js';
import type { Report } from './report.js';

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

export const validateSeccompProfile = (profile: SeccompProfile | undefined, field: string, report: Report): void => {
  if (profile === undefined) return;
  const { type = '', localhostProfile } = profile;
  if (type === '') report.required(`${field}.type`, 'type is required when seccompProfile is set');
  else if (!PROFILE_TYPES.includes(type)) report.notSupported(`${field}.type`, type, PROFILE_TYPES);
  if (type !== 'Localhost') {
    if (localhostProfile !== undefined) {
      report.invalidStructure(`${field}.localhostProfile`, profile, 'can only be set when seccomp type is Localhost');
    }
  } else if (localhostProfile === undefined) report.required(`${field}.localhostProfile`, 'must be set when seccomp type is Localhost');
  else validateDescendingPath(localhostProfile, `${field}.localhostProfile`, report);
};

/** The longest path that Linux takes, without the final NUL. */
const MAX_PROFILE_BYTES = 4095;

export const validateAppArmorProfile = (profile: AppArmorProfile | undefined, field: string, report: Report): void => {
  if (profile === undefined) return;
  const { type = '', localhostProfile } = profile;
  if (type === 'Localhost') validateLoadedProfile(localhostProfile, `${field}.localhostProfile`, report);
  else if (type === '') report.required(`${field}.type`, 'type is required when appArmorProfile is set');
  else if (!PROFILE_TYPES.includes(type)) report.notSupported(`${field}.type`, type, PROFILE_TYPES);
  else if (localhostProfile !== undefined) {
    report.invalid(`${field}.localhostProfile`, localhostProfile, 'can only be set when AppArmor type is Localhost');
  }
};

const validateLoadedProfile = (profile: string | undefined, field: string, report: Report): void => {
  const trimmed = trimSpace(profile ?? '');
  if (profile !== undefined && trimmed !== profile) report.invalid(field, profile, 'must not be padded with whitespace');
  else if (trimmed === '') report.required(field, 'must be set when AppArmor type is Localhost');
  if (byteLength(profile ?? '') > MAX_PROFILE_BYTES) report.tooLong(field, MAX_PROFILE_BYTES);
};

/** Without the white space around it that Go's strings.TrimSpace takes off; U+FEFF is none, U+0085 is. */
export const trimSpace = (text: string): string => text.replace(/^\p{White_Space}+|(?<!\p{White_Space})\p{White_Space}+$/gu, '');

type Annotations = Readonly<Record<string, string>>;

interface Pair {
  readonly annotation: string | undefined;
  readonly profile: SeccompProfile | AppArmorProfile | undefined;
  readonly field: string;
}

interface Spelling {
  readonly name: 'seccomp' | 'apparmor';
  readonly localhostPrefix: string;
  readonly runtimeDefault: readonly string[];
}

const SECCOMP: Spelling = {
  name: 'seccomp',
  localhostPrefix: SECCOMP_LOCALHOST_PREFIX,
  runtimeDefault: ['runtime/default', 'docker/default'],
};
const APPARMOR: Spelling = { name: 'apparmor', localhostPrefix: APPARMOR_LOCALHOST_PREFIX, runtimeDefault: ['runtime/default'] };

/** Where a profile is given both by a field and by its older annotation, the two must say the same. */
export const validateProfilesMatchAnnotations = (annotations: Annotations, spec: PodSpec, field: string, report: Report): void => {
  const podContext = spec.securityContext;
  validatePair(
    { annotation: annotations[SECCOMP_POD], profile: podContext?.seccompProfile, field: `${field}.securityContext.seccompProfile` },
    SECCOMP,
    report,
  );
  for (const { container, field: at } of allContainers(spec, field)) {
    const context = container.securityContext;
    const name = container.name ?? '';
    const seccomp = annotations[`${SECCOMP_CONTAINER_PREFIX}${name}`];
    validatePair({ annotation: seccomp, profile: context?.seccompProfile, field: `${at}.securityContext.seccompProfile` }, SECCOMP, report);
    if (spec.os?.name === 'windows') continue;
    const appArmor = annotations[`${APPARMOR_CONTAINER_PREFIX}${name}`];
    const profile = context?.appArmorProfile ?? podContext?.appArmorProfile;
    validatePair({ annotation: appArmor, profile, field: `${at}.securityContext.appArmorProfile` }, APPARMOR, report);
  }
};

const validatePair = ({ annotation, profile, field }: Pair, { name, localhostPrefix, runtimeDefault }: Spelling, report: Report): void => {
  if (annotation === undefined || profile === undefined) return;
  const isSameType = {
    Unconfined: annotation === 'unconfined',
    RuntimeDefault: runtimeDefault.includes(annotation),
    Localhost: annotation.startsWith(localhostPrefix),
  }[profile.type];
  if (isSameType === false) report.forbidden(`${field}.type`, `${name} type in annotation and field must match`);
  else if (profile.type === 'Localhost' && annotation.slice(localhostPrefix.length) !== profile.localhostProfile) {
    report.forbidden(`${field}.localhostProfile`, `${name} profile in annotation and field must match`);
  }
};
