import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';
import { fromAbortable, longDelays } from '@solo-kubelet/timers/rxjs';
import {
  asyncScheduler,
  catchError,
  concat,
  defer,
  distinctUntilChanged,
  EMPTY,
  from,
  mergeMap,
  type Observable,
  of,
  repeat,
  type SchedulerLike,
  switchMap,
  throwError,
  timer,
} from 'rxjs';
import type { ApiClient } from './api-client.js';
import { readCurrent } from './certificate-files.js';
import { type CertificateKind, type CertificateNames, certificateLife, isForNode, rotationDueMs } from './certificate-life.js';
import { ClusterError } from './cluster-error.js';
import { requestNodeCertificate } from './request-certificate.js';

export interface KeepCertificateOptions {
  readonly kind: CertificateKind;
  readonly nodeName: string;
  /** Where certificates are kept. */
  readonly directory: string;
  /** Whom to ask: is told whether the current certificate is still good, since an expired one opens no door. */
  readonly api: (current: { readonly expired: boolean }) => Promise<Pick<ApiClient, 'request'> & Partial<Disposable>>;
  /** What the certificate must be good for. Undefined: not known yet, and nothing is asked for. */
  readonly names$: Observable<CertificateNames | undefined>;
  readonly scheduler?: SchedulerLike;
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: () => number;
  /** The machine's clock, ms. Default `Date.now`. */
  readonly wallNow?: () => number;
}

export type CertificateReport =
  | { readonly type: 'signed'; readonly kind: CertificateKind }
  | { readonly type: 'failed'; readonly kind: CertificateKind; readonly error: ClusterError };

/** How often the clock is looked at: it may have been set, ms. */
const LOOK_MS = 60_000;
/** Between tries, ms (certificate_manager.go). */
const BACKOFF: ExponentialBackoff = { initialMs: 2_000, maxMs: 32_000 };

/**
 * Keeps a certificate of the node good: asks for one when there is none, when it is not good for a name, and at 70 to 90 % of its life. Other names
 * interrupt the wait for a signature. Never ends. Upstream: client-go util/certificate/certificate_manager.go.
 */
export const keepCertificate = (options: KeepCertificateOptions): Observable<CertificateReport> => {
  const { kind, nodeName, directory, random = Math.random, wallNow = Date.now } = options;
  const scheduler = longDelays(options.scheduler ?? asyncScheduler);
  /** One moment for each certificate, however often is looked. */
  let chosen: { readonly pem: string; readonly random: number } | undefined;

  const leftMs = (pem: string, names: CertificateNames): number => {
    try {
      if (!isForNode(pem, nodeName, names)) return 0;
      if (chosen?.pem !== pem) chosen = { pem, random: random() };
      return rotationDueMs(certificateLife(pem), chosen.random) - wallNow();
    } catch {
      return 0; // What cannot be read is replaced.
    }
  };
  const hasExpired = (pem: string | undefined): boolean => {
    try {
      return pem !== undefined && certificateLife(pem).notAfterMs <= wallNow();
    } catch {
      return true;
    }
  };
  const renew = async (names: CertificateNames, signal: AbortSignal, pem: string | undefined): Promise<CertificateReport> => {
    const api = await options.api({ expired: hasExpired(pem) });
    try {
      await requestNodeCertificate({ api, nodeName, kind, names, directory, signal, wallNow });
    } finally {
      api[Symbol.dispose]?.();
    }
    return { type: 'signed', kind };
  };

  const kept = (names: CertificateNames): Observable<CertificateReport> => {
    let failures = 0;
    /** One has just been signed, and was not looked at yet. */
    let isNew = false;
    const failed = (error: ClusterError): Observable<CertificateReport> => {
      failures += 1;
      const retryMs = backoffMs(BACKOFF, failures);
      return concat(of({ type: 'failed' as const, kind, error }), timer(retryMs, scheduler).pipe(mergeMap(() => EMPTY)));
    };
    const round = (pem: string | undefined): Observable<CertificateReport> => {
      const waitMs = pem === undefined ? 0 : leftMs(pem, names);
      if (waitMs > 0) {
        failures = 0;
        isNew = false;
        return timer(Math.min(waitMs, LOOK_MS), scheduler).pipe(mergeMap(() => EMPTY));
      }
      // The next one would be like it: they are not asked for one after the other.
      if (isNew) {
        isNew = false;
        return failed(signedInVain(kind));
      }
      return fromAbortable((signal) => renew(names, signal, pem)).pipe(
        mergeMap((report) => {
          isNew = true;
          return of(report);
        }),
        catchError((error: unknown) => (ClusterError.is(error) ? failed(error) : throwError(() => error))),
      );
    };
    return defer(() => from(readCurrent(directory, kind)).pipe(mergeMap(round))).pipe(repeat());
  };
  return options.names$.pipe(
    distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
    switchMap((names) => (names === undefined ? EMPTY : kept(names))),
  );
};

const signedInVain = (kind: CertificateKind): ClusterError =>
  new ClusterError({
    code: 'CLUSTER_CREDENTIALS',
    message: `the ${kind} certificate that was signed is not good for this node: it lacks a name, or most of its life is over by the clock of this machine`,
    retryable: true,
    hint: 'compare the clocks of this machine and of the control plane, and what its signer changes in requests',
  });
