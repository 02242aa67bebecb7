import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { DevicePluginError } from '../device-plugin-error.js';
import { removeSocket } from './remove-socket.js';
import { requireSocketPath } from './require-socket-path.js';

export interface SocketService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** Serves gRPC on a unix socket, in place of what was there. Closing breaks its connections and takes the socket away. */
export const serveSocket = async (path: string, services: readonly SocketService[]): Promise<AsyncDisposable> => {
  requireSocketPath(path, 'listen');
  await removeSocket(path);
  const server = new Server();
  for (const { definition, implementation } of services) server.addService(definition, implementation);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(new DevicePluginError({ code: 'DEVICE_PLUGIN_SOCKET', cause: error, message: `cannot serve ${path}: ${error.message}` }));
    });
  });
  return {
    [Symbol.asyncDispose]: async () => {
      server.forceShutdown();
      await removeSocket(path);
    },
  };
};
