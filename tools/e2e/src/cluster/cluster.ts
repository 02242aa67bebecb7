import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApiServer } from '@solo-kubelet/api-server';
import { createApiClient, createCredentials, isNotFound, parseKubeconfig } from '@solo-kubelet/cluster-client';
import { startLine } from './line.js';

/** What a cluster is made of here: an API server, and who uses it. */
export interface Server {
  readonly url: string;
  /** Kubeconfigs of an administrator and of the node. */
  readonly admin: string;
  readonly node: string;
  close(): Promise<void>;
}

/** The one of `@solo-kubelet/api-server`, in this process; everybody may do everything. */
export const startMemoryServer = async (): Promise<Server> => {
  const { url, kubeconfig, close } = await startApiServer();
  return { url, admin: kubeconfig, node: kubeconfig, close };
};

/** An API server for a kubelet to join, by a line that can be cut; tests reach the server itself. */
export interface Cluster extends AsyncDisposable {
  /** A kubeconfig file for the kubelet, by the line. */
  readonly kubeconfigPath: string;
  /** Undefined: there is no such object. */
  get<T>(path: string): Promise<T | undefined>;
  create(path: string, body: object): Promise<void>;
  /** A merge patch. */
  patch(path: string, body: object): Promise<void>;
  remove(path: string): Promise<void>;
  /** Ends every connection of the kubelet and takes no other, until `mend`. */
  cut(): void;
  mend(): void;
  /** How often the kubelet was turned away. */
  turnedAway(): number;
}

export const startCluster = async (start: () => Promise<Server>): Promise<Cluster> => {
  const server = await start();
  const directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-cluster-'));
  const line = await startLine(Number(new URL(server.url).port));
  const kubeconfigPath = join(directory, 'kubeconfig');
  await writeFile(kubeconfigPath, server.node.replace(server.url, `https://127.0.0.1:${line.port}`), { mode: 0o600 });
  const kubeconfig = parseKubeconfig(server.admin, kubeconfigPath);
  const api = createApiClient({ kubeconfig, credentials: createCredentials({ kubeconfig }), userAgent: 'test' });
  return {
    kubeconfigPath,
    get: async <T>(path: string) => {
      try {
        return await api.request<T>({ method: 'GET', path });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    create: (path, body) => api.request({ method: 'POST', path, body }),
    patch: (path, body) => api.request({ method: 'PATCH', path, body, patch: 'merge' }),
    remove: (path) => api.request({ method: 'DELETE', path }),
    cut: line.cut,
    mend: line.mend,
    turnedAway: line.turnedAway,
    [Symbol.asyncDispose]: async () => {
      api.closeConnections();
      await line.close();
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
};
