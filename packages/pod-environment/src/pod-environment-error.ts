import { defineFailure, type Failure, type FailureOptions } from '@solo-kubelet/diagnostics';

/**
 * What Kubernetes calls each failure: the waiting reason of the container, or the reason of the event about the pod.
 * Upstream: pkg/kubelet/events/event.go, pkg/kubelet/kuberuntime/kuberuntime_container.go.
 */
const reasonByCode = {
  POD_DIRECTORIES_FAILED: 'Failed',
  POD_CGROUP_FAILED: 'FailedCreatePodContainer',
  VOLUME_SETUP_FAILED: 'FailedMount',
  HOST_PATH_TYPE_MISMATCH: 'FailedMount',
  VOLUME_UNSUPPORTED: 'FailedMount',
  MOUNT_FAILED: 'FailedMount',
  UNMOUNT_FAILED: 'FailedUnMount',
  CLEANUP_FAILED: 'FailedKillPod',
  HOSTNAME_TOO_LONG: 'FailedCreatePodSandBox',
  RESOLV_CONF_UNREADABLE: 'FailedCreatePodSandBox',
  RUNTIME_CLASS_UNKNOWN: 'FailedCreatePodSandBox',
  USER_NAMESPACE_UNAVAILABLE: 'FailedCreatePodSandBox',
  SECCOMP_PROFILE_INVALID: 'CreateContainerConfigError',
  ENVIRONMENT_INVALID: 'CreateContainerConfigError',
  NON_ROOT_REQUIRED: 'CreateContainerConfigError',
  SUB_PATH_REFUSED: 'CreateContainerConfigError',
  MOUNT_UNSUPPORTED: 'CreateContainerConfigError',
  DEVICE_NOT_ALLOWED: 'CreateContainerConfigError',
  CONTAINER_FILES_FAILED: 'CreateContainerConfigError',
} as const satisfies Record<string, string>;

export type PodEnvironmentErrorCode = keyof typeof reasonByCode;

/** Kubernetes' own word for a failure: a container's waiting reason or an event's reason. */
export type PodEnvironmentReason = (typeof reasonByCode)[PodEnvironmentErrorCode];

const Base = defineFailure<PodEnvironmentErrorCode>('PodEnvironmentError');

/**
 * Why a pod's surroundings could not be made. `message` is what belongs in the pod's status or event, `reason` is Kubernetes' word for it.
 * `retryable` is true when the cause can go away by itself or by an act of the node's owner (a file that appears, a server that comes back);
 * false when only another manifest helps.
 */
export class PodEnvironmentError extends Base {
  constructor({ retryable = true, ...options }: FailureOptions<PodEnvironmentErrorCode>) {
    super({ ...options, retryable });
  }

  get reason(): PodEnvironmentReason {
    return reasonByCode[this.code];
  }

  static override is(error: unknown): error is PodEnvironmentError & Failure<PodEnvironmentErrorCode> {
    return Base.is(error);
  }
}
