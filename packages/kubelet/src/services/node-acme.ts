import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import type { AcmeState } from '@solo-kubelet/ingress-proxy';
import type { AcmeReport, RunAcmeOptions } from '@solo-kubelet/ingress-proxy/acme';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { BehaviorSubject, from, mergeMap, type Observable, tap } from 'rxjs';
import type { AcmeFlags } from '../config/ingress-flags.js';

/** Certificates of this node by ACME. */
export interface NodeAcme {
  /** What tables are to be computed with; undefined until it is known what there is. */
  readonly state$: Observable<AcmeState | undefined>;
  /** Gets and renews them while subscribed to. */
  run(parts: Pick<RunAcmeOptions, 'wanted$' | 'answered$'>): Observable<unknown>;
}

export interface NodeAcmeOptions {
  readonly flags: AcmeFlags;
  readonly rootDirectory: string;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Not below that of the proxy, which is deleted with the last Ingress: a server has limits to how often it issues the same. */
const DIRECTORY = 'acme';
const MOST_CA_BYTES = 1024 * 1024;

/** Its code is loaded when it runs. */
export const createNodeAcme = ({ flags, rootDirectory, logger, now }: NodeAcmeOptions): NodeAcme => {
  const { directoryUrl, email, caFile, issuers } = flags;
  const directory = join(rootDirectory, DIRECTORY);
  // A feedback edge: what is wanted is computed with what there is.
  const state$ = new BehaviorSubject<AcmeState | undefined>(undefined);
  const readCa = async (signal: AbortSignal): Promise<string> => {
    const path = caFile ?? '';
    const text = (await readRegular(path, { followLinks: true, maxBytes: MOST_CA_BYTES, signal })).toString('utf8');
    if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`--ingress-acme-ca-file ${path}: there is no certificate in it`);
    return text;
  };
  return {
    state$,
    run: (parts) =>
      from(import('@solo-kubelet/ingress-proxy/acme')).pipe(
        mergeMap(({ acmeIssuer, runAcme }) => {
          const common = { directory, directoryUrl, scheduler: steadyScheduler, logger };
          const issue = acmeIssuer({ ...common, email, ...(caFile !== undefined && { readCa }) });
          return runAcme({ ...common, ...parts, issue, now });
        }),
        tap((report) => {
          if (report.type === 'state') state$.next({ ...report, issuers });
          else log(logger, report);
        }),
      ),
  };
};

const log = (logger: Logger, report: Exclude<AcmeReport, { readonly type: 'state' }>): void => {
  const hosts = report.hosts.join(',');
  if (report.type === 'issued')
    logger.info({ hosts, isRenewed: report.isRenewed, notAfter: new Date(report.notAfterMs).toISOString() }, 'A certificate was issued');
  else
    logger.warn(
      { hosts, err: report.message, retryAt: new Date(report.retryAtMs).toISOString() },
      'A certificate could not be had; trying again later',
    );
};
