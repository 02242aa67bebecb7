import { longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, filter, ignoreElements, map, merge, type Observable, switchMap, take, tap, timer } from 'rxjs';
import type { KubeletContext, KubeletService } from '../kubelet-services.js';
import { type Notify, type SystemdEnvironment, signOfLifeMs, systemdNotify } from './systemd-notify.js';

/**
 * READY=1 at the first look at the runtime, then WATCHDOG=1 twice per WatchdogSec for as long as looks keep coming: a kubelet that hangs,
 * or whose runtime has been silent for longer than upstream's limit, is restarted by systemd. Containers run on.
 */
export const systemdNotifyService =
  (
    environment: SystemdEnvironment,
    notifyWith: (context: KubeletContext) => Notify = (context) => systemdNotify(environment, context),
  ): KubeletService =>
  (context) => {
    const { NOTIFY_SOCKET } = environment;
    const { reconciler, config } = context;
    let lastLookMs = performance.now();
    const relist$: Observable<unknown> = reconciler.activity$.pipe(
      filter(({ type }) => type === 'relisted'),
      tap(() => {
        lastLookMs = performance.now();
      }),
    );
    if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return relist$.pipe(ignoreElements());
    const notify = notifyWith(context);
    const ready$ = relist$.pipe(
      take(1),
      tap(() => notify('--ready', '--status=Running pods')),
    );
    const periodMs = signOfLifeMs(environment);
    const limitMs = Math.max(MIN_SILENCE_MS, 2 * config.syncFrequency);
    const alive$ = ready$.pipe(
      switchMap(() => timer(0, periodMs, longDelays(asyncScheduler))),
      map(() => performance.now() - lastLookMs < limitMs),
      tap((isAlive) => isAlive && notify('WATCHDOG=1')),
    );
    return merge(relist$, periodMs > 0 ? alive$ : ready$).pipe(ignoreElements());
  };

/** As the `syncloop` health check: five minutes. */
const MIN_SILENCE_MS = 5 * 60_000;
