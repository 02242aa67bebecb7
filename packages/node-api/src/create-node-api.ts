import type { Duplex } from 'node:stream';
import type { CriClient } from '@solo-kubelet/cri-client';
import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { collectSummary, createCpuRates, createSystemContainers, createUsageCache, type Summary } from '@solo-kubelet/node-stats';
import { checkDuration, checkInterval, longInterval, MAX_TIMER_MS } from '@solo-kubelet/timers';
import { authenticate } from './auth/authenticate.js';
import { type AccessReview, type AuthorizationMode, refuse, refuseByReview } from './auth/authorize.js';
import { type CredentialPart, loadCredentialPart } from './auth/credential-part.js';
import { ANONYMOUS, type Identity } from './auth/identity.js';
import { loadTokenFile, type TokenFile } from './auth/token-file.js';
import { createHangUps } from './exec/hang-up.js';
import type { KubeletMetrics } from './metrics/kubelet-metrics.js';
import type { NodeView } from './node-view.js';
import { commandRoutes } from './routes/command-routes.js';
import { componentRoutes } from './routes/component-routes.js';
import { containerLogRoute } from './routes/container-log-route.js';
import { healthRoutes } from './routes/health-routes.js';
import { imageRoute } from './routes/image-route.js';
import { listRoutes } from './routes/list-routes.js';
import { nodeLogRoute } from './routes/node-log-route.js';
import { runningPodsRoute } from './routes/running-pods-route.js';
import { serviceAccountRoutes } from './routes/service-account-routes.js';
import { FRESH_MS, statsRoutes } from './routes/stats-routes.js';
import { streamRoutes } from './routes/stream-routes.js';
import { type Authorizer, createFlowControls, createHandler, type FlowControls, type RequestHandler } from './server/create-handler.js';
import { sendText } from './server/http-error.js';
import {
  type Listener,
  type ListenOptions,
  listenHttp,
  listenHttps,
  listenUnix,
  type TlsListener,
  type TlsOptions,
} from './server/listeners.js';
import type { Route } from './server/route.js';
import { shared } from './shared.js';
import { readClientCa } from './tls/client-ca.js';
import type { CertificatePair } from './tls/make-certificate.js';
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
  /** What an API server is asked: whose a token is, and who may do what (`Webhook`). Default: there is none. */
  readonly reviews?: { readonly token?: (token: string) => Promise<Identity | undefined>; readonly access: AccessReview };
  /** enableDebuggingHandlers: exec, attach, portForward, run, logs. Default true. */
  readonly debuggingHandlers?: boolean;
  readonly rootDirectory: string;
  /** Whether /stats/summary tells what volumes occupy. Default true. */
  readonly measuresVolumes?: boolean;
  /** How long a count of what a volume or a log directory occupies is good, ms. Default 1 min, as volumeStatsAggPeriod. */
  readonly volumeStatsPeriodMs?: number;
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
  /** Answers requests of those whom the caller has let in: it asks nobody who he is. */
  readonly local: RequestHandler;
  /** CPU and memory of the node and its Pods, as /stats/summary has them. */
  readonly usage: (signal: AbortSignal) => Promise<Summary>;
  readonly listeners: Readonly<Partial<Record<'tls' | 'readOnly' | 'healthz' | 'socket', Listener>>>;
}

const DEFAULT_VOLUME_STATS_PERIOD_MS = 60_000;
const DEFAULT_RELOAD_INTERVAL_MS = 60_000;
const DEFAULT_HEADER_TIMEOUT_MS = 20_000;
const nobodySays: AccessReview = () => Promise.reject(new Error('no API server to ask'));
const LOCAL_USER: Identity = { name: 'local', groups: ['system:masters'] };

/**
 * Starts the kubelet's HTTP API on its ports and its socket. Resolves when all of them listen.
 * @throws NodeApiError when a port is taken, or a certificate, CA or token file cannot be used; nothing is left listening then
 */
