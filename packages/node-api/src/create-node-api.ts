import { readFile } from 'node:fs/promises';
import type { CriClient } from '@solo-kubelet/cri-client';
import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { authenticate } from './auth/authenticate.js';
import { type AuthorizationMode, refuse } from './auth/authorize.js';
import type { Identity } from './auth/identity.js';
import { loadTokenFile, type TokenLookup } from './auth/token-file.js';
import type { KubeletMetrics } from './metrics/kubelet-metrics.js';
import { NodeApiError } from './node-api-error.js';
import type { NodeView } from './node-view.js';
import { commandRoutes } from './routes/command-routes.js';
import { componentRoutes } from './routes/component-routes.js';
import { containerLogRoute } from './routes/container-log-route.js';
import { figureRoutes } from './routes/figure-routes.js';
import { healthRoutes } from './routes/health-routes.js';
import { imageRoute } from './routes/image-route.js';
import { listRoutes } from './routes/list-routes.js';
import { nodeLogRoute } from './routes/node-log-route.js';
import { runningPodsRoute } from './routes/running-pods-route.js';
import { streamRoutes } from './routes/stream-routes.js';
import { createHandler, type Gate, type RequestHandler } from './server/create-handler.js';
import { HttpAnswer, sendText } from './server/http-answer.js';
import { type Listener, listenHttp, listenHttps, listenUnix, type TlsListener, type TlsOptions } from './server/listeners.js';
import type { Route } from './server/route.js';
import { createCpuRates } from './stats/cpu-rates.js';
import { createSystemContainers } from './stats/system-containers.js';
import { type ServingCertificateOptions, servingCertificate } from './tls/serving-certificate.js';
import { watchFiles } from './tls/watch-files.js';

export interface NodeApiOptions {
  readonly view: NodeView;
  readonly cri: CriClient;
  readonly metrics: KubeletMetrics;
  /** KubeletConfiguration `address`. */
  readonly address: string;
  /** The TLS port; undefined: none. Upstream default 10250. 0 takes any free port. */
  readonly port?: number;
  /** The port that asks nobody who he is; undefined: none. */
  readonly readOnlyPort?: number;
  readonly healthz?: { readonly address: string; readonly port: number };
  /** A unix socket for the command line on this machine: who may open it may do everything. */
  readonly socket?: { readonly path: string; readonly groupId?: number };
  readonly certificate: Omit<ServingCertificateOptions, 'now'>;
  readonly tlsMinVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL names, joined by `:`. */
  readonly tlsCiphers?: string;
  readonly clientCaFile?: string;
  readonly tokenFile?: string;
  readonly anonymous: boolean;
  readonly authorization: AuthorizationMode;
  /** enableDebuggingHandlers: exec, attach, portForward, run, logs. Default true. */
  readonly debuggingHandlers?: boolean;
  readonly rootDirectory: string;
  /** Whether /stats/summary tells what volumes occupy. Default true. */
  readonly measuresVolumes?: boolean;
  /** Path of the runtime's unix socket, by which its process is found for /stats/summary. Default: it is left out. */
  readonly runtimeSocket?: string;
  /** Shown by /logs. Upstream /var/log; undefined switches the path off. */
  readonly nodeLogDirectory?: string;
  /** Whether /logs?query=… finds records of the journal. Default false. */
  readonly nodeLogQueries?: boolean;
  readonly logger?: Logger;
  readonly now?: () => number;
  /** How often certificate, CA and token files are looked at again though nothing told of a change, ms. Default one minute. */
  readonly reloadIntervalMs?: number;
  /** How long a client may take for the header of a request, and for a TLS handshake, ms. Default 20 s. */
  readonly headerTimeoutMs?: number;
}

export interface NodeApi extends AsyncDisposable {
  readonly listeners: Readonly<Partial<Record<'tls' | 'readOnly' | 'healthz' | 'socket', Listener>>>;
}

