import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';
import {
  concat,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  finalize,
  firstValueFrom,
  from,
  ignoreElements,
  mergeMap,
  type Observable,
  of,
  retry,
  type SchedulerLike,
  skip,
  startWith,
  switchMap,
  throwError,
  timer,
} from 'rxjs';
import { KubeletError } from '../process/kubelet-error.js';
import type { InhibitorLock, Logind } from './logind.js';

export interface WatchShutdownOptions {
  readonly logind: Logind;
  /** How long a shutdown has to wait for the pods, ms. */
  readonly requestedMs: number;
  /** Of logind's drop-in files. */
  readonly confDirectory: string;
  /** The watch could not be begun, or was lost; it is begun again. */
  readonly onFailure: (error: unknown) => void;
  readonly scheduler: SchedulerLike;
  readonly signal: AbortSignal;
}

export interface ShutdownWatch {
  /** true when a shutdown begins, false when it is given up, also while nobody listened. Delays shutdowns for as long as it is subscribed to. */
  readonly shuttingDown$: Observable<boolean>;
  /** Lets the shutdown that has begun go on. */
  readonly release: () => void;
}

/** Before a watch that failed is begun again: upstream's dbusReconnectPeriod, doubled up to a minute while nothing answers. */
const RECONNECT_BACKOFF: ExponentialBackoff = { initialMs: 1_000, maxMs: 60_000 };

/**
 * Watches for a shutdown of the machine by logind's inhibitor protocol: a lock is held all the time, released when the pods have ended, and taken anew
 * when the shutdown is given up. Upstream: nodeshutdown_manager_linux.go start.
 */
export const watchShutdown = (options: WatchShutdownOptions): ShutdownWatch => {
  const { logind, onFailure, scheduler, signal } = options;
  const inhibitor = createInhibitor(logind, signal);
  const session$ = defer(() => allowDelay(options)).pipe(
    mergeMap(() => logind.signal$),
    concatMap((heard) => (heard === 'watching' ? logind.preparingForShutdown({ signal }) : of(heard))),
    switchMap((begins) => (begins ? of(true) : concat(inhibitor.hold(), of(false), inhibitor.lost()))),
  );
  const shuttingDown$ = session$.pipe(
    retry({
      resetOnSuccess: true,
      delay: (error: unknown, count) => {
        inhibitor.doubt();
        onFailure(error);
        return timer(backoffMs(RECONNECT_BACKOFF, count), scheduler);
      },
    }),
    startWith(false),
    distinctUntilChanged(),
    skip(1),
    finalize(() => inhibitor.release()),
  );
  return { shuttingDown$, release: () => inhibitor.release() };
};

interface Inhibitor {
  /** Takes a lock unless one is held for certain. logind hands out none while a shutdown is prepared. */
  readonly hold: () => Observable<never>;
  /** Whoever gave the lock may be gone. */
  readonly doubt: () => void;
  readonly release: () => void;
  /** An error when the lock goes that nobody released. */
  readonly lost: () => Observable<never>;
}

const createInhibitor = (logind: Logind, signal: AbortSignal): Inhibitor => {
  let current: InhibitorLock | undefined;
  let doubtful = false;
  const release = (): void => {
    const lock = current;
    current = undefined;
    lock?.release();
  };
  const lost = (): Observable<never> => {
    const held = current;
    if (held === undefined) return EMPTY;
    return from(held.released).pipe(
      mergeMap(() => {
        if (current !== held) return EMPTY;
        current = undefined;
        return throwError(() => unavailable('the inhibitor lock was taken away'));
      }),
    );
  };
  return {
    hold: () =>
      defer(async () => {
        if (current !== undefined && !doubtful) return;
        const lock = await logind.inhibit({ signal });
        release();
        current = lock;
        doubtful = false;
      }).pipe(ignoreElements()),
    doubt: () => {
      doubtful = true;
    },
    release,
    lost: () => defer(lost),
  };
};

const DROP_IN = '99-kubelet.conf';
/** logind takes in a new configuration some time after it was told to: how often it is asked, and the waits before. */
const RELOAD_LOOKS = 5;
const RELOAD_BACKOFF: ExponentialBackoff = { initialMs: 100, maxMs: Number.POSITIVE_INFINITY };

/** Sees to it that logind waits long enough. @throws KubeletError when it will not */
const allowDelay = async ({ logind, requestedMs, confDirectory, scheduler, signal }: WatchShutdownOptions): Promise<void> => {
  let allowedMs = await logind.inhibitDelayMaxMs({ signal });
  if (allowedMs >= requestedMs) return;
  await mkdir(confDirectory, { recursive: true, mode: 0o755 });
  await writeFile(join(confDirectory, DROP_IN), dropIn(requestedMs), { mode: 0o644 });
  await logind.reload({ signal });
  for (let look = 1; look <= RELOAD_LOOKS && allowedMs < requestedMs; look += 1) {
    await firstValueFrom(timer(backoffMs(RELOAD_BACKOFF, look), scheduler));
    allowedMs = await logind.inhibitDelayMaxMs({ signal });
  }
  if (allowedMs >= requestedMs) return;
  const [wanted, is] = [requestedMs, allowedMs].map((ms) => `${ms / 1_000}s`);
  throw unavailable(
    `node shutdown manager was unable to update logind InhibitDelayMaxSec to ${wanted} (ShutdownGracePeriod), current value of InhibitDelayMaxSec (${is}) is less than requested ShutdownGracePeriod`,
  );
};

/** logind.conf(5) */
export const dropIn = (requestedMs: number): string => `# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=${requestedMs / 1_000}\n`;

const unavailable = (message: string): Error => new KubeletError({ code: 'KUBELET_LOGIND_UNAVAILABLE', message });
