import type { Container, Int64, Pod } from '@solo-kubelet/pod-spec';
import type { ImageFacts } from '../pod-environment.js';
import { PodEnvironmentError } from '../pod-environment-error.js';

const MAX_ID = 2 ** 31 - 1;

/** The container's runAsUser, else the pod's. */
export const effectiveRunAsUser = (pod: Pod, container: Container): Int64 | undefined =>
  container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;

/** Throws when a container that must not run as root would, or might. Upstream: pkg/kubelet/kuberuntime/security_context_others.go. */
export const verifyRunAsNonRoot = (pod: Pod, container: Container, { uid, username }: ImageFacts): void => {
  if (!(container.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot)) return;
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
  const runAsUser = effectiveRunAsUser(pod, container);
  if (runAsUser !== undefined) {
    if (BigInt(runAsUser) === 0n) throw refused(`container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  if (uid === undefined && username) {
    throw refused(`container has runAsNonRoot and image has non-numeric user (${username}), cannot verify user is non-root ${where}`);
  }
  if (!uid) throw refused(`container has runAsNonRoot and image will run as root ${where}`);
  if (uid < 0 || uid > MAX_ID)
    throw refused(`container has runAsNonRoot and image user ${uid} is invalid, must be in range [0, ${MAX_ID}] ${where}`);
};

const refused = (message: string): PodEnvironmentError =>
  new PodEnvironmentError({
    code: 'NON_ROOT_REQUIRED',
    message,
    hint: 'Set runAsUser to a number other than 0, or build the image with a numeric USER.',
  });