const DEFAULT_RELOAD_INTERVAL_MS = 60_000;
const DEFAULT_HEADER_TIMEOUT_MS = 20_000;
const LOCAL_USER: Identity = { name: 'local', groups: ['system:masters'] };

/**
 * Starts the kubelet's HTTP API on its ports and its socket. Resolves when all of them listen.
 * @throws NodeApiError when a port is taken, or a certificate, CA or token file cannot be used; nothing is left listening then
 */
export const createNodeApi = async (options: NodeApiOptions): Promise<NodeApi> => {
  const {
    view,
    metrics,
    logger = silentLogger,
    now = Date.now,
    authorization,
    anonymous,
    headerTimeoutMs = DEFAULT_HEADER_TIMEOUT_MS,
  } = options;
  const stopping = new AbortController();
  const health = healthRoutes(view.healthChecks, logger, metrics.healthChecks);
  const routes = allRoutes(options, health, logger, now);
  const credentials = await loadCredentials(options, now);

  const guarded: Gate = (request, path) => {
    const identity = authenticate(request, {
      anonymous,
      ...(credentials.tokens ? { tokens: () => credentials.tokens as TokenLookup } : {}),
    });
    if (!identity) return new HttpAnswer(401, 'Unauthorized');
    const refusal = refuse(authorization, identity, request.method ?? 'GET', path);
    return refusal === undefined ? identity : new HttpAnswer(403, refusal);
  };
  const open: Gate = () => LOCAL_USER;
  const handlerFor = (served: readonly Route[], gate: Gate, serverType?: 'readonly' | 'readwrite'): RequestHandler =>
    createHandler({
      routes: served,
      gate,
      logger,
      signal: stopping.signal,
      ...(serverType
        ? {
            onRequest: (method, path) => {
              const finish = metrics.httpRequest(knownMethod(method), knownPath(routes, path), serverType);
              return (durationMs) => finish(durationMs / 1_000);
            },
          }
        : {}),
    });

  const listeners: { -readonly [Name in keyof NodeApi['listeners']]: NodeApi['listeners'][Name] } = {};
  let timer: NodeJS.Timeout | undefined;
  const close = async (): Promise<void> => {
    stopping.abort();
    clearInterval(timer);
    await Promise.all(Object.values(listeners).map((listener) => listener[Symbol.asyncDispose]()));
  };
  try {
    if (options.healthz) {
      const local = healthRoutes([], logger, metrics.healthChecks).filter(({ path }) => path.startsWith('/healthz'));
      listeners.healthz = await listenHttp(handlerFor(local, open), options.healthz.address, options.healthz.port, headerTimeoutMs);
    }
    if (options.readOnlyPort !== undefined) {
      const readOnly = routes.flatMap((route): readonly Route[] => (route.readOnly ? [route] : route.debugging ? [disabled(route)] : []));
      listeners.readOnly = await listenHttp(handlerFor(readOnly, open, 'readonly'), options.address, options.readOnlyPort, headerTimeoutMs);
    }
    if (options.port !== undefined) {
      const tls = await listenHttps(
        handlerFor(routes, guarded, 'readwrite'),
        options.address,
        options.port,
        headerTimeoutMs,
        credentials.tls(),
      );
      listeners.tls = tls;
      const look = (): void => void renew(tls, credentials, logger);
      timer = setInterval(look, options.reloadIntervalMs ?? DEFAULT_RELOAD_INTERVAL_MS);
      timer.unref();
      watchFiles(credentialFiles(options), look, stopping.signal);
    }
    if (options.socket)
      listeners.socket = await listenUnix(handlerFor(routes, open), options.socket.path, headerTimeoutMs, options.socket.groupId);
  } catch (error) {
    await close();
    throw error;
  }
  return { listeners, [Symbol.asyncDispose]: close };
};

