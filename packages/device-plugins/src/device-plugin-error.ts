import { defineFailure } from '@solo-kubelet/diagnostics';

export type DevicePluginErrorCode =
  /** A socket of the kubelet's own can't be served. */
  | 'DEVICE_PLUGIN_SOCKET'
  /** A plugin can't be connected to. */
  | 'DEVICE_PLUGIN_UNREACHABLE'
  /** A plugin answered with an error, or with something that makes no sense. */
  | 'DEVICE_PLUGIN_CALL_FAILED'
  /** A registration that can't be accepted. */
  | 'DEVICE_PLUGIN_REJECTED'
  /** A container's devices can't be given to it. */
  | 'DEVICE_PLUGIN_NO_DEVICES'
  /** Who has which devices can't be written down. */
  | 'DEVICE_PLUGIN_CHECKPOINT';

export const DevicePluginError = defineFailure<DevicePluginErrorCode>('DevicePluginError');
export type DevicePluginError = InstanceType<typeof DevicePluginError>;
