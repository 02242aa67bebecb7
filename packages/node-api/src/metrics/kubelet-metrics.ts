import type { Registry } from 'prom-client';
import type { HealthCheckMetrics } from './component-metrics.js';
import type { RequestedResize } from './node-counts.js';
import type { ResourceManagerMetrics } from './resource-manager-metrics.js';
import type { ExposedState } from './state-metrics.js';

export interface ProbeObservation {
  readonly probeType: 'Startup' | 'Liveness' | 'Readiness';
  readonly result: 'successful' | 'failed' | 'unknown';
  readonly container: string;
  readonly pod: string;
  readonly namespace: string;
  readonly podUid: string;
  readonly durationSeconds?: number;
}

/** The kubelet's own metrics, under upstream's names and labels (pkg/kubelet/metrics/metrics.go). Call the observers from the wiring. */
export interface KubeletMetrics extends ResourceManagerMetrics {
  /** Adds what is asked for at every scrape; once. */
  expose(state: ExposedState): void;
  readonly registry: Registry;
  readonly probeRegistry: Registry;
  readonly healthChecks: HealthCheckMetrics;
  /** One finished CRI call; `operation` in upstream's snake case, such as `run_podsandbox`. */
  runtimeOperation(operation: string, durationSeconds: number, failed: boolean): void;
  /** A request that has begun; call the answer when it is over. */
  httpRequest(method: string, path: string, serverType: 'readonly' | 'readwrite'): (durationSeconds: number) => void;
  /** `atMs`: when the look at the runtime ended. */
  relisted(durationSeconds: number, atMs: number): void;
  /** A start is under way. */
  containerStarting(type: StartedType): void;
  containerStartFailed(type: StartedType, code: string): void;
  podStarting(): void;
  podStartFailed(): void;
  /** A pod is seen for the first time. */
  podSeen(containers: number): void;
  /** A sync of a pod that had something to do. */
  podWorked(operation: 'create' | 'sync' | 'terminating', durationSeconds: number): void;
  /** From first sight of the manifest to the phase Running. */
  podStartDuration(seconds: number): void;
  imagePulled(sizeBytes: number, durationSeconds: number): void;
  /** A container asked for an image; undefined: it was not found out. Needs no `this`. */
  readonly imageRequested: (request: {
    readonly pullPolicy: string;
    readonly present: boolean | undefined;
    readonly pullRequired: boolean | undefined;
  }) => void;
  /** It was asked whether a Pod may have an image that is there: `credentialPolicyAllowed`, `credentialRecordFound`, `mustAuthenticate` or `error`. Needs no `this`. */
  readonly imageAccessChecked: (result: string) => void;
  /** The housekeeping removed an image. */
  imageCollected(reason: 'age' | 'space'): void;
  /** One finished RunPodSandbox. */
  sandboxRun(runtimeHandler: string, durationSeconds: number, failed: boolean): void;
  admissionRejected(reason: string): void;
  resizeRequested(resize: RequestedResize): void;
  /** The pod can not be resized here. */
  resizeInfeasible(reasonDetail: string): void;
  /** A resize that was deferred is carried out. */
  deferredResizeAccepted(retryTrigger: string): void;
  /** A try to carry a resize out is over. */
  resizeEnded(success: boolean, durationMs: number): void;
  /** The last graceful shutdown of the node; an end that is undefined has not come. */
  gracefulShutdown(startTimeMs: number | undefined, endTimeMs: number | undefined): void;
  /** `signal`: what the node is short of, or the limit that the pod outgrew. */
  podEvicted(signal: string): void;
  /** How old the measurements are by which a pod is chosen to go. */
  evictionStatsAge(signal: string, seconds: number): void;
  probe(observation: ProbeObservation): void;
  /** Ends a pod's probe series, so that pods come and go without growing the answer. */
  forgetPod(podUid: string): void;
}

type StartedType = 'container' | 'init_container' | 'ephemeral_container' | 'pod_sandbox';
