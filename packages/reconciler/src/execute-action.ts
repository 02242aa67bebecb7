import { assertNever, describeError, isAbort } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { SchedulerLike } from 'rxjs';
import type { PodActivity } from './core/activity.js';
import { stopOf } from './core/container-stop.js';
import { httpFallback } from './core/http-fallback.js';
import type { PodAction } from './core/pod-action.js';
import type { PodUid } from './core/pod-identity.js';
import { memoryInUse } from './core/resize/check-memory.js';
import type { ResourceAllocator } from './resource-allocator.js';
import type { RuntimePort, StepFailure } from './runtime-port.js';
import { stopContainers } from './stop-containers.js';

/** What the actions of one sync share. */
export interface SyncContext {
  readonly podUid: PodUid;
  /** The manifest, or what is known of an orphan. */
  readonly pod: Pod;
  readonly runtime: RuntimePort;
  /** Undefined: pods are given nothing of their own. */
  readonly resources: ResourceAllocator | undefined;
  readonly scheduler: SchedulerLike;
  readonly emit: (activity: PodActivity) => void;
  /** Ends everything: the kubelet stops. */
  readonly signal: AbortSignal;
  /** Ends what may be given up half-way (pulls, postStart hooks): also aborted when the pod is to end or its manifest changed. */
  readonly interruption: AbortSignal;
  /** Ends a container's start as well, which a change of the manifest does not: it would be a crash that the container has no part in. */
  readonly ending: AbortSignal;
  /** The sandbox that containers are started in; `createSandbox` sets it. */
  sandbox: { readonly podSandboxId: string; readonly attempt: number; readonly ips: readonly string[] } | undefined;
}

/** undefined: done. */
type Outcome = StepFailure | undefined;

/** Carries out one action. Failures are values; an abort is thrown. */
export const executeAction = async (action: PodAction, context: SyncContext): Promise<Outcome> => {
  try {
    return await execute(action, context);
  } catch (error) {
    if (isAbort(error) || context.interruption.aborted) throw error;
    return { ok: false, reason: failureReason(action), message: describeError(error) };
  }
};

const execute = async (action: PodAction, context: SyncContext): Promise<Outcome> => {
  const { runtime, resources, podUid, pod, signal, interruption, emit } = context;
  switch (action.type) {
    case 'allocateResources': {
      const refusal = await resources?.allocate(pod, { signal: interruption, running: action.running });
      if (refusal !== undefined && !action.running) await resources?.release(podUid, { signal }); // also what an earlier process gave it
      return refusal && { ok: false, ...refusal, refused: !action.running };
    }
    case 'releaseResources':
      await resources?.release(podUid, { signal });
      return undefined;
    case 'stopContainers':
      await stopContainers(action.stops, { ...context, hook: { pod, podUid, podIps: context.sandbox?.ips ?? [] } });
      return undefined;
    case 'removeContainer':
      await runtime.removeContainer(action.containerId, { signal, ...(action.keepLogs && { keepLogs: true }) });
      return undefined;
    case 'stopSandbox':
      await runtime.stopSandbox(action.podSandboxId, { signal });
      return undefined;
    case 'removeSandbox':
      await runtime.removeSandbox(action.podSandboxId, { signal });
      return undefined;
    case 'createSandbox':
      return createSandbox(action.attempt, context);
    case 'pullImages':
      await runtime.pullImages(pod, { signal: interruption, report: emit });
      return undefined;
    case 'startContainer':
      return startContainer(action, context);
    case 'checkMemory': {
      const { podSandboxId, containers } = action;
      const message = memoryInUse(
        action,
        await runtime.memoryUsage({ podSandboxId, containerIds: containers.map(({ containerId }) => containerId) }, { signal }),
      );
      return message === undefined ? undefined : { ok: false, reason: 'ResizeError', message };
    }
    case 'updateResources':
      await runtime.updateResources(pod, action.container, action.containerId, { signal });
      return undefined;
    case 'resizePod':
      await runtime.resizePod(action.limits, { signal });
      return undefined;
    case 'refreshVolumes':
      await runtime.refreshVolumes(pod, { signal });
      return undefined;
    case 'releaseVolumes':
      await runtime.releaseVolumes(podUid, { signal });
      return undefined;
    case 'cleanPod':
      await runtime.cleanPod(podUid, { signal });
      return undefined;
    default:
      return assertNever(action);
  }
};

