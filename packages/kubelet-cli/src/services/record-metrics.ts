import type { CriInterceptor } from '@solo-kubelet/cri-client';
import type { KubeletMetrics } from '@solo-kubelet/node-api';
import type { KubeletActivity } from '@solo-kubelet/reconciler';

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

/** Counts and times every CRI call. `metrics` may come later than the client: calls before it are not counted. */
export const metricsInterceptor =
  (metrics: () => KubeletMetrics | undefined): CriInterceptor =>
  (next) =>
  async (call) => {
    const startedMs = performance.now();
    const record = (failed: boolean): void => {
      if (!call.streaming) metrics()?.runtimeOperation(operationType(call.method), (performance.now() - startedMs) / 1_000, failed);
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

/** Turns one activity of the reconciler into the kubelet's counters. */
export const recordActivity = (metrics: KubeletMetrics, activity: KubeletActivity): void => {
  if (activity.scope === 'node') {
    if (activity.type === 'relisted') metrics.relisted(activity.durationMs / 1_000);
    return;
  }
  switch (activity.type) {
    case 'sandboxCreated':
      metrics.podStarted();
      metrics.containerStarted('pod_sandbox');
      return;
    case 'actionFailed':
      if (activity.action.type === 'createSandbox') {
        metrics.podStarted(activity.reason);
        metrics.containerStarted('pod_sandbox', activity.reason);
      } else if (activity.action.type === 'startContainer') metrics.containerStarted('container', activity.reason);
      return;
    case 'containerStarted':
      metrics.containerStarted('container');
      return;
    case 'imagePulled':
      if (!activity.present) metrics.imagePulled(activity.sizeBytes, activity.durationMs / 1_000);
      return;
    case 'podRefused':
      metrics.admissionRejected(activity.reason);
      return;
    case 'podForgotten':
      metrics.forgetPod(activity.podUid);
      return;
    default:
  }
};
