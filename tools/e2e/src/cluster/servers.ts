import { startMemoryServer } from './cluster.js';
import { lacksRealServer, startRealServer } from './real-server.js';

/** What tests that need no controllers run on, each in turn; `lacking` is why one cannot be had here. */
export const servers = [
  { name: 'the API server in memory', start: startMemoryServer, lacking: undefined },
  { name: 'a real kube-apiserver', start: () => startRealServer(), lacking: lacksRealServer() },
];
