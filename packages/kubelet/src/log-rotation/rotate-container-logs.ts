import { lstat } from 'node:fs/promises';
import { describeError } from '@solo-kubelet/diagnostics';
import type { LogPort } from '@solo-kubelet/reconciler';
import { checkInterval } from '@solo-kubelet/timers';
import { fromAbortable, fromEmitting, longDelays, steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { irregularKind } from '@solo-kubelet/untrusted-files';
import { catchError, EMPTY, exhaustMap, from, mergeMap, type Observable, of, type SchedulerLike, timer } from 'rxjs';
import { rotateLog } from './rotate-log.js';

export interface RotateContainerLogsOptions {
  readonly logs: LogPort;
  /** `containerLogMaxSize`, bytes; negative switches rotation off. Default 10 MiB. */
  readonly maxBytes?: number;
  /** `containerLogMaxFiles`, more than 1. Default 5. */
  readonly maxFiles?: number;
  /** `containerLogMaxWorkers`. Default 1. */
  readonly workers?: number;
  /** `containerLogMonitorInterval`, ms. Default 10 s. */
  readonly intervalMs?: number;
  /** Default `steadyScheduler`. */
  readonly scheduler?: SchedulerLike;
  /** The machine's clock, ms, for the names of rotated files. Default `Date.now`. */
  readonly wallNow?: () => number;
}

export type LogRotationActivity =
  | { readonly type: 'logRotated'; readonly containerId: string; readonly path: string; readonly sizeBytes: number }
  | { readonly type: 'logRotationFailed'; readonly containerId: string; readonly message: string };

/** Keeps the logs of running containers below their limits. */
export const rotateContainerLogs = ({
  logs,
  maxBytes = 10 * 1024 * 1024,
  maxFiles = 5,
  workers = 1,
  intervalMs: givenMs,
  scheduler = steadyScheduler,
  wallNow = Date.now,
}: RotateContainerLogsOptions): Observable<LogRotationActivity> => {
  const intervalMs = checkInterval('intervalMs', givenMs, 10_000);
  if (maxBytes < 0) return EMPTY;
  const check = (containerId: string, logPath: string): Observable<LogRotationActivity> =>
    fromEmitting<LogRotationActivity>(async (emit, signal) => {
      const reopen = (): Promise<void> => logs.reopenLog(containerId, { signal });
      const found = await lstat(logPath).catch(() => undefined);
      if (found === undefined) return reopen(); // somebody deleted it: the runtime writes to a file without a name
      const kind = irregularKind(found);
      // The runtime must not open it either.
      if (kind !== undefined) throw new Error(`${logPath} is ${kind}, not a log file: somebody has put it in the place of the log`);
      const { size } = found;
      if (size < maxBytes) return;
      await rotateLog({ logPath, maxFiles, nowMs: wallNow(), reopen, signal });
      emit({ type: 'logRotated', containerId, path: logPath, sizeBytes: size });
    }).pipe(
      catchError((error: unknown) => of<LogRotationActivity>({ type: 'logRotationFailed', containerId, message: describeError(error) })),
    );
  return timer(intervalMs, intervalMs, longDelays(scheduler)).pipe(
    exhaustMap(() =>
      fromAbortable((signal) => logs.listRunning({ signal })).pipe(
        catchError(() => EMPTY), // the relist tells of a runtime that does not answer
        mergeMap((running) => from(running)),
        mergeMap(({ containerId, logPath }) => check(containerId, logPath), workers),
      ),
    ),
  );
};
