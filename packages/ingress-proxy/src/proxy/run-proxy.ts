import { rm } from 'node:fs/promises';
import { asyncScheduler, type Observable } from 'rxjs';
import type { ProxyName } from '../core/route-table.js';
import { endEarlier } from '../haproxy/haproxy-process.js';
import { haproxySockets } from '../haproxy/haproxy-socket.js';
import { runHaproxy } from '../haproxy/run-haproxy.js';
import { endNginx } from '../nginx/nginx-process.js';
import { runNginx } from '../nginx/run-nginx.js';
import type { ProxyReport, RunProxyOptions } from './proxy-report.js';

export interface RunAnyProxyOptions extends RunProxyOptions {
  readonly proxy: ProxyName;
  /** Its program. Default its name, as PATH has it. */
  readonly program?: string;
}

/** Drives one of the proxies; one of another kind that an earlier process left in the same directory ends first. */
export const runProxy = ({ proxy, program = proxy, ...options }: RunAnyProxyOptions): Observable<ProxyReport> =>
  proxy === 'nginx' ? runNginx({ ...options, nginx: program }) : runHaproxy({ ...options, haproxy: program });

const STOP_GRACE_MS = 5_000;

/** Ends a proxy that was kept, whichever it is, and deletes what it had; its directory is one of `runProxy`. Tells whether there was one. */
export const removeProxy = async (directory: string, { signal }: { readonly signal: AbortSignal }): Promise<boolean> => {
  const options = { graceMs: STOP_GRACE_MS, scheduler: asyncScheduler, signal };
  const found = [await endEarlier(haproxySockets(directory).masterSocket, options), await endNginx(directory, options)];
  await rm(directory, { recursive: true, force: true });
  return found.includes(true);
};
