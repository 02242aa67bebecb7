import { DEFAULT_API_SOCKET } from '@solo-kubelet/kubelet/defaults';

/** Options of every command that asks a node. */
export const nodeOptions = {
  socket: { type: 'string' },
  server: { type: 'string' },
  token: { type: 'string' },
  'token-file': { type: 'string' },
  'certificate-authority': { type: 'string' },
  'client-certificate': { type: 'string' },
  'client-key': { type: 'string' },
  'insecure-skip-tls-verify': { type: 'boolean' },
  'runtime-endpoint': { type: 'string' },
} as const;

export const NODE_OPTIONS_HELP = `
  --socket PATH                 the kubelet's local socket (default ${DEFAULT_API_SOCKET}; also SOLO_KUBELET_SOCKET)
  --server https://HOST:10250   a kubelet elsewhere, with --token-file or --token (also SOLO_KUBELET_TOKEN), or
                                --client-certificate and --client-key, and --certificate-authority or
                                --insecure-skip-tls-verify; a token goes over plain http to this machine only
  --runtime-endpoint SOCKET     ask the container runtime instead of the kubelet (also CONTAINER_RUNTIME_ENDPOINT)
`;
