import type { CriInterceptor } from '@solo-kubelet/cri-client';
import type { KubeletMetrics } from '@solo-kubelet/node-api';
import type { ContainerKind, KubeletActivity } from '@solo-kubelet/reconciler';
import type { SeenPod } from './first-seen.js';

/** Operation types whose name is not simply the RPC's in snake case (pkg/kubelet/metrics, cri-client/pkg/remote_runtime.go). */
const OPERATIONS: Readonly<Record<string, string>> = {
  RunPodSandbox: 'run_podsandbox',
  StopPodSandbox: 'stop_podsandbox',
  RemovePodSandbox: 'remove_podsandbox',
  PodSandboxStatus: 'podsandbox_status',
  ListPodSandbox: 'list_podsandbox',
  PodSandboxStats: 'podsandbox_stats',
  ListPodSandboxStats: 'list_podsandbox_stats',
  ListPodSandboxMetrics: 'list_podsandbox_metrics',
  UpdatePodSandboxResources: 'update_podsandbox_resources',
  UpdateContainerResources: 'update_container',
};

export const operationType = (method: string): string =>
  OPERATIONS[method] ?? method.replace(/[A-Z]/g, (letter, at: number) => `${at > 0 ? '_' : ''}${letter.toLowerCase()}`);

/** Counts and times every CRI call. */
export const metricsInterceptor =
  (metrics: KubeletMetrics): CriInterceptor =>
  (next) =>
  async (call) => {
    const startedMs = performance.now();
    const record = (failed: boolean): void => {
      const seconds = (performance.now() - startedMs) / 1_000;
      if (!call.streaming) metrics.runtimeOperation(operationType(call.method), seconds, failed);
      if (call.method === 'RunPodSandbox') {
        const { runtimeHandler = '' } = call.request as { readonly runtimeHandler?: string };
        metrics.sandboxRun(runtimeHandler, seconds, failed);
      }
    };
    try {
      const reply = await next(call);
      record(false);
      return reply;
    } catch (error) {
      record(true);
      throw error;
    }
  };

/** Turns what the reconciler does into the kubelet's counters; give it every activity in order. */
export const activityRecorder = (metrics: KubeletMetrics): ((activity: KubeletActivity) => void) => {
  const passes = new Map<string, PassClock>();
  const resizes = new Map<string, ResizeClock>();
  return (activity) => {
    if (activity.scope === 'node') {
      if (activity.type === 'relisted') metrics.relisted(activity.durationMs / 1_000, activity.atMs);
      return;
    }
    clockPass(metrics, passes, activity);
    recordStep(metrics, activity);
    clockResize(metrics, resizes, activity);
  };
};

type PodStep = KubeletActivity & { readonly scope: 'pod' };

interface PassClock {
  readonly startedMs: number | undefined;
  readonly ending: boolean;
  readonly passed: boolean;
}

/** A pass is timed from its first action: one that finds nothing to do costs next to nothing and is not counted. */
const clockPass = (metrics: KubeletMetrics, passes: Map<string, PassClock>, activity: PodStep): void => {
  const { podUid, type, atMs } = activity;
  const clock = passes.get(podUid) ?? { startedMs: undefined, ending: false, passed: false };
  if (type === 'podEnding') passes.set(podUid, { ...clock, ending: true });
  else if (type === 'actionStarted') passes.set(podUid, { ...clock, startedMs: clock.startedMs ?? atMs });
  else if (type === 'podForgotten') passes.delete(podUid);
  else if (type === 'syncFinished' && clock.startedMs !== undefined) {
    metrics.podWorked(clock.ending ? 'terminating' : clock.passed ? 'sync' : 'create', (atMs - clock.startedMs) / 1_000);
    passes.set(podUid, { ...clock, startedMs: undefined, passed: true });
  }
};

/** What the steps of a resize have taken so far, and when the one at work began. */
interface ResizeClock {
  readonly startedMs: number;
  readonly spentMs: number;
}

/** The steps of a resize, without those of the same pass that start or stop containers (kuberuntime doPodResizeAction). */
const clockResize = (metrics: KubeletMetrics, resizes: Map<string, ResizeClock>, activity: PodStep): void => {
  const { podUid, type, atMs } = activity;
  if (type === 'syncFinished' || type === 'podForgotten') resizes.delete(podUid);
  if (type !== 'actionStarted' && type !== 'actionSucceeded' && type !== 'actionFailed') return;
  const { action } = activity;
  if (!RESIZE_STEPS.has(action.type)) return;
  const { startedMs, spentMs } = resizes.get(podUid) ?? { startedMs: atMs, spentMs: 0 };
  if (type === 'actionStarted') resizes.set(podUid, { startedMs: atMs, spentMs });
  else if (type === 'actionFailed' || (action.type === 'resizePod' && action.final)) {
    metrics.resizeEnded(type === 'actionSucceeded', spentMs + atMs - startedMs);
    resizes.delete(podUid);
  } else resizes.set(podUid, { startedMs: atMs, spentMs: spentMs + atMs - startedMs });
};

const RESIZE_STEPS: ReadonlySet<string> = new Set(['checkMemory', 'updateResources', 'resizePod']);

const recordStep = (metrics: KubeletMetrics, activity: PodStep): void => {
  switch (activity.type) {
    case 'actionStarted':
      if (activity.action.type === 'createSandbox') {
        metrics.podStarting();
        metrics.containerStarting('pod_sandbox');
      } else if (activity.action.type === 'startContainer') metrics.containerStarting(containerType(activity.action.kind));
      return;
    case 'actionFailed':
      if (activity.action.type === 'createSandbox') {
        metrics.podStartFailed();
        metrics.containerStartFailed('pod_sandbox', activity.reason);
      } else if (activity.action.type === 'startContainer')
        metrics.containerStartFailed(containerType(activity.action.kind), activity.reason);
      return;
    case 'imagePulled':
      if (!activity.present) metrics.imagePulled(activity.sizeBytes, activity.durationMs / 1_000);
      return;
    case 'resizeRequested':
      for (const operation of activity.operations) metrics.resizeRequested(operation);
      return;
    case 'resizeAccepted':
      metrics.deferredResizeAccepted(activity.trigger);
      return;
    case 'resizePending':
      if (activity.detail !== undefined) metrics.resizeInfeasible(activity.detail);
      return;
    case 'podRefused':
      if (activity.waits === undefined) metrics.admissionRejected(activity.reason);
      return;
    case 'podForgotten':
      metrics.forgetPod(activity.podUid);
      return;
    default:
  }
};

/** A sidecar is an init container to everybody who counts (kuberuntime's start of `next init container`). */
const containerType = (kind: ContainerKind): 'container' | 'init_container' | 'ephemeral_container' =>
  kind === 'regular' ? 'container' : kind === 'ephemeral' ? 'ephemeral_container' : 'init_container';

/** Counts pods as they come and as they begin to run. Give it every state of the pods, in order. */
export const podRecorder = (metrics: KubeletMetrics, now: () => number): ((pods: ReadonlyMap<string, SeenPod>) => void) => {
  let before: ReadonlyMap<string, SeenPod> = new Map();
  return (pods) => {
    for (const [uid, pod] of pods) {
      const earlier = before.get(uid);
      if (earlier === pod) continue;
      if (earlier === undefined) metrics.podSeen(pod.view.pod.spec?.containers?.length ?? 0);
      else if (phaseOf(earlier) === 'Pending' && phaseOf(pod) === 'Running') metrics.podStartDuration((now() - pod.seenMs) / 1_000);
    }
    before = pods;
  };
};

const phaseOf = ({ view }: SeenPod): string | undefined => view.pod.status?.phase;
