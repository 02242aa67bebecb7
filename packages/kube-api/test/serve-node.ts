import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { emptyManifestStates } from '@solo-kubelet/manifest-source';
import type { PodView } from '@solo-kubelet/reconciler';
import { BehaviorSubject, NEVER, type Subscription } from 'rxjs';
import { type KubeApiOptions, runKubeApi } from '../src/index.js';

export type Role = 'nobody' | 'stranger' | 'read' | 'exec' | 'admin';
export const TOKENS: Readonly<Record<Role, string | undefined>> = {
  nobody: undefined,
  stranger: 'wrong-token-0123456789',
  read: 'reader-token-0123456789',
  exec: 'exec-token-0123456789abc',
  admin: 'admin-token-0123456789ab',
};

export const SECRET = 'only-admins-see-this';
const SECRET_DATA = Buffer.from(SECRET).toString('base64');
/** A Secret's value, in either form. */
export const showsSecret = (text: string): boolean => text.includes(SECRET) || text.includes(SECRET_DATA);

export interface ServedNode extends AsyncDisposable {
  readonly port: number;
  readonly directory: string;
  readonly manifestDirectory: string;
  /** What the kubelet's own API was asked for. */
  readonly asked: { readonly target: string; readonly isStream: boolean }[];
  /** Sends bytes as they are and gives what comes back until the server closes. */
  exchange(bytes: string | Uint8Array, limitMs?: number): Promise<string>;
  open(): TLSSocket;
}

const metadata = (name: string) => ({ name, namespace: 'default', uid: `uid-${name}` });

/** The API of a node with a Pod, a ConfigMap and a Secret, on a port of its own. */
export const serveNode = async (given: Partial<KubeApiOptions> = {}): Promise<ServedNode> => {
  const directory = await mkdtemp(join(tmpdir(), 'kube-api-'));
  const manifestDirectory = join(directory, 'manifests');
  await mkdir(manifestDirectory);
  await mkdir(join(directory, 'api'));
  const tokenFile = join(directory, 'tokens.csv');
  await writeFile(
    tokenFile,
    ['read', 'exec', 'admin'].map((role) => `${TOKENS[role as Role]},${role}-user,${role}\n`),
  );
  const web = {
    podUid: 'uid-web',
    pod: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: metadata('web'),
      spec: { nodeName: 'node1', containers: [{ name: 'app', image: 'app:1' }] },
      status: { phase: 'Running' },
    },
    origin: undefined,
    terminating: false,
    waitingForName: false,
  } as unknown as PodView;
  const objects = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('settings'), data: { a: 'x' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('password'), data: { p: SECRET_DATA }, type: 'Opaque' },
  ];
  const asked: { target: string; isStream: boolean }[] = [];
  let port = 0;
  const options: Omit<KubeApiOptions, 'logger'> = {
    host: '127.0.0.1',
    port: 0,
    names: [],
    directory: join(directory, 'api'),
    kubeconfigPath: join(directory, 'admin.conf'),
    nodeName: 'node1',
    tokenFile,
    serviceAccounts: { issuer: 'https://node1', sign: () => '', verify: () => undefined },
    pods$: new BehaviorSubject(new Map([['uid-web', web]])),
    objects$: new BehaviorSubject(new Map(objects.map((object) => [`${object.kind}/default/${object.metadata.name}`, object]))),
    events$: NEVER,
    manifests$: new BehaviorSubject(emptyManifestStates),
    manifestPath: manifestDirectory,
    newUids: new Map(),
    deleteWorkloadPod: () => {},
    hasten: () => {},
    addEphemeralContainers: async () => true,
    refusalOf: () => undefined,
    node: async () => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node1' }, status: {} }),
    kubelet: () => ({
      local: {
        request: (message: IncomingMessage, response: ServerResponse) => {
          asked.push({ target: message.url ?? '', isStream: false });
          response.end('asked the kubelet');
        },
        upgrade: (message: IncomingMessage, socket: Socket) => {
          asked.push({ target: message.url ?? '', isStream: true });
          socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
          socket.destroySoon();
        },
      },
      usage: () => Promise.reject(new Error('no measurements')),
    }),
    ...given,
  };
  const subscription = await new Promise<Subscription>((resolve, reject) => {
    const info: Logger['info'] = (fields) => {
      const { address } = fields as { readonly address?: string };
      if (address === undefined) return;
      port = Number(address.split(':').at(-1));
      resolve(running);
    };
    const running: Subscription = runKubeApi({ ...options, logger: { ...silentLogger, info } }).subscribe({ error: reject });
  });
  const open = (): TLSSocket => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    socket.on('error', () => {});
    return socket;
  };
  return {
    port,
    directory,
    manifestDirectory,
    asked,
    open,
    exchange: (bytes, limitMs = 20_000) =>
      new Promise((resolve, reject) => {
        const socket = open();
        let text = '';
        const timer = setTimeout(() => {
          socket.destroy();
          reject(new Error(`the server kept the connection after ${JSON.stringify(Buffer.from(bytes).toString('latin1').slice(0, 300))}`));
        }, limitMs);
        socket.on('data', (chunk: Buffer) => {
          text += chunk.toString('latin1');
        });
        socket.on('close', () => {
          clearTimeout(timer);
          resolve(text);
        });
        socket.write(bytes);
      }),
    [Symbol.asyncDispose]: async () => {
      subscription.unsubscribe();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

export const statusesIn = (text: string): readonly number[] =>
  [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));
