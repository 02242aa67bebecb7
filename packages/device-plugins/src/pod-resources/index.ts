export type { MemoryBlock, PodResourcesSource } from './pod-resources-source.js';
export { type PodResourcesServerOptions, servePodResources } from './serve-pod-resources.js';