export const createNodeApi = async (options: NodeApiOptions): Promise<NodeApi> => {
  const { view, metrics, logger = silentLogger, now = Date.now, authorization, anonymous } = options;
  // Node's servers take whole milliseconds, and three times as many must fit a timer.
  const headerTimeoutMs = Math.min(
    Math.ceil(checkInterval('headerTimeoutMs', options.headerTimeoutMs, DEFAULT_HEADER_TIMEOUT_MS)),
    Math.floor(MAX_TIMER_MS / 3),
  );
  const stopping = new AbortController();
  const health = healthRoutes(view.healthChecks, logger, metrics.healthChecks);
  const { routes, usage } = allRoutes(options, health, logger, now, stopping.signal);
  const credentials = await loadCredentials(options, now, logger);
  /** Connections on which good credentials were shown. */
  const known = new WeakSet<Duplex>();
  const isKnown = (socket: Duplex): boolean => known.has(socket);

  const guarded: Authorizer = {
    authenticate: async (request) => {
      const tokens = credentials.tokens?.current().lookup;
      const review = options.reviews?.token && reviewed(options.reviews.token);
      const identity = await authenticate(request, { anonymous, review, nowMs: now(), ...(tokens ? { tokens } : {}) });
      if (identity && identity !== ANONYMOUS) known.add(request.socket);
      return identity;
    },
    refuse: (identity, method, needed) => {
      if (authorization !== 'Webhook') return refuse(authorization, identity, method, needed);
      return refuseByReview(options.reviews?.access ?? nobodySays, identity, method, needed);
    },
  };
  /** Whoever cannot be known now is not let in. */
  const reviewed = (ask: (token: string) => Promise<Identity | undefined>) => (token: string) =>
    ask(token).catch((error: unknown) => {
      logger.warn({ err: describeError(error) }, 'The API server does not say whose a token is');
      return undefined;
    });
  const open: Authorizer = { authenticate: () => LOCAL_USER, refuse: () => undefined };
  /** Of all ports together. Who may open the socket is root's own: nothing of his waits. */
  const flowControls = createFlowControls();
  const listenOptions = (
    served: readonly Route[],
    gate: Authorizer,
    { serverType, flowControls }: { readonly serverType?: 'readonly' | 'readwrite'; readonly flowControls?: FlowControls } = {},
  ): ListenOptions => ({
    headerTimeoutMs,
    isKnown,
    handler: createHandler({
      routes: served,
      gate,
      logger,
      signal: stopping.signal,
      ...(flowControls ? { flowControls } : {}),
      ...(serverType
        ? {
            onRequest: (method, route) => {
              const finish = metrics.httpRequest(knownMethod(method), firstPart(route), serverType);
              return (durationMs) => finish(durationMs / 1_000);
            },
          }
        : {}),
    }),
  });

  const listeners: { -readonly [Name in keyof NodeApi['listeners']]: NodeApi['listeners'][Name] } = {};
  let stopLooking = (): void => {};
  const close = async (): Promise<void> => {
    stopping.abort();
    stopLooking();
    await Promise.all(Object.values(listeners).map((listener) => listener[Symbol.asyncDispose]()));
  };
  try {
    if (options.healthz) {
      const local = healthRoutes([], logger, metrics.healthChecks).filter(({ path }) => path.startsWith('/healthz'));
      listeners.healthz = await listenHttp(options.healthz.address, options.healthz.port, listenOptions(local, open, { flowControls }));
    }
    if (options.readOnlyPort !== undefined) {
      const readOnly = routes.flatMap((route): readonly Route[] => (route.readOnly ? [route] : route.debugging ? [disabled(route)] : []));
      listeners.readOnly = await listenHttp(
        options.address,
        options.readOnlyPort,
        listenOptions(readOnly, open, { serverType: 'readonly', flowControls }),
      );
    }
    if (options.port !== undefined) {
      const tls = await listenHttps(
        options.address,
        options.port,
        credentials.tls(),
        listenOptions(routes, guarded, { serverType: 'readwrite', flowControls }),
      );
      listeners.tls = tls;
      const look = (): void => void renew(tls, credentials, now());
      stopLooking = longInterval(look, checkInterval('reloadIntervalMs', options.reloadIntervalMs, DEFAULT_RELOAD_INTERVAL_MS), {
        ref: false,
      });
      watchFiles(credentialFiles(options), look, stopping.signal);
    }
    if (options.socket) listeners.socket = await listenUnix(options.socket.path, options.socket.groupId, listenOptions(routes, open));
  } catch (error) {
    await close();
    throw error;
  }
  return { listeners, local: listenOptions(routes, open).handler, usage, [Symbol.asyncDispose]: close };
};