const allRoutes = (options: NodeApiOptions, health: readonly Route[], logger: Logger, now: () => number): readonly Route[] => {
  const { view, cri, metrics, rootDirectory, nodeLogDirectory, debuggingHandlers = true, measuresVolumes = true } = options;
  const routes = [
    ...health,
    ...listRoutes(view),
    ...figureRoutes(
      {
        view,
        cri,
        rootDirectory,
        measuresVolumes,
        rates: createCpuRates(),
        systemContainers: createSystemContainers(options.runtimeSocket),
        now,
      },
      metrics,
      logger,
    ),
    runningPodsRoute(cri),
    imageRoute(cri),
    containerLogRoute(view, cri, now),
    ...streamRoutes(view, cri),
    ...commandRoutes(view, cri, rootDirectory, now),
    ...(nodeLogDirectory === undefined ? [] : [nodeLogRoute({ logDirectory: nodeLogDirectory, queries: options.nodeLogQueries === true })]),
  ];
  if (view.component)
    routes.push(
      ...componentRoutes(
        view.component,
        routes.map(({ path }) => path),
        now,
      ),
    );
  return debuggingHandlers ? routes : routes.map((route) => (route.debugging ? disabled(route) : route));
};

const credentialFiles = ({ certificate, clientCaFile, tokenFile }: NodeApiOptions): readonly string[] =>
  [certificate.certFile, certificate.keyFile, clientCaFile, tokenFile].flatMap((path) => (path === undefined ? [] : [path]));

/** The same path, answering that it is switched off. */
const disabled = ({ methods, path }: Route): Route => ({
  methods,
  path,
  handle: ({ response }) => sendText(response, 405, 'Debug endpoints are disabled.\n'),
});

/** A path that nobody serves must not become a metric label of its own. */
const knownPath = (routes: readonly Route[], first: string): string =>
  routes.some(({ path }) => path.split('/')[1] === first) ? first : 'other';

/** Nor must a method that nobody uses. */
const knownMethod = (method: string): string =>
  ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? method : 'OTHER';

interface Credentials {
  tokens: TokenLookup | undefined;
  tls(): TlsOptions;
  /** Reads the files again; true when the TLS part changed. */
  reload(): Promise<boolean>;
}

const loadCredentials = async (options: NodeApiOptions, now: () => number): Promise<Credentials> => {
  const { certificate, clientCaFile, tokenFile, tlsMinVersion, tlsCiphers, port } = options;
  const readCa = async (): Promise<string | undefined> => {
    if (clientCaFile === undefined) return undefined;
    return readFile(clientCaFile, 'utf8').catch((cause: unknown) => {
      throw new NodeApiError({
        code: 'NODE_API_CLIENT_CA',
        message: `cannot read the client CA ${clientCaFile}`,
        hint: 'Check authentication.x509.clientCAFile.',
        cause,
      });
    });
  };
  const readTls = async (): Promise<TlsOptions | undefined> => {
    if (port === undefined) return undefined;
    const [pair, clientCa] = await Promise.all([servingCertificate({ ...certificate, now }), readCa()]);
    return {
      pair,
      ...(clientCa === undefined ? {} : { clientCa }),
      ...(tlsMinVersion ? { minVersion: tlsMinVersion } : {}),
      ...(tlsCiphers ? { ciphers: tlsCiphers } : {}),
    };
  };
  let tls = await readTls();
  const credentials: Credentials = {
    tokens: tokenFile === undefined ? undefined : await loadTokenFile(tokenFile),
    tls: () => tls as TlsOptions,
    reload: async () => {
      const next = await readTls();
      const changed = JSON.stringify(next) !== JSON.stringify(tls);
      tls = next;
      if (tokenFile !== undefined) credentials.tokens = await loadTokenFile(tokenFile);
      return changed;
    },
  };
  return credentials;
};

/** Takes changed files into use. A file that cannot be used now keeps the old one serving. */
const renew = async (listener: TlsListener, credentials: Credentials, logger: Logger): Promise<void> => {
  try {
    if (!(await credentials.reload())) return;
    listener.renew(credentials.tls());
    logger.info({}, 'Serving with a new certificate');
  } catch (error) {
    logger.warn({ err: describeError(error) }, 'Cannot take the changed credentials into use; the old ones stay');
  }
};
