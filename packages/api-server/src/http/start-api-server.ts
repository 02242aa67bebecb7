import { randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type FeatureGates, fieldGates } from '@solo-kubelet/pod-spec';
import type { UserInfo } from '../access/authorizer.js';
import type { CoreParts } from '../context.js';
import { type ApiCore, createApiCore } from '../create-api-core.js';
import { createMemoryStore } from '../store/memory-store.js';
import type { ObjectStore } from '../store/object-store.js';
import { loadObjects } from './load-objects.js';
import { createParts } from './parts.js';
import { makeSelfSigned } from './self-signed.js';
import { answerOddMethod, type ServeOptions, serveRequests } from './serve.js';
import { createTokenKeys } from './token-keys.js';

export interface ApiServerOptions {
  /** Default: one that is free. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Users by bearer token. Default: one, `admin` of `system:masters`, whose token is made. */
  readonly users?: ReadonlyMap<string, UserInfo>;
  /** Default AlwaysAllow. */
  readonly authorizationMode?: 'AlwaysAllow' | 'RBAC';
  readonly store?: ObjectStore;
  /** Manifests whose objects are there from the start, in their order: paths of JSON or YAML. Default none. */
  readonly files?: readonly string[];
  /** Feature gates that have fields of Pods behind them, such as `{ EmptyDirVolumeMode: true }` (Kubernetes 1.37). Default: those of Kubernetes 1.36, all off. */
  readonly featureGates?: FeatureGates;
  /** The node whose Pods' logs can be read, and what answers for it. Default: none. */
  readonly node?: ApiServerNode;
  /** The time, ms. Default that of the machine. */
  readonly now?: () => number;
}

/** What answers for a node of the server. */
export interface ApiServerNode {
  readonly name: string;
  /** Answers a request that the server has let in, such as one for a log. */
  readonly answer: NonNullable<ServeOptions['toNode']>;
}

export interface ApiServer extends AsyncDisposable {
  readonly url: string;
  /** The certificate that clients have to trust. */
  readonly caPem: string;
  /** A kubeconfig for the first user. */
  readonly kubeconfig: string;
  readonly store: ObjectStore;
  /** Asks the server without HTTP. */
  readonly core: ApiCore;
  close(): Promise<void>;
}

/** Times after which a client that sends nothing is cut off, ms. */
const HEADERS_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 60_000;

const kubeconfigText = (url: string, caPem: string, token: string, username: string): string =>
  `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } }],
      users: [{ name: username, user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: username } }],
    },
    null,
    2,
  )}\n`;

/** @throws Error for a gate that nothing here is behind */
const checkGates = (gates: FeatureGates): void => {
  const unknown = Object.keys(gates).filter((name) => !Object.hasOwn(fieldGates, name));
  if (unknown.length === 0) return;
  throw new Error(`no such feature gate: ${unknown.join(', ')}; there are ${Object.keys(fieldGates).join(', ')}`);
};

/** What the types say already, for callers without them: nothing may listen, or be open to everybody, for a word that was misspelt. @throws TypeError */
const checkOptions = ({ port = 0, users, authorizationMode = 'AlwaysAllow' }: ApiServerOptions): void => {
  if (!Number.isInteger(port)) throw new TypeError(`port takes a number, not ${JSON.stringify(port)}`);
  if (users !== undefined && !(users instanceof Map)) throw new TypeError('users takes a Map of users by bearer token');
  if (authorizationMode !== 'AlwaysAllow' && authorizationMode !== 'RBAC')
    throw new TypeError(`authorizationMode takes AlwaysAllow or RBAC, not ${JSON.stringify(authorizationMode)}`);
};

/** Starts an API server in memory on TLS; it answers once the promise is fulfilled. @throws Error for a file that the server would refuse, and for an unknown feature gate */
export const startApiServer = async (options: ApiServerOptions = {}): Promise<ApiServer> => {
  const { port = 0, host = '127.0.0.1', now = Date.now, store = createMemoryStore(), featureGates = {} } = options;
  checkGates(featureGates);
  checkOptions(options);
  const users = options.users ?? new Map([[randomUUID(), { username: 'admin', uid: 'admin', groups: ['system:masters'] }]]);
  const keys = createTokenKeys();
  const { node } = options;
  const parts: CoreParts = {
    ...createParts({ store, users, keys, mode: options.authorizationMode ?? 'AlwaysAllow', nowMs: now(), featureGates }),
    ...(node && { nodeName: node.name }),
  };
  const core = createApiCore(parts);
  await loadObjects(core, options.files ?? [], now());
  const { certificatePem, keyPem } = makeSelfSigned([host, 'localhost', 'kubernetes', 'kubernetes.default.svc'], now());
  const server = createServer(
    { cert: certificatePem, key: keyPem, requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS },
    serveRequests(core, { now, ...(node && { toNode: node.answer }) }),
  );
  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    const answer =
      error.code === 'HPE_INVALID_METHOD' && error.rawPacket !== undefined ? answerOddMethod(core, now, error.rawPacket) : undefined;
    if (!socket.writable) socket.destroy();
    else socket.end(answer ?? 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const url = `https://${host}:${(server.address() as AddressInfo).port}`;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  const [[token, user] = ['', { username: 'admin', groups: [] }]] = [...users];
  return {
    url,
    caPem: certificatePem,
    kubeconfig: kubeconfigText(url, certificatePem, token, user.username),
    store,
    core,
    close,
    [Symbol.asyncDispose]: close,
  };
};
