export { type CreateKubeletOptions, createKubelet, type Kubelet } from './create-kubelet.js';
export type { EvictionSignal, SignalReading, SignalReadings } from './eviction/core/eviction-signal.js';
export type { EvictionThreshold, ThresholdValue } from './eviction/core/eviction-threshold.js';
export type { DiskUse, PodUsage, PodUsages } from './eviction/core/pod-usage.js';
export { evictPods } from './eviction/evict-pods.js';
export type { EvictionActivity, EvictionPort, EvictPodsOptions } from './eviction/eviction-port.js';
export {
  type CollectContainersOptions,
  type CollectionActivity,
  collectContainers,
  collectContainersOnce,
} from './garbage-collection/collect-containers.js';
export {
  type ImageCollectionActivity,
  type ImageCollector,
  type ImageCollectorOptions,
  imageCollector,
} from './garbage-collection/image-collector.js';
export { allServices } from './kubelet.js';
export type { FeedbackEdge, KubeletClock, KubeletService, ServiceSubsystem, StreamName, Subsystem } from './kubelet-services.js';
export { type LogRotationActivity, type RotateContainerLogsOptions, rotateContainerLogs } from './log-rotation/rotate-container-logs.js';
export { KubeletError, type KubeletErrorCode } from './process/kubelet-error.js';
export { runKubelet } from './run-kubelet.js';
export type { KubeletProcess, PrepareRuntimeOptions, RunKubeletOptions } from './run-kubelet-options.js';
