import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { ProxyReport, RouteTable, RouteTableResult } from '@solo-kubelet/ingress-proxy';
import { listObjects, type ManifestEvent, type ObjectStore, objectStores } from '@solo-kubelet/manifest-source';
import type { ApiObject, Gateway, GatewayClass, HTTPRoute, Ingress } from '@solo-kubelet/object-spec';
import type { NodeAdmissionFacts, ToldEvent } from '@solo-kubelet/reconciler';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import {
  auditTime,
  combineLatest,
  distinctUntilChanged,
  EMPTY,
  filter,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  ReplaySubject,
  Subject,
  scan,
  share,
  shareReplay,
  startWith,
  switchMap,
  take,
  tap,
} from 'rxjs';
import type { IngressFlags } from '../config/ingress-flags.js';
import { type GatewayNotice, type GatewayState, gatewayNotices, shownGateways } from './core/gateway-state.js';
import {
  type IngressNotice,
  type IngressState,
  ingressNotices,
  reachedAt,
  reduceProxy,
  shownIngresses,
  stoppedProxy,
} from './core/ingress-state.js';
import { createNodeAcme } from './node-acme.js';
import type { NodeServices } from './node-services.js';
import { ingressDirectory } from './remove-ingress.js';

export interface FollowIngresses {
  readonly manifestEvent$: Observable<ManifestEvent>;
  /** Sources that must have been read once before an Ingress is taken for gone. */
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  readonly facts$: Observable<Pick<NodeAdmissionFacts, 'nodeIps'>>;
}

/** The Ingresses and Gateways of the node. */
export interface NodeIngress {
  /** All there are, with their status, once they are known and on every change. */
  readonly ingress$: Observable<IngressesInHand>;
  readonly event$: Observable<ToldEvent>;
  /** Serves them while subscribed to. The proxy goes on after that, and is taken over by the next kubelet. */
  follow(parts: FollowIngresses): Observable<unknown>;
}

export interface IngressesInHand {
  readonly ingresses: readonly Ingress[];
  /** GatewayClasses, Gateways and HTTPRoutes. */
  readonly gateways: readonly ApiObject[];
}

