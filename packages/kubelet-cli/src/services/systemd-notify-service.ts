import { execFile } from 'node:child_process';
import { describeError } from '@solo-kubelet/diagnostics';
import { filter, ignoreElements, map, merge, type Observable, switchMap, take, tap, timer } from 'rxjs';
import type { KubeletContext, KubeletService } from '../run/kubelet-services.js';

const NOTIFY_TIMEOUT_MS = 5_000;
const MS_PER_MICROSECOND = 1 / 1_000;

/** Tells systemd something; only said when systemd asked for it (`Type=notify`). */
export type Notify = (...states: readonly string[]) => void;

/** Through `systemd-notify`, since Node cannot send datagrams to a unix socket. The unit needs `NotifyAccess=all`. */
const systemdNotify =
  ({ logger }: Pick<KubeletContext, 'logger'>): Notify =>
  (...states) =>
    execFile('systemd-notify', [...states], { timeout: NOTIFY_TIMEOUT_MS }, (error) => {
      if (error) logger.warn({ err: describeError(error) }, 'Cannot tell systemd');
    });

export interface SystemdEnvironment {
  readonly NOTIFY_SOCKET?: string;
  readonly WATCHDOG_USEC?: string;
}

/**
 * READY=1 at the first look at the runtime, then WATCHDOG=1 twice per WatchdogSec for as long as looks keep coming: a kubelet that hangs,
 * or whose runtime has been silent for longer than upstream's limit, is restarted by systemd. Containers run on.
 */
export const systemdNotifyService =
  (environment: SystemdEnvironment, notifyWith: (context: KubeletContext) => Notify = systemdNotify): KubeletService =>
  (context) => {
    const { NOTIFY_SOCKET, WATCHDOG_USEC } = environment;
    const { reconciler, config, startedAtMs } = context;
    let lastLookMs = startedAtMs;
    const look$: Observable<unknown> = reconciler.activity$.pipe(
      filter(({ type }) => type === 'relisted'),
      tap(({ atMs }) => {
        lastLookMs = atMs;
      }),
    );
    if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return look$.pipe(ignoreElements());
    const notify = notifyWith(context);
    const ready$ = look$.pipe(
      take(1),
      tap(() => notify('--ready', '--status=Running pods')),
    );
    const periodMs = (Number(WATCHDOG_USEC ?? 0) * MS_PER_MICROSECOND) / 2;
    const limitMs = Math.max(MIN_SILENCE_MS, 2 * config.syncFrequency);
    const alive$ = ready$.pipe(
      switchMap(() => timer(0, periodMs)),
      map(() => Date.now() - lastLookMs < limitMs),
      tap((isAlive) => isAlive && notify('WATCHDOG=1')),
    );
    return merge(look$, periodMs > 0 ? alive$ : ready$).pipe(ignoreElements());
  };

/** As the `syncloop` health check: five minutes. */
const MIN_SILENCE_MS = 5 * 60_000;
