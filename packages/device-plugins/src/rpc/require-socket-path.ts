import { socketPathFault } from '@solo-kubelet/diagnostics';
import { DevicePluginError } from '../device-plugin-error.js';

/** @throws DevicePluginError DEVICE_PLUGIN_SOCKET when the path is too long for a unix socket; Node.js would cut it and listen or connect elsewhere */
export const requireSocketPath = (path: string, use: 'listen' | 'connect'): void => {
  const fault = socketPathFault(path, use);
  if (fault === undefined) return;
  throw new DevicePluginError({
    code: 'DEVICE_PLUGIN_SOCKET',
    message: `cannot ${use === 'listen' ? 'serve' : 'connect to'} ${path}: ${fault.message}`,
    hint: fault.hint,
  });
};
