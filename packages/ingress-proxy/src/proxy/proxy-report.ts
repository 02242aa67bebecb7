import type { Observable, SchedulerLike } from 'rxjs';
import type { RouteTable } from '../core/route-table.js';
import type { IssueCertificate } from './own-certificates.js';

export interface RunProxyOptions {
  /** What is to be served, at once and on every change. */
  readonly table$: Observable<RouteTable>;
  /** For configurations, sockets and certificates; made where it is missing. Its path must be short: sockets have 107 bytes. */
  readonly directory: string;
  /** Makes certificates where a Secret has none. */
  readonly issueCertificate: IssueCertificate;
  /** Where requests are taken. Default every address of both families. */
  readonly addresses?: readonly string[];
  /** Default 80 and 443. */
  readonly httpPort?: number;
  readonly httpsPort?: number;
  /** Who the workers are. Default whoever starts them. */
  readonly runAs?: { readonly user: string; readonly group: string };
  /** Whether the proxy outlives whoever drives it, and is taken over by the next one with the same directory. Default false: it ends with the subscription. */
  readonly keep?: boolean;
  readonly scheduler?: SchedulerLike;
  /** For the times of certificates. Default the machine's clock. */
  readonly now?: () => number;
}

export type ProxyReport =
  /** What was asked for is served. `runtime`: only servers changed, and nothing was started anew. `adopted`: an earlier process left it as it is to be. `unchanged`: it says the same as the one before. */
  | {
      readonly type: 'applied';
      readonly how: 'started' | 'reloaded' | 'runtime' | 'adopted' | 'unchanged';
      /** What was asked for. */
      readonly table: RouteTable;
      /** Whether Ingresses are served by HTTP and by HTTPS. */
      readonly http: boolean;
      readonly https: boolean;
      /** Every port that is open. */
      readonly ports: readonly number[];
      /** Ports that are not, and who holds them. */
      readonly taken: ReadonlyMap<number, string>;
      readonly pid: number;
    }
  /** Nothing is to be served, and no port is held. */
  | { readonly type: 'stopped' }
  /** A port that somebody else holds: what is asked for at it is not served, all else is. `serving`: anything is. */
  | { readonly type: 'portTaken'; readonly port: number; readonly holder: string; readonly serving: boolean }
  | { readonly type: 'failed'; readonly message: string; readonly serving: boolean };
