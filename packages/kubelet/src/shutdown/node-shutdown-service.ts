import { describeError } from '@solo-kubelet/diagnostics';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, concat, defer, EMPTY, ignoreElements, merge, type Observable, type SchedulerLike, switchMap } from 'rxjs';
import { isGateEnabled } from '../config/feature-gates.js';
import type { ShutdownPeriod } from '../config/shutdown-period.js';
import type { KubeletContext, KubeletService } from '../kubelet-services.js';
import { endPods } from './end-pods.js';
import { type Logind, systemdLogind } from './logind.js';
import { requestedSeconds, shutdownPeriods } from './shutdown-groups.js';
import { type ShutdownState, type ShutdownStateFile, shutdownStateFile } from './shutdown-state.js';
import { watchShutdown } from './watch-shutdown.js';

export interface NodeShutdownOptions {
  readonly logind?: Logind;
  /** Default: /etc/systemd/logind.conf.d. */
  readonly confDirectory?: string;
  /** Clock and timers. Default `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

const CONF_DIRECTORY = '/etc/systemd/logind.conf.d';

/**
 * Ends the pods in order, each with its grace period, before the machine goes down. Off without a period in the configuration.
 * Upstream: pkg/kubelet/nodeshutdown; docs/decisions/140 tells how it is held up, 141 how the pods come back.
 */
export const nodeShutdownService =
  (env: Readonly<Record<string, string | undefined>>, options: NodeShutdownOptions = {}): KubeletService =>
  (context) => {
    const { config, flags, logger, signal, changeFacts, nodeEvent } = context;
    const { logind = systemdLogind(env), confDirectory = CONF_DIRECTORY, scheduler: givenScheduler = asyncScheduler } = options;
    const scheduler = longDelays(givenScheduler);
    const periods = shutdownPeriods(config);
    if (periods.length === 0 || !isGateEnabled(config.featureGates, 'GracefulNodeShutdown')) return EMPTY;
    const state = keepState(shutdownStateFile(flags.rootDirectory, { logger: context.logger }), context);
    const { shuttingDown$, release } = watchShutdown({
      logind,
      requestedMs: requestedSeconds(periods) * 1_000,
      confDirectory,
      onFailure: oncePerMessage((message) =>
        logger.warn({ err: message }, 'Cannot watch for a shutdown of the machine; meanwhile it would not wait for the pods'),
      ),
      scheduler,
      signal,
    });
    const shutdown$ = shuttingDown$.pipe(
      switchMap((begins): Observable<unknown> => {
        const message = `Shutdown manager detected shutdown ${begins ? 'event' : 'cancellation'}`;
        nodeEvent({ type: 'Normal', reason: 'NodeShutdown', message });
        changeFacts({ shuttingDown: begins });
        if (!begins) return EMPTY;
        const startTimeMs = scheduler.now();
        return concat(
          defer(() => state.keep({ startTimeMs, endTimeMs: undefined })),
          end(periods, context, scheduler),
          defer(async () => {
            await state.keep({ startTimeMs, endTimeMs: scheduler.now() });
            logger.info({ durationMs: scheduler.now() - startTimeMs }, 'Pods have ended; the machine may go down');
            release();
          }),
        );
      }),
    );
    return merge(
      defer(() => state.recall()),
      shutdown$,
    ).pipe(ignoreElements());
  };

const end = (
  periods: readonly ShutdownPeriod[],
  { reconciler, command, logger }: Pick<KubeletContext, 'reconciler' | 'command' | 'logger'>,
  scheduler: SchedulerLike,
): Observable<never> =>
  endPods({
    periods,
    pods$: reconciler.pods$,
    command,
    onGroup: ({ priority, shutdownGracePeriodSeconds, pods }) =>
      logger.info({ priority, shutdownGracePeriodSeconds, pods: pods.length }, 'The machine goes down: ending pods'),
    scheduler,
  });

/** When the node went down, in a file and as metrics. */
const keepState = (file: ShutdownStateFile, { logger, metrics }: Pick<KubeletContext, 'logger' | 'metrics'>) => {
  const show = ({ startTimeMs, endTimeMs }: ShutdownState): void => metrics.gracefulShutdown(startTimeMs, endTimeMs);
  let isKept = false;
  return {
    recall: async (): Promise<void> => {
      const earlier = await file.load();
      // A shutdown may have begun while the file was read: what is newer stays.
      if (!isKept) show(earlier);
    },
    keep: async (state: ShutdownState): Promise<void> => {
      isKept = true;
      show(state);
      await file.save(state).catch((error: unknown) => logger.warn({ err: describeError(error) }, 'Cannot keep the time of the shutdown'));
    },
  };
};

/** The same trouble is not told of again and again. */
const oncePerMessage = (tell: (message: string) => void): ((error: unknown) => void) => {
  let last = '';
  return (error) => {
    const message = describeError(error);
    if (message !== last) tell(message);
    last = message;
  };
};