export interface NodeIngressOptions {
  readonly flags: IngressFlags;
  readonly rootDirectory: string;
  readonly serviceNetwork: Pick<NodeServices, 'settled$' | 'metrics'>;
  /** Whether an earlier kubelet may have left a proxy. */
  readonly mayHaveProxy: boolean;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Changes closer to each other than this are one, ms. */
const SETTLE_MS = 20;

const NOTHING_ISSUED = { issued: new Map(), trouble: new Map(), challenges: new Map() };

const GATEWAY_KINDS = ['GatewayClass', 'Gateway', 'HTTPRoute'] as const;

/** Nothing of the proxy is loaded before there is an Ingress or a Gateway, or a proxy that was left. */
export const createNodeIngress = (options: NodeIngressOptions): NodeIngress => {
  const { flags, serviceNetwork, logger } = options;
  // What others read comes from whoever decides on it, and is kept for those who come late.
  const ingress$ = new ReplaySubject<IngressesInHand>(1);
  const event$ = new Subject<ToldEvent>();
  let told: ReadonlyMap<string, IngressNotice | GatewayNotice> = new Map();
  let shownBefore: ReadonlyMap<string, ApiObject> = new Map();

  const show = (state: IngressState & { readonly gateway: GatewayState }): void => {
    const nowText = metaTime(options.now());
    const gateways = shownGateways(state.gateway, shownBefore, nowText);
    shownBefore = new Map(gateways.map((object) => [object.metadata.uid ?? '', object]));
    ingress$.next({ ingresses: shownIngresses(state), gateways });
    const now = new Map<string, IngressNotice | GatewayNotice>([...ingressNotices(state), ...gatewayNotices(gateways)]);
    for (const [key, notice] of now) if (!told.has(key)) event$.next(eventOf(notice));
    told = now;
  };

  const serve = (store$: Observable<ObjectStore>, facts$: FollowIngresses['facts$']): Observable<unknown> =>
    from(loadProxy(flags.proxy)).pipe(
      switchMap(({ answeredTokens, certificateFault, computeRouteTable, GATEWAY_CONTROLLER, runProxy, runAs, caBundle }) => {
        const resultOf = new WeakMap<RouteTable, RouteTableResult>();
        const { httpPort, httpsPort } = flags;
        const acme = flags.acme === undefined ? undefined : createNodeAcme({ ...options, flags: flags.acme });
        const computed$ = combineLatest([store$, serviceNetwork.settled$, acme?.state$ ?? of(undefined)]).pipe(
          auditTime(SETTLE_MS, steadyScheduler),
          map(([store, { services, slices }, acmeState]) => ({
            acmeState: acmeState === undefined ? [] : [acmeState],
            ingresses: listObjects(store, 'Ingress'),
            classes: listObjects(store, 'IngressClass'),
            secrets: listObjects(store, 'Secret'),
            services,
            slices,
            gatewayClasses: listObjects(store, 'GatewayClass'),
            gateways: listObjects(store, 'Gateway'),
            routes: listObjects(store, 'HTTPRoute'),
            grants: listObjects(store, 'ReferenceGrant'),
            namespaces: listObjects(store, 'Namespace'),
          })),
          distinctUntilChanged((a, b) => isSameInput(a, b)),
          map((input) => {
            const { gatewayClasses: classes, gateways, routes, grants, namespaces, acmeState } = input;
            const known = acmeState[0] ?? (flags.acme === undefined ? undefined : { ...NOTHING_ISSUED, issuers: flags.acme.issuers });
            const objects = { classes, gateways, routes, grants, namespaces, ingressPorts: { httpPort, httpsPort } };
            const result = computeRouteTable({
              ...input,
              gateways: objects,
              proxy: flags.proxy,
              checkCertificate: certificateFault,
              ...(known !== undefined && { acme: known }),
              ...(caBundle !== undefined && { caBundle }),
            });
            return { input, result };
          }),
          tap(({ result }) => resultOf.set(result.table, result)),
          shareReplay({ bufferSize: 1, refCount: true }),
        );
        // A proxy that was kept has certificates already that are not known here yet.
        const routes$ = acme === undefined ? computed$ : computed$.pipe(filter(({ input }) => input.acmeState.length > 0));
        const report$ = runProxy({
          proxy: flags.proxy,
          table$: routes$.pipe(map(({ result }) => result.table)),
          directory: ingressDirectory(options.rootDirectory),
          issueCertificate: issuerOf(options),
          program: flags.program,
          ...(flags.addresses !== undefined && { addresses: flags.addresses }),
          httpPort: flags.httpPort,
          httpsPort: flags.httpsPort,
          ...(runAs !== undefined && { runAs }),
          keep: true,
          scheduler: steadyScheduler,
          now: options.now,
        }).pipe(
          tap((report) => {
            log(logger, report);
            count(report, serviceNetwork.metrics);
          }),
          share(),
        );
        const proxy$ = report$.pipe(
          scan(
            (state, report) => reduceProxy(state, report, { ...flags, ownOf: (table) => resultOf.get(table)?.ingresses ?? [] }),
            stoppedProxy,
          ),
          startWith(stoppedProxy),
        );
        const addresses$ = facts$.pipe(
          map(({ nodeIps }) => reachedAt(flags.addresses, nodeIps)),
          distinctUntilChanged((a, b) => a.join() === b.join()),
        );
        const certificates$ =
          acme?.run({
            wanted$: computed$.pipe(map(({ result }) => result.wantedCertificates)),
            answered$: report$.pipe(map((report) => answeredTokens(report, httpPort))),
          }) ?? EMPTY;
        const shown$ = combineLatest([routes$, addresses$, proxy$]).pipe(
          map(([{ input, result }, addresses, proxy]) => ({
            ingresses: input.ingresses,
            own: result.ingresses,
            problems: result.problems,
            addresses,
            proxy,
            gateway: {
              classes: input.gatewayClasses as readonly GatewayClass[],
              gateways: input.gateways as readonly Gateway[],
              routes: input.routes as readonly HTTPRoute[],
              verdicts: result.gateways,
              table: result.table,
              addresses,
              proxy,
              controllerName: GATEWAY_CONTROLLER,
            },
          })),
          tap(show),
        );
        return merge(shown$, certificates$);
      }),
    );

  return {
    ingress$,
    event$,
    follow: ({ manifestEvent$, sources, facts$ }) => {
      const isSynced = ({ syncedSources }: ObjectStore): boolean =>
        sources.every(({ source, path }) => syncedSources.has(`${source}:${path}`));
      // From the start on, while the code is still being loaded: what the stream says before that counts too.
      const store$ = manifestEvent$.pipe(objectStores(), filter(isSynced), shareReplay({ bufferSize: 1, refCount: true }));
      const serving$ = store$.pipe(
        filter(
          (store) => options.mayHaveProxy || ['Ingress' as const, ...GATEWAY_KINDS].some((kind) => listObjects(store, kind).length > 0),
        ),
        take(1),
        mergeMap(() => serve(store$, facts$)),
      );
      return merge(store$, serving$).pipe(ignoreElements());
    },
  };
};

const eventOf = ({ about, reason, message, ...rest }: IngressNotice | GatewayNotice): ToldEvent => {
  const { namespace = '', name = '', uid = '' } = about.metadata;
  const { apiVersion = 'networking.k8s.io/v1', kind = 'Ingress' } = about;
  return { type: 'type' in rest ? rest.type : 'Warning', reason, message, about: { apiVersion, kind, namespace, name, uid } };
};

type Input = Readonly<
  Record<
    | 'ingresses'
    | 'classes'
    | 'secrets'
    | 'services'
    | 'slices'
    | 'gatewayClasses'
    | 'gateways'
    | 'routes'
    | 'grants'
    | 'namespaces'
    | 'acmeState',
    readonly object[]
  >
>;

const isSameInput = (a: Input, b: Input): boolean =>
  (Object.keys(a) as (keyof Input)[]).every((name) => a[name].length === b[name].length && a[name].every((one, i) => one === b[name][i]));

const issuerOf =
  ({ rootDirectory, now }: NodeIngressOptions) =>
  async (names: readonly string[]) => {
    const { openNodeCa } = await import('@solo-kubelet/kube-api/pki');
    return (await openNodeCa(join(rootDirectory, 'api'), now)).issueServer(names);
  };

/** As distributions have them. */
const USERS = { haproxy: ['haproxy'], nginx: ['nginx', 'www-data'] } as const;

/** What the proxy is driven with: the package, and what this machine has for it. */
const loadProxy = async (proxy: IngressFlags['proxy']) => {
  const [ingressProxy, runAs] = await Promise.all([import('@solo-kubelet/ingress-proxy'), workersUser(proxy)]);
  return { ...ingressProxy, runAs, caBundle: await ingressProxy.findCaBundle() };
};

/** The user that comes with the proxy's package, else nobody; undefined where this process may not become another, or knows of neither. */
const workersUser = async (proxy: IngressFlags['proxy']): Promise<{ readonly user: string; readonly group: string } | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const [users, groups] = await Promise.all(['/etc/passwd', '/etc/group'].map((path) => readFile(path, 'utf8').catch(() => '')));
  const has = (table: string | undefined, name: string): boolean => table?.split('\n').some((line) => line.startsWith(`${name}:`)) === true;
  const own = USERS[proxy].find((name) => has(users, name) && has(groups, name));
  if (own !== undefined) return { user: own, group: own };
  const group = ['nogroup', 'nobody'].find((name) => has(groups, name));
  return has(users, 'nobody') && group !== undefined ? { user: 'nobody', group } : undefined;
};

const count = (report: ProxyReport, { proxyUpdated, proxyPorts }: NodeServices['metrics']): void => {
  proxyUpdated(report.type === 'applied' ? report.how : report.type);
  if (report.type === 'applied') proxyPorts(report.ports);
  else if (report.type === 'stopped' || !report.serving) proxyPorts([]);
};

const log = (logger: Logger, report: ProxyReport): void => {
  switch (report.type) {
    case 'applied':
      logger[report.how === 'runtime' || report.how === 'unchanged' ? 'debug' : 'info'](
        { how: report.how, pid: report.pid },
        'Ingresses are served',
      );
      break;
    case 'stopped':
      logger.info({}, 'There is no Ingress and no Gateway: their proxy does not run');
      break;
    case 'portTaken':
      logger.error({ port: report.port, holder: report.holder }, 'A port of Ingresses is taken; trying again');
      break;
    case 'failed':
      logger.error({ err: report.message }, 'Ingresses are not served as they should be; trying again');
      break;
  }
};
