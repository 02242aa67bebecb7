import type { Logger } from '@solo-kubelet/diagnostics';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { audit, defer, map, merge, type Observable, repeat, type SchedulerLike, share, timer, withLatestFrom } from 'rxjs';
import { deliverEvents } from '../event-sinks/deliver-events.js';
import type { ReportTarget } from './core/parse-report-target.js';
import { reportPort } from './report-port.js';

export interface DeliverReportsOptions {
  readonly nodeName: string;
  /** For credentials of buckets. Default: there are none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The report as it is now, and again on every change of it. */
  readonly report$: Observable<() => string>;
  readonly logger: Logger;
  readonly scheduler?: SchedulerLike;
  /** From 0 to 1, for jitter. Default `Math.random`. */
  readonly random?: () => number;
}

/** How long changes are waited for that come along with one, ms. */
const LINGER_MS = 2_000;
/** A thousand nodes that see the same at one moment tell of it over this time, ms. */
const SPREAD_MS = 10_000;
const JITTER = 0.2;

/** Hands the report of the node to each target: when it changes, and at its interval. Of those that wait the newest counts. */
export const deliverReports = (
  targets: readonly ReportTarget[],
  { nodeName, env = {}, report$, logger, scheduler = steadyScheduler, random = Math.random }: DeliverReportsOptions,
): Observable<never> => {
  const shared$ = report$.pipe(share());
  return merge(
    ...targets.map((target) =>
      deliverEvents({
        event$: merge(
          shared$.pipe(audit(() => timer(random() * SPREAD_MS, scheduler))),
          defer(() => timer(target.intervalMs * (1 - JITTER + 2 * JITTER * random()), scheduler)).pipe(
            repeat(),
            withLatestFrom(shared$),
            map(([, make]) => make),
          ),
        ).pipe(map((make) => make())),
        name: target.sink.name,
        port: reportPort(target, { nodeName, env }),
        newestOnly: true,
        lingerMs: LINGER_MS,
        counts: NOT_COUNTED,
        logger,
        scheduler,
        random,
      }),
    ),
  );
};

const nothing = (): void => {};
const NOT_COUNTED = { delivered: nothing, dropped: nothing, failed: nothing, waiting: nothing };
