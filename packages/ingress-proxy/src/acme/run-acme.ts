import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import type { FileLayer } from '@solo-kubelet/state-files';
import { joinSignals } from '@solo-kubelet/timers';
import { delay, fromEmitting, longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, defer, ignoreElements, merge, type Observable, type SchedulerLike, tap } from 'rxjs';
import { dueAtMs, nextCertificate, orderBackoffMs } from '../core/acme/certificate-plan.js';
import { afterOrder, nextOrderAtMs, type OrderAllowance } from '../core/acme/order-allowance.js';
import { type AcmeState, certificateKey } from '../core/acme/wanted-certificates.js';
import { AcmeFailure } from './acme-failure.js';
import { type CertificateIssuer, directoryOf } from './acme-issuer.js';
import { type CertificateFiles, type CertificateRecord, certificateFiles, stateOf } from './certificate-file.js';

export interface RunAcmeOptions {
  /** Certificates that are wanted, as the result of `computeRouteTable` has them, at once and on every change. */
  readonly wanted$: Observable<ReadonlySet<string>>;
  /** Tokens of the challenges that a proxy answers now. */
  readonly answered$: Observable<ReadonlySet<string>>;
  /** Gets certificates, such as `acmeIssuer(…)`. */
  readonly issue: CertificateIssuer;
  /** Of the ACME server: each has its own certificates. */
  readonly directoryUrl: string;
  /** Where certificates are kept. */
  readonly directory: string;
  readonly scheduler?: SchedulerLike;
  /** For the times of certificates, ms since 1970. Default the machine's clock. */
  readonly now?: () => number;
  /** From 0 to 1. Default Math.random. */
  readonly random?: () => number;
  /** Told of files that can't be used. Default nobody. */
  readonly logger?: Logger;
  /** Default: the machine's own file system. */
  readonly files?: FileLayer;
}

export type AcmeReport =
  /** What a table of routes is to be computed with. */
  | ({ readonly type: 'state' } & Omit<AcmeState, 'issuers'>)
  | { readonly type: 'issued'; readonly hosts: readonly string[]; readonly isRenewed: boolean; readonly notAfterMs: number }
  | { readonly type: 'failed'; readonly hosts: readonly string[]; readonly message: string; readonly retryAtMs: number };

/** The machine's clock may be set meanwhile. */
const LONGEST_LOOK_MS = 43_200_000;
/** A whole order. */
const ORDER_MS = 600_000;
/** Until the proxy answers a challenge. */
const ANSWERED_MS = 120_000;

/**
 * Gets and renews certificates while subscribed to, one after the other. What was issued is kept, and handed out from the start on, whether the server
 * can be reached or not; orders that fail are tried again later and later, over restarts too.
 */
