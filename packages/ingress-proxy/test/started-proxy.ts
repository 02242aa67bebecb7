import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EndpointSlice, Ingress, Secret, Service } from '@solo-kubelet/object-spec';
import { type Observable, Subject, tap } from 'rxjs';
import { vi } from 'vitest';
import {
  type CertificatePair,
  certificateFault,
  computeRouteTable,
  type ProxyName,
  type ProxyReport,
  type RouteTable,
  type RouteTableInput,
  type RouteTableResult,
  type RunAnyProxyOptions,
  removeProxy,
  runProxy,
} from '../src/index.js';

const has = (program: string): Promise<boolean> =>
  promisify(execFile)(program, ['-v']).then(
    () => true,
    () => false,
  );

export const hasHaproxy = await has('haproxy');

const PROXIES = ['haproxy', 'nginx'] as const;
const found = await Promise.all(PROXIES.map(has));

/** Proxies of this machine; says which are not there. */
export const installedProxies = PROXIES.filter((name, i) => {
  if (found[i] !== true) process.stderr.write(`${name} is not installed: the tests with it are left out\n`);
  return found[i] === true;
});

/** How a change of servers comes about. */
export const serversChange = (proxy: ProxyName) => (proxy === 'haproxy' ? 'runtime' : 'reloaded');

/** A server on 127.0.0.1 that answers with its name and what it was sent. */
export const startBackend = async (
  name: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void = (incoming, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name, url: incoming.url, headers: incoming.headers }));
  },
): Promise<{ readonly server: Server; readonly port: number } & AsyncDisposable> => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Names in the certificate that was shown. */
  readonly certificate?: string;
}

/** One request to 127.0.0.1 with a host of its own. */
export const ask = (
  port: number,
  host: string,
  path: string,
  { tls = false, headers = {} }: { tls?: boolean; headers?: Record<string, string> } = {},
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      headers: { host, ...headers },
      agent: false as const,
      rejectUnauthorized: false,
      servername: host,
    };
    const sent = (tls ? tlsRequest : request)(options, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (text: string) => {
        body += text;
      });
      incoming.on('error', reject);
      const socket = incoming.socket as { getPeerCertificate?: () => { subjectaltname?: string } };
      const certificate = socket.getPeerCertificate?.().subjectaltname;
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body,
          ...(certificate === undefined ? {} : { certificate }),
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });

/** Below the ports that the kernel gives to whoever asks for any, so that nobody gets one of them meanwhile. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

/** Two ports that nobody listens at. */
export const freePorts = async (): Promise<readonly [number, number]> => {
  const found: number[] = [];
  while (found.length < 2) {
    const port = FIRST_PORT + randomInt(PORTS);
    const isFree = await portIsFree(port).then(
      () => true,
      () => false,
    );
    if (isFree && !found.includes(port)) found.push(port);
  }
  return [found[0] ?? 0, found[1] ?? 0];
};

export interface World extends Pick<RouteTableInput, 'acme' | 'proxy' | 'caBundle'> {
  readonly ingresses: readonly Ingress[];
  /** Ports of 127.0.0.1 behind a Service of this name, in namespace `shop`, port 80. */
  readonly servers: Readonly<Record<string, readonly number[]>>;
  readonly secrets?: readonly Secret[];
}

export const tableOf = (world: World): RouteTable => computeOf(world).table;

export const computeOf = ({ ingresses, servers, secrets = [], acme, proxy, caBundle }: World): RouteTableResult => {
  const services: Service[] = Object.keys(servers).map((name) => ({
    metadata: { name, namespace: 'shop' },
    spec: { ports: [{ port: 80 }] },
  }));
  // One slice for each port, as when a named port differs from Pod to Pod.
  const slices: EndpointSlice[] = Object.entries(servers).flatMap(([name, ports]) =>
    ports.map((port) => ({
      metadata: { name: `${name}-${port}`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4' as const,
      endpoints: [{ addresses: ['127.0.0.1'] }],
      ports: [{ port, protocol: 'TCP' as const }],
    })),
  );
  return computeRouteTable({
    ...{ ingresses, classes: [], services, slices, secrets, checkCertificate: certificateFault },
    ...(acme !== undefined && { acme }),
    ...(proxy !== undefined && { proxy }),
    ...(caBundle !== undefined && { caBundle }),
  });
};

export interface StartedProxy extends AsyncDisposable {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly directory: string;
  readonly reports: readonly ProxyReport[];
  readonly report$: Observable<ProxyReport>;
  /** Wants another table. */
  want(table: RouteTable): void;
  /** Drives it no more, as a process that ends. */
  leave(): void;
  /** The same, until the proxy says that it serves it, or that it cannot. */
  apply(table: RouteTable): Promise<ProxyReport>;
}

/** Nothing that "soon" comes takes as long even on a busy machine. */
export const SOON = { timeout: 90_000, interval: 50 };

export interface StartOptions extends Pick<RunAnyProxyOptions, 'keep' | 'runAs' | 'program'> {
  /** Default haproxy. */
  readonly proxy?: ProxyName;
  /** Of an earlier one that was kept: its directory and ports. */
  readonly earlier?: Pick<StartedProxy, 'directory' | 'httpPort' | 'httpsPort'>;
  /** Default any that nobody has. */
  readonly ports?: readonly [number, number];
}

export const startProxy = async (
  issueCertificate: (names: readonly string[]) => Promise<CertificatePair>,
  { earlier, ports, proxy = 'haproxy', ...options }: StartOptions = {},
): Promise<StartedProxy> => {
  const directory = earlier?.directory ?? (await mkdtemp(join(tmpdir(), 'hap-')));
  const [httpPort, httpsPort] = earlier === undefined ? (ports ?? (await freePorts())) : [earlier.httpPort, earlier.httpsPort];
  const table$ = new Subject<RouteTable>();
  const reports: ProxyReport[] = [];
  const report$ = new Subject<ProxyReport>();
  const proxy$ = runProxy({ proxy, table$, directory, issueCertificate, addresses: ['127.0.0.1'], httpPort, httpsPort, ...options });
  const running = proxy$.pipe(tap((report) => reports.push(report))).subscribe(report$);
  return {
    httpPort,
    httpsPort,
    directory,
    reports,
    report$,
    want: (table) => table$.next(table),
    apply: async (table) => {
      const before = reports.length;
      table$.next(table);
      await vi.waitFor(() => {
        if (reports.length === before) throw new Error('nothing was applied yet');
      }, SOON);
      return reports.at(-1) as ProxyReport;
    },
    leave: () => running.unsubscribe(),
    [Symbol.asyncDispose]: async () => {
      running.unsubscribe();
      if (options.keep === true) await removeProxy(directory, { signal: new AbortController().signal });
      await vi.waitFor(() => portIsFree(httpPort), SOON);
      // What a driver that was left has under way may still come.
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

const portIsFree = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createTcpServer();
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
