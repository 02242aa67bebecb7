import { CriError } from './cri-error.js';

/** Kernel limit of a unix socket's path, in bytes, without the closing zero. */
const MAX_SOCKET_PATH_BYTES = 107;

/** The socket path of `unix:///run/x.sock`, `unix:/run/x.sock` or `/run/x.sock`. */
export const parseEndpoint = (endpoint: string): string => {
  const path = endpoint.replace(/^unix:(\/\/)?/, '');
  const refuse = (why: string): never => {
    throw new CriError({
      code: 'CRI_BAD_ENDPOINT',
      message: `runtime endpoint ${JSON.stringify(endpoint)} ${why}`,
      hint: 'Give the runtime socket as unix:///run/containerd/containerd.sock',
    });
  };
  if (!path.startsWith('/')) return refuse('is not the absolute path of a unix socket');
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) return refuse(`is longer than the ${MAX_SOCKET_PATH_BYTES} bytes of a socket path`);
  return path;
};
