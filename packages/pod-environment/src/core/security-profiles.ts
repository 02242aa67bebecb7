import type { SecurityProfile } from '@solo-kubelet/cri-types';
import type { AppArmorProfile, Container, Pod, SeccompProfile } from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { securityProfileType } from './cri-enums.js';

export interface SeccompSettings {
  /** Directory of Localhost profiles: `<root>/seccomp`. */
  readonly profilesDir: string;
  readonly seccompDefault: boolean;
}

export const runtimeDefaultProfile: SecurityProfile = { profileType: securityProfileType.RuntimeDefault, localhostRef: '' };

/** The container's profile, else the pod's, else the node's default. Whether a Localhost profile exists is for the runtime to see. */
export const containerSeccomp = (pod: Pod, container: Container, { profilesDir, seccompDefault }: SeccompSettings): SecurityProfile => {
  const profile: SeccompProfile = container.securityContext?.seccompProfile ??
    pod.spec.securityContext?.seccompProfile ?? { type: seccompDefault ? 'RuntimeDefault' : 'Unconfined' };
  if (profile.type !== 'Localhost') return { profileType: securityProfileType[profile.type], localhostRef: '' };
  if (!profile.localhostProfile) {
    throw new PodEnvironmentError({
      code: 'SECCOMP_PROFILE_INVALID',
      retryable: false,
      message: 'localhostProfile must be set if seccompProfile type is Localhost.',
    });
  }
  return { profileType: securityProfileType.Localhost, localhostRef: `${profilesDir}/${profile.localhostProfile}` };
};

const annotationPrefix = 'container.apparmor.security.beta.kubernetes.io/';

/** The AppArmor profile that a container asks for: its field, the old annotation, the pod's field; undefined when nobody says. */
export const containerAppArmor = (pod: Pod, container: Container): AppArmorProfile | undefined =>
  container.securityContext?.appArmorProfile ??
  annotatedProfile(pod.metadata.annotations?.[annotationPrefix + container.name]) ??
  pod.spec.securityContext?.appArmorProfile;

/** The profile in both of CRI's forms: the message and the deprecated string. */
export const criAppArmor = (
  profile: AppArmorProfile | undefined,
): { readonly apparmor?: SecurityProfile; readonly apparmorProfile: string } => {
  if (profile === undefined) return { apparmorProfile: '' };
  const localhostRef = profile.type === 'Localhost' ? (profile.localhostProfile ?? '') : '';
  const legacy = { RuntimeDefault: 'runtime/default', Unconfined: 'unconfined', Localhost: `localhost/${localhostRef}` };
  return { apparmor: { profileType: securityProfileType[profile.type], localhostRef }, apparmorProfile: legacy[profile.type] };
};

/** Whether any container asks for AppArmor to confine it; such a pod is not admitted on a host without AppArmor (reason `AppArmor`). */
export const requiresAppArmor = (pod: Pod): boolean =>
  [...(pod.spec.initContainers ?? []), ...pod.spec.containers].some((container) => {
    const profile = containerAppArmor(pod, container);
    return profile !== undefined && profile.type !== 'Unconfined';
  });

const annotatedProfile = (value: string | undefined): AppArmorProfile | undefined => {
  if (value === 'runtime/default') return { type: 'RuntimeDefault' };
  if (value === 'unconfined') return { type: 'Unconfined' };
  return value?.startsWith('localhost/') ? { type: 'Localhost', localhostProfile: value.slice('localhost/'.length) } : undefined;
};