export const runAcme = (options: RunAcmeOptions): Observable<AcmeReport> => {
  const { wanted$, answered$, issue, directory, directoryUrl, now = Date.now, random = Math.random, logger = silentLogger } = options;
  const scheduler = longDelays(options.scheduler ?? asyncScheduler);
  return defer(() => {
    let wanted: ReadonlySet<string> | undefined;
    let answered: ReadonlySet<string> = new Set();
    let wake = (): void => {};
    const follow$ = merge(
      wanted$.pipe(
        tap((keys) => {
          // Whoever computes them does so for every report, too.
          if (wanted !== undefined && certificateKeys(wanted) === certificateKeys(keys)) return;
          wanted = keys;
          wake();
        }),
      ),
      answered$.pipe(
        tap((tokens) => {
          answered = tokens;
          wake();
        }),
      ),
    ).pipe(ignoreElements());

    const work$ = fromEmitting<AcmeReport>(async (emit, signal) => {
      const files: CertificateFiles = certificateFiles(directoryOf(directory, directoryUrl), { logger, layer: options.files });
      const records = new Map<string, CertificateRecord>();
      let challenges: ReadonlyMap<string, string> = new Map();

      const tell = (): void => {
        const all = [...records].filter(([key]) => wanted?.has(key) === true);
        emit({
          type: 'state',
          challenges,
          issued: new Map(
            all.flatMap(([key, { pair }]) => (pair === undefined ? [] : [[key, { certificate: pair.certificatePem, key: pair.keyPem }]])),
          ),
          trouble: new Map(all.flatMap(([key, { trouble }]) => (trouble === undefined ? [] : [[key, trouble]]))),
        });
      };
      const sleep = async (ms: number): Promise<void> => {
        const round = new AbortController();
        wake = () => round.abort();
        using joined = joinSignals([signal, round.signal]);
        await delay(ms, scheduler, joined.signal);
        wake = () => {};
      };
      const publish = async (next: ReadonlyMap<string, string>, limit: AbortSignal): Promise<void> => {
        challenges = next;
        tell();
        const startedAtMs = scheduler.now();
        while (![...next.keys()].every((token) => answered.has(token))) {
          limit.throwIfAborted();
          const leftMs = startedAtMs + ANSWERED_MS - scheduler.now();
          if (leftMs <= 0) throw new AcmeFailure('unreachable', 'the proxy does not answer the challenge: is its port of HTTP open?');
          await sleep(leftMs);
        }
      };
      const save = async (key: string, record: CertificateRecord): Promise<string | undefined> => {
        records.set(key, record);
        return files.save(record).then(
          () => undefined,
          (error: unknown) => `it is not kept: ${describeError(error)}`,
        );
      };

      const order = async (key: string): Promise<void> => {
        const hosts = key.split(',');
        const before = records.get(key);
        const abort = new AbortController();
        using joined = joinSignals([signal, abort.signal]);
        const timer = scheduler.schedule(
          () => abort.abort(new AcmeFailure('unreachable', `no certificate in ${ORDER_MS / 60_000} min`)),
          ORDER_MS,
        );
        try {
          const pair = await issue(hosts, { publish: (next) => publish(next, joined.signal), scheduler, signal: joined.signal });
          const record: CertificateRecord = { hosts, pair, failures: 0 };
          const { notAfterMs = 0 } = stateOf(record).certificate ?? {};
          emit({ type: 'issued', hosts, isRenewed: before?.pair !== undefined, notAfterMs });
          // It would be asked for again at once, and again.
          if (dueAtMs(stateOf(record), now()) <= now())
            return await fail(
              { ...record, failures: before?.failures ?? 0 },
              new AcmeFailure('refused', `what was issued has run out: is this machine's clock right?`),
            );
          const fault = await save(key, record);
          if (fault !== undefined) emit({ type: 'failed', hosts, message: fault, retryAtMs: notAfterMs });
        } catch (caught) {
          if (signal.aborted) return;
          await fail({ ...before, hosts, failures: before?.failures ?? 0 }, abort.signal.aborted ? abort.signal.reason : caught);
        } finally {
          timer.unsubscribe();
          challenges = new Map();
          if (!signal.aborted) tell();
        }
      };
      const fail = async (before: CertificateRecord, error: unknown): Promise<void> => {
        const failures = before.failures + 1;
        const { kind = 'unreachable', retryAfterMs } = error instanceof AcmeFailure ? error : {};
        const retryAtMs = now() + orderBackoffMs(kind, { failures, retryAfterMs, random: random() });
        const message = describeError(error);
        const fault = await save(certificateKey(before.hosts), { ...before, failures, retryAtMs, trouble: message });
        emit({ type: 'failed', hosts: before.hosts, message: fault === undefined ? message : `${message}; ${fault}`, retryAtMs });
      };

      let allowance: OrderAllowance | undefined = await files.loadAllowance();
      /** Tells once of a certificate that waits until there may be more orders. */
      const hold = (key: string, untilMs: number): void => {
        const message = `too many certificates were ordered lately; this one waits until ${new Date(untilMs).toISOString().slice(0, 16)}Z`;
        const before = records.get(key);
        if (before?.trouble?.startsWith(message.slice(0, message.indexOf(';'))) === true) return;
        const hosts = key.split(',');
        records.set(key, { failures: 0, ...before, hosts, trouble: message });
        emit({ type: 'failed', hosts, message, retryAtMs: untilMs });
        tell();
      };
      let known: ReadonlySet<string> | undefined;
      while (!signal.aborted) {
        if (wanted === undefined) {
          await sleep(LONGEST_LOOK_MS);
          continue;
        }
        const keys: ReadonlySet<string> = wanted;
        if (known !== keys) {
          for (const key of records.keys()) if (!keys.has(key)) records.delete(key);
          for (const key of keys) {
            if (records.has(key)) continue;
            const record = await files.load(key);
            if (record !== undefined) records.set(key, record);
          }
          // Nobody waits for that.
          if (known === undefined) void files.removeExpired(keys, now()).catch(() => {});
          known = keys;
          tell();
          continue;
        }
        const states = new Map([...records].map(([key, record]) => [key, stateOf(record)]));
        const mayOrderAtMs = nextOrderAtMs(allowance, now());
        const isHeld = (key: string): boolean => mayOrderAtMs > now() && records.get(key)?.pair === undefined;
        // Renewals never wait for those that are new.
        const next = nextCertificate(
          [...keys].filter((key) => !isHeld(key)),
          states,
          now(),
        );
        const held = nextCertificate([...keys].filter(isHeld), states, now());
        for (const key of keys) if (isHeld(key) && dueAtMs(states.get(key), now()) <= now()) hold(key, mayOrderAtMs);
        const waitMs = Math.min(
          next === undefined ? LONGEST_LOOK_MS : next.atMs - now(),
          held === undefined ? LONGEST_LOOK_MS : Math.max(held.atMs, mayOrderAtMs) - now(),
        );
        if (next === undefined || next.atMs > now()) {
          await sleep(Math.min(waitMs, LONGEST_LOOK_MS));
          continue;
        }
        if (records.get(next.key)?.pair === undefined) {
          allowance = afterOrder(allowance, now());
          await files.saveAllowance(allowance).catch(() => {}); // a disk that takes nothing fails the order itself
        }
        await order(next.key);
      }
    });
    return merge(work$, follow$);
  });
};

const certificateKeys = (keys: ReadonlySet<string>): string => [...keys].sort().join(' ');
