export type { KubeletActivity, NodeActivity, PodActivity, StepReport } from './core/activity.js';
export type { AdmissionRequest } from './core/admission/admission-check.js';
export { checkPod } from './core/admission/check-pod.js';
export { takenHostPorts } from './core/admission/host-ports.js';
export type { NodeAdmissionFacts, NodePressure } from './core/admission/node-admission-facts.js';
export { matchesNode } from './core/admission/node-selector.js';
export type { Rejection } from './core/admission/rejection.js';
export { allContainers } from './core/all-containers.js';
export { API_SOURCE } from './core/cluster-pod.js';
export { computePodActions, type PodEnding, podEnding } from './core/compute-pod-actions.js';
export { type BackoffEntry, type BackoffPolicy, DEFAULT_BACKOFF } from './core/crash-backoff.js';
export { isCriticalPod } from './core/critical-pod.js';
export type { EventDraft, ToldEvent } from './core/event-of-activity.js';
export type { KubeletEvent } from './core/kubelet-event.js';
export type { ContainerRunState, ObservedContainer, ObservedPod, ObservedSandbox } from './core/observed-pod.js';
export type { Backoff, ContainerKind, ContainerStop, PodAction, PodPlan, StopReason } from './core/pod-action.js';
export { type PodUid, podKey, podUid, uidOf } from './core/pod-identity.js';
export type { PodSyncInput } from './core/pod-sync-input.js';
export type { PodView } from './core/pod-view.js';
export { newWorkerState, type PodWorkerState } from './core/pod-worker-state.js';
export type { MemoryUsage } from './core/resize/check-memory.js';
export type { ResourceRecord } from './core/resize/resource-record.js';
export { derivePodStatus } from './core/status/derive-pod-status.js';
export type { PodStatusInput } from './core/status/pod-status-input.js';
export type { Termination } from './core/termination.js';
export { isTerminal } from './core/termination.js';
export { createReconciler, type Reconciler } from './create-reconciler.js';
export { type EventFile, type EventFileOptions, eventFile } from './event-file.js';
export { type FileStatusStoreOptions, fileStatusStore } from './file-status-store.js';
export type { FilesystemUse, ImagePort } from './image-port.js';
export type { CpuAssignments } from './keep-pinned.js';
export type { LogPort } from './log-port.js';
export type { ReconcilerCommand, ReconcilerDeps } from './reconciler-deps.js';
export type { ResourceAllocator } from './resource-allocator.js';
export type {
  Abortable,
  ContainerExit,
  HookInput,
  HookResult,
  PodListing,
  Reporting,
  RuntimeChange,
  RuntimePort,
  StartContainerInput,
  StartOptions,
  StepFailure,
  StepResult,
} from './runtime-port.js';
export type { PodRecord, StatusStore } from './status-store.js';