const createSandbox = async (attempt: number, context: SyncContext): Promise<Outcome> => {
  const { runtime, pod, emit, interruption } = context;
  const result = await runtime.createSandbox(pod, attempt, { signal: interruption, report: emit });
  if (!result.ok) return result;
  context.sandbox = { podSandboxId: result.podSandboxId, attempt, ips: result.ips };
  emit({ type: 'sandboxCreated', podSandboxId: result.podSandboxId, ips: result.ips });
  return undefined;
};

const startContainer = async (action: PodAction & { type: 'startContainer' }, context: SyncContext): Promise<Outcome> => {
  const { runtime, pod, sandbox, emit, interruption, ending } = context;
  if (sandbox === undefined) return { ok: false, reason: 'CreateContainerError', message: 'the pod has no sandbox' };
  const { container, restartCount, target } = action;
  if (target !== undefined && target.containerId === undefined)
    return { ok: false, reason: 'CreateContainerConfigError', message: `unable to find target container ${target.name}` };
  const { podSandboxId, attempt: sandboxAttempt, ips: podIps } = sandbox;
  const result = await runtime.startContainer(
    {
      pod,
      container,
      restartCount,
      podSandboxId,
      sandboxAttempt,
      podIps,
      ...(target?.containerId !== undefined && { targetContainerId: target.containerId }),
    },
    { signal: interruption, startSignal: ending, report: emit },
  );
  if (!result.ok) return result;
  const postStart = container.lifecycle?.postStart;
  return postStart === undefined ? undefined : runPostStart(action, postStart, result.containerId, context);
};

/** A postStart hook that fails takes its container with it. */
const runPostStart = async (
  { container }: PodAction & { type: 'startContainer' },
  handler: NonNullable<NonNullable<typeof container.lifecycle>['postStart']>,
  containerId: string,
  context: SyncContext,
): Promise<Outcome> => {
  const { runtime, pod, podUid, sandbox, emit, interruption } = context;
  const podIps = sandbox?.ips ?? [];
  const input = { pod, podUid, containerName: container.name, containerId, handler, podIps };
  const result = await runtime.runHook(input, { signal: interruption });
  interruption.throwIfAborted();
  if (result.ok) {
    if (result.fellBackToHttp !== undefined) emit(httpFallback(container.name, result.fellBackToHttp));
    return undefined;
  }
  emit({
    type: 'hookFailed',
    hook: 'postStart',
    containerName: container.name,
    message: result.message,
    ...(result.output === undefined ? {} : { output: result.output }),
  });
  const stop = stopOf(pod, { ...startedContainer, id: containerId, name: container.name }, 'PostStartHook');
  await stopContainers([stop], { ...context, hook: { pod, podUid, podIps } });
  return { ok: false, reason: 'PostStartHookError', message: result.message, containerId };
};

/** What the stop of a container needs besides its manifest when it has only just been started. */
const startedContainer = {
  sandboxId: '',
  state: 'running',
  restartCount: 0,
  hash: '',
  createdAtMs: 0,
  exitCode: 0,
  reason: '',
  message: '',
  runtimeName: '',
  image: '',
  imageRef: '',
} as const;

const failureReason = (action: PodAction): string => {
  switch (action.type) {
    case 'createSandbox':
      return 'FailedCreatePodSandBox';
    case 'startContainer':
      return 'RunContainerError';
    case 'checkMemory':
    case 'updateResources':
    case 'resizePod':
      return 'ResizeError';
    case 'allocateResources':
      return 'UnexpectedAdmissionError';
    case 'pullImages':
      return 'ErrImagePull';
    case 'refreshVolumes':
      return 'FailedMount';
    case 'releaseVolumes':
      return 'FailedUnMount';
    default:
      return 'FailedKillPod';
  }
};