const allRoutes = (
  options: NodeApiOptions,
  health: readonly Route[],
  logger: Logger,
  now: () => number,
  stopping: AbortSignal,
): { readonly routes: readonly Route[]; readonly usage: NodeApi['usage'] } => {
  const { view, cri, metrics, rootDirectory, nodeLogDirectory, debuggingHandlers = true, measuresVolumes = true } = options;
  const volumeStatsPeriodMs = checkDuration('volumeStatsPeriodMs', options.volumeStatsPeriodMs, DEFAULT_VOLUME_STATS_PERIOD_MS);
  const summaryOptions = {
    view,
    cri,
    rootDirectory,
    measuresVolumes,
    usages: createUsageCache({
      periodMs: volumeStatsPeriodMs,
      now,
      signal: stopping,
      onUnread: (path, { count, first }) =>
        logger.warn({ path, count, err: describeError(first) }, 'Cannot measure all of it: stats are too low'),
    }),
    rates: createCpuRates(),
    systemContainers: createSystemContainers(options.runtimeSocket),
    now,
  };
  const usage = shared(() => collectSummary(summaryOptions, { onlyCpuAndMemory: true, signal: stopping }), { freshMs: FRESH_MS });
  const routes = [
    ...health,
    ...listRoutes(view),
    ...statsRoutes(summaryOptions, { metrics, logger, stopping, lightSummary: usage }),
    runningPodsRoute(cri),
    imageRoute(cri),
    containerLogRoute(view, cri, now),
    ...streamRoutes(view, cri, createHangUps({ logger, signal: stopping })),
    ...commandRoutes(view, cri, rootDirectory, now),
    ...serviceAccountRoutes(view),
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
  return { routes: debuggingHandlers ? routes : routes.map((route) => (route.debugging ? disabled(route) : route)), usage };
};

const credentialFiles = ({ certificate, clientCaFile, tokenFile }: NodeApiOptions): readonly string[] =>
  [certificate.signedFile, certificate.certFile, certificate.keyFile, clientCaFile, tokenFile].flatMap((path) =>
    path === undefined ? [] : [path],
  );

/** The same path, answering that it is switched off. */
const disabled = ({ methods, path, role, subresources }: Route): Route => ({
  methods,
  path,
  role,
  ...(subresources ? { subresources } : {}),
  handle: ({ response }) => sendText(response, 405, 'Debug endpoints are disabled.\n'),
});

/** A path that nobody serves must not become a metric label of its own. */
const firstPart = (route: Route | undefined): string => route?.path.split('/')[1] ?? 'other';

/** Nor must a method that nobody uses. */
const knownMethod = (method: string): string =>
  ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? method : 'OTHER';

interface Credentials {
  /** Of a certificate that is not there yet, nothing. */
  readonly pair: CredentialPart<CertificatePair | undefined> | undefined;
  readonly clientCa: CredentialPart<readonly string[]> | undefined;
  readonly tokens: CredentialPart<TokenFile> | undefined;
  tls(): TlsOptions;
}

const loadCredentials = async (options: NodeApiOptions, now: () => number, logger: Logger): Promise<Credentials> => {
  const { certificate, clientCaFile, tokenFile, tlsMinVersion, tlsCiphers, port } = options;
  const part = <T>(name: string, load: () => Promise<T>, fingerprint: (value: T) => string) =>
    loadCredentialPart(name, load, { fingerprint, logger });
  const asText = (value: unknown): string => JSON.stringify(value ?? null);
  const pair = port === undefined ? undefined : await part('certificate', () => servingCertificate({ ...certificate, now }), asText);
  const clientCa =
    port === undefined || clientCaFile === undefined ? undefined : await part('client CA', () => readClientCa(clientCaFile), asText);
  const tokens =
    tokenFile === undefined
      ? undefined
      : await part(
          'tokens',
          () => loadTokenFile(tokenFile),
          ({ digest }) => digest,
        );
  return {
    pair,
    clientCa,
    tokens,
    tls: () => ({
      pair: pair?.current(),
      ...(clientCa ? { clientCa: clientCa.current() } : {}),
      ...(tlsMinVersion ? { minVersion: tlsMinVersion } : {}),
      ...(tlsCiphers ? { ciphers: tlsCiphers } : {}),
    }),
  };
};

/** Takes changed files into use, each by itself, and ends the connections of certificates that are good no more. */
const renew = async (listener: TlsListener, { pair, clientCa, tokens, tls }: Credentials, nowMs: number): Promise<void> => {
  const [newPair, newCa] = await Promise.all([pair?.reload(), clientCa?.reload(), tokens?.reload()]);
  if (newPair || newCa) listener.renew(tls());
  listener.endExpired(nowMs);
};
