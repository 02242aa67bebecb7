import { socketPathFault } from '@solo-kubelet/diagnostics';
import { CriError } from './cri-error.js';

/** The socket path of `unix:///run/x.sock`, `unix:/run/x.sock` or `/run/x.sock`. */
export const parseEndpoint = (endpoint: string): string => {
  const refuse = (why: string, hint = 'Give the runtime socket as unix:///run/containerd/containerd.sock'): never => {
    throw new CriError({
      code: 'CRI_BAD_ENDPOINT',
      message: `runtime endpoint ${JSON.stringify(endpoint)} ${why}`,
      hint,
    });
  };
  if (typeof (endpoint as unknown) !== 'string') return refuse('is not a text');
  const path = endpoint.replace(/^unix:(\/\/)?/, '');
  if (!path.startsWith('/')) return refuse('is not the absolute path of a unix socket');
  const fault = socketPathFault(path, 'connect');
  if (fault !== undefined) return refuse(`cannot be connected to: ${fault.message}`, fault.hint);
  return path;
};
