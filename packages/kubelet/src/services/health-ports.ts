import { createServer, type Server, type ServerResponse } from 'node:http';
import { describeError } from '@solo-kubelet/diagnostics';
import type { HealthCheck } from '@solo-kubelet/service-network';
import { combineLatest, ignoreElements, Observable, type SchedulerLike, type Subscription, tap } from 'rxjs';

export interface HealthPortsOptions {
  readonly checks$: Observable<readonly HealthCheck[]>;
  /** Of the node. */
  readonly addresses$: Observable<readonly string[]>;
  /** Whether rules are in force as they should be. */
  readonly isHealthy: () => boolean;
  readonly scheduler: SchedulerLike;
}

/** A port that could not be had, told once; it is tried again. */
export interface HealthPortTrouble {
  readonly check: HealthCheck;
  readonly message: string;
}

/** Load balancers ask every few seconds; more at a time is nobody who means well. */
const MAX_CONNECTIONS = 64;
const LIMIT_MS = 5_000;
const LIMITS = { requestTimeout: LIMIT_MS, headersTimeout: LIMIT_MS, keepAliveTimeout: LIMIT_MS };

/** A port that somebody holds, or an address that is not there yet, is tried again after this, ms. */
const RETRY_MS = 5_000;

/**
 * Answers at the `healthCheckNodePort` of Services, at every address of the node, as kube-proxy does (pkg/proxy/healthcheck/service_health.go): 200 while there are
 * ready endpoints on this node and the rules are in force, else 503. Listens for as long as it is subscribed to.
 */
export const healthPorts = ({ checks$, addresses$, isHealthy, scheduler }: HealthPortsOptions): Observable<HealthPortTrouble> =>
  new Observable((subscriber) => {
    const open = new Map<string, Server>();
    const told = new Map<string, string>();
    let wanted: ReadonlyMap<string, Wanted> = new Map();
    let retry: Subscription | undefined;

    const close = (key: string): void => {
      const server = open.get(key);
      open.delete(key);
      server?.close();
      server?.closeAllConnections();
    };
    const listen = (key: string, { address, check }: Wanted): void => {
      const server = createServer(LIMITS, (_, response) => answer(response, wanted.get(key)?.check, isHealthy()));
      server.maxConnections = MAX_CONNECTIONS;
      open.set(key, server);
      server.on('listening', () => told.delete(key));
      server.on('error', (error) => {
        if (open.get(key) !== server) return;
        open.delete(key);
        const message = `healthCheckNodePort ${check.port} at ${address}: ${describeError(error)}`;
        if (told.get(key) !== message) subscriber.next({ check, message });
        told.set(key, message);
        // One for all that failed: with one each, each would try all of them again, and make as many more.
        retry ??= scheduler.schedule(() => {
          retry = undefined;
          settle();
        }, RETRY_MS);
      });
      server.listen({ host: address, port: check.port, ipv6Only: true });
      server.unref();
    };
    const settle = (): void => {
      for (const key of [...open.keys()]) if (!wanted.has(key)) close(key);
      for (const key of [...told.keys()]) if (!wanted.has(key)) told.delete(key);
      for (const [key, one] of wanted) if (!open.has(key)) listen(key, one);
    };
    subscriber.add(
      combineLatest([checks$, addresses$])
        .pipe(
          tap(([checks, addresses]) => {
            const all = checks.flatMap((check) => addresses.map((address) => [`${address} ${check.port}`, { address, check }] as const));
            wanted = new Map(all);
            settle();
          }),
          ignoreElements(),
        )
        .subscribe(subscriber),
    );
    return () => {
      retry?.unsubscribe();
      for (const key of [...open.keys()]) close(key);
    };
  });

interface Wanted {
  readonly address: string;
  readonly check: HealthCheck;
}

const answer = (response: ServerResponse, check: HealthCheck | undefined, healthy: boolean): void => {
  const { namespace = '', name = '', localEndpoints = 0 } = check ?? {};
  response.writeHead(localEndpoints > 0 && healthy ? 200 : 503, {
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    'x-load-balancing-endpoint-weight': String(localEndpoints),
  });
  const text = (value: string): string => JSON.stringify(value);
  response.end(
    `{\n\t"service": {\n\t\t"namespace": ${text(namespace)},\n\t\t"name": ${text(name)}\n\t},\n\t"localEndpoints": ${localEndpoints},\n\t"serviceProxyHealthy": ${healthy}\n}`,
  );
};
