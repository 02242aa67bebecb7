export type { Clock } from './clock.js';
export type { PluginLimits } from './connect-plugin.js';
export type { Allocation, AllocationBook } from './core/allocation-book.js';
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from './core/checkpoint.js';
export { chooseDevices, type DeviceChoice, type DeviceChoiceRequest } from './core/choose-devices.js';
export type { ContainerDevices } from './core/container-allocation.js';
export type { Device } from './core/device.js';
export { type DeviceRequest, deviceRequests } from './core/device-requests.js';
export type { DeviceResources } from './core/device-resources.js';
export { isExtendedResourceName } from './core/resource-name.js';
export { type TopologyHint, type TopologyHintsRequest, topologyHints } from './core/topology-hints.js';
export { createDeviceManager } from './create-device-manager.js';
export type {
  AllocateOptions,
  CallOptions,
  ContainerAllocateOptions,
  DeviceChange,
  DeviceInstance,
  DeviceManager,
  DeviceRejection,
} from './device-manager.js';
export type { DeviceManagerOptions } from './device-manager-options.js';
export { DevicePluginError, type DevicePluginErrorCode } from './device-plugin-error.js';
