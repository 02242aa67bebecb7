import { lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { registrationFault } from './core/registration.js';
import { DevicePluginError } from './device-plugin-error.js';
import { type RegisterRequest, RegistrationService } from './gen/device-plugin.js';
import type { PluginEndpoints } from './plugin-endpoints.js';
import { answer } from './rpc/answer.js';
import { removeSocket } from './rpc/remove-socket.js';
import { serveSocket } from './rpc/serve-socket.js';

export interface RegistrationServerOptions {
  /** Where plugins have their sockets, and where kubelet.sock will be. */
  readonly directory: string;
  readonly endpoints: Pick<PluginEndpoints, 'connect'>;
}

/**
 * Serves kubelet.sock, on which plugins register. All sockets in the directory are taken away first: plugins watch theirs, or kubelet.sock, and
 * register anew (pkg/kubelet/cm/devicemanager/plugin/v1beta1/server.go).
 */
export const serveRegistration = async ({ directory, endpoints }: RegistrationServerOptions): Promise<AsyncDisposable> => {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  await removeSockets(directory);
  const register = answer(async ({ version, resourceName, endpoint }: RegisterRequest, { signal }) => {
    const fault = registrationFault(resourceName, [version]) ?? endpointFault(endpoint);
    if (fault !== undefined) throw new DevicePluginError({ code: 'DEVICE_PLUGIN_REJECTED', message: fault });
    await endpoints.connect(resourceName, join(directory, endpoint), signal);
    return {};
  });
  return serveSocket(join(directory, 'kubelet.sock'), [{ definition: RegistrationService, implementation: { register } }]);
};

const endpointFault = (endpoint: string): string | undefined =>
  endpoint === '' ? 'the endpoint is empty: name the socket that the plugin serves, beside kubelet.sock' : undefined;

const removeSockets = async (directory: string): Promise<void> => {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const isSocket = await lstat(path).then(
      (found) => found.isSocket(),
      () => false,
    );
    if (isSocket) await removeSocket(path);
  }
};
