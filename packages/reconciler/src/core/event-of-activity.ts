import { formatGoDuration } from '@solo-kubelet/diagnostics/text';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodActivity } from './activity.js';
import type { KubeletEvent } from './kubelet-event.js';
import { formatPod } from './pod-identity.js';

/** What others have to tell, of the node unless it is about something else. */
export interface ToldEvent extends EventDraft {
  readonly about?: KubeletEvent['involvedObject'];
}

/** An event before it is counted. */
export interface EventDraft {
  readonly type: KubeletEvent['type'];
  readonly reason: string;
  readonly message: string;
  readonly containerName?: string;
  /** Who tells of it, as `source.component`. Default: `kubelet`. */
  readonly component?: string;
}

const normal = (reason: string, message: string, containerName?: string): EventDraft => ({
  type: 'Normal',
  reason,
  message,
  containerName,
});
const warning = (reason: string, message: string, containerName?: string): EventDraft => ({
  type: 'Warning',
  reason,
  message,
  containerName,
});

/** Go's units of a byte count are plain: `Image size: 123 bytes.` */
const pulledMessage = ({ image, present, verified, durationMs, waitedMs, sizeBytes }: PodActivity & { type: 'imagePulled' }): string =>
  present
    ? `Container image "${image}" already present on machine${verified === true ? ' and can be accessed by the pod' : ''}`
    : `Successfully pulled image "${image}" in ${formatGoDuration(Math.trunc(durationMs))} (${formatGoDuration(Math.trunc(durationMs + waitedMs))} including waiting). Image size: ${sizeBytes} bytes.`;

/** What a command wrote comes on lines of its own, below the one that logs tell. */
const hookMessage = ({ message, output }: PodActivity & { type: 'hookFailed' }): string =>
  output === undefined || output === '' ? message : `${message}\n${output}`;

/** The event that upstream would record, in its words; undefined for what it keeps to itself. */
export const eventOfActivity = (activity: PodActivity, pod: Pod): EventDraft | undefined => {
  switch (activity.type) {
    case 'imagePulling':
      return normal('Pulling', `Pulling image "${activity.image}"`, activity.containerName);
    case 'imagePulled':
      return normal('Pulled', pulledMessage(activity), activity.containerName);
    case 'imageFailed':
      return activity.reason === 'ImagePullBackOff'
        ? normal('BackOff', `Back-off pulling image "${activity.image}"`, activity.containerName)
        : warning(imageEventReasons[activity.reason] ?? 'Failed', activity.message, activity.containerName);
    case 'containerCreated':
      return normal('Created', `Container created`, activity.containerName);
    case 'containerStarted':
      return normal('Started', `Container started`, activity.containerName);
    case 'notice':
      return { type: activity.level, reason: activity.reason, message: activity.message, containerName: activity.containerName };
    case 'podRefused':
      return (activity.waits === 'Normal' ? normal : warning)(activity.reason, activity.message);
    case 'resizePending':
      return warning(`Resize${activity.reason}`, resizeMessage(activity.reason, pod, activity.message));
    case 'resizeStarted':
      return normal('ResizeStarted', resizeMessage('started', pod));
    case 'resizeFailed':
      return warning('ResizeError', resizeMessage('error', pod, activity.message));
    case 'resizeCompleted':
      return normal('ResizeCompleted', resizeMessage('completed', pod));
    case 'sandboxChanged':
      return normal('SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
    case 'containerStopping':
      return normal('Killing', activity.stop.message, activity.stop.containerName);
    case 'hookFailed':
      return warning(
        activity.hook === 'preStop' ? 'FailedPreStopHook' : 'FailedPostStartHook',
        hookMessage(activity),
        activity.containerName,
      );
    case 'backoff':
      return warning(
        'BackOff',
        `Back-off restarting failed container ${activity.containerName} in pod ${formatPod(pod)}`,
        activity.containerName,
      );
    case 'setAside':
      return warning('FailedSync', `error syncing pod, skipping: ${activity.message}`);
    case 'terminated':
      return warning(activity.reason, activity.message);
    case 'deadlineExceeded':
      return normal('DeadlineExceeded', 'Pod was active on the node longer than the specified deadline');
    case 'actionFailed':
      return failureEvent(activity);
    default:
      return undefined;
  }
};

/** Upstream: pkg/kubelet/events/event.go PodResizeStartedMsg and its like. */
const resizeMessage = (what: string, { metadata, spec }: Pod, error?: string): string => {
  const told = (containers: Pod['spec']['containers']) => containers.map(({ name, resources = {} }) => ({ name, resources }));
  const { initContainers = [], containers, resources } = spec;
  const text = JSON.stringify({
    ...(initContainers.length > 0 && { initContainers: told(initContainers) }),
    containers: told(containers),
    ...(resources && { resources }),
    generation: Number(metadata.generation ?? 0),
    ...(error !== undefined && { error }),
  });
  return `Pod resize ${what}: ${text}`;
};

const failureEvent = ({ action, reason, message }: PodActivity & { type: 'actionFailed' }): EventDraft | undefined => {
  switch (action.type) {
    case 'startContainer':
      if (reason === 'PostStartHookError') return undefined; // has had its own event
      return warning('Failed', `Error: ${imageReasons.has(reason) ? reason : message}`, action.container.name);
    case 'createSandbox':
      return warning(reason, `${sandboxFailures[reason] ?? ''}${message}`);
    case 'stopContainers':
    case 'stopSandbox':
      return warning('FailedKillPod', `error killing pod: ${message}`);
    case 'checkMemory':
    case 'updateResources':
    case 'resizePod':
      return undefined; // told once, when the resize has failed
    default:
      return warning(reason, message);
  }
};

const sandboxFailures: Readonly<Record<string, string>> = {
  FailedCreatePodSandBox: 'Failed to create pod sandbox: ',
  FailedPodSandBoxStatus: 'Unable to get pod sandbox status: ',
  FailedCreatePodContainer: 'unable to ensure pod container exists: ',
};

/** Events about an image that was never asked of a registry, by the container's waiting reason (pkg/kubelet/images/image_manager.go). */
const imageEventReasons: Readonly<Record<string, string>> = {
  ErrImageNeverPull: 'ErrImageNeverPull',
  ImageInspectError: 'InspectFailed',
  InvalidImageName: 'InspectFailed',
};

const imageReasons: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'ImageInspectError',
  'InvalidImageName',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** `spec.containers{app}`: where in the manifest a container is. */
export const fieldPathOf = (pod: Pod, containerName: string | undefined): string | undefined => {
  const list = CONTAINER_LISTS.find((each) => pod.spec[each]?.some(({ name }) => name === containerName));
  return list && `spec.${list}{${containerName}}`;
};
