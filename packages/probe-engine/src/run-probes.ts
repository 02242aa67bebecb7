import { longDelays } from '@solo-kubelet/timers/rxjs';
import {
  asyncScheduler,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  exhaustMap,
  filter,
  finalize,
  from,
  type GroupedObservable,
  groupBy,
  map,
  merge,
  mergeMap,
  Observable,
  type OperatorFunction,
  type SchedulerLike,
  Subject,
  scan,
  switchMap,
  take,
  takeUntil,
  timer,
} from 'rxjs';
import { startAttempt } from './attempt.js';
import { countResult, initialCount } from './core/count-result.js';
import { diffTargets, type TargetChange } from './core/diff-targets.js';
import { decideTick, firstAttemptDelayMs } from './core/next-attempt.js';
import type { AnyProbeHandler } from './probe-handler.js';
import type { ProbeReport } from './probe-report.js';
import { identityOf, type ProbeTarget, probeTiming } from './probe-target.js';

export interface ProbeEngineOptions {
  /** One per field of Probe, and those of plugins. */
  readonly handlers: readonly AnyProbeHandler[];
  readonly scheduler?: SchedulerLike;
  /** In [0, 1): spreads the first probes of containers that ran before the engine did. `Math.random`. */
  readonly random?: () => number;
}

/**
 * Probes every listed target at its period, each on its own: a slow one delays no other. Emits a report per attempt, a probe result when it
 * changes, and the end of every target that is not listed any more. A failing handler never ends the stream.
 */
export const runProbes =
  ({
    handlers,
    scheduler: givenScheduler = asyncScheduler,
    random = Math.random,
  }: ProbeEngineOptions): OperatorFunction<readonly ProbeTarget[], ProbeReport> =>
  (targets$) =>
    defer(() => {
      const scheduler = longDelays(givenScheduler);
      const context: WorkerContext = {
        handlers: new Map(handlers.map((handler) => [handler.field, handler])),
        scheduler,
        random,
        engineStartedAtMs: scheduler.now(),
      };
      // A groupBy keeps its source for as long as a duration is subscribed to, and these hang on the group itself: left alone, the engine
      // would go on listening to targets after everybody had gone.
      const left$ = new Subject<void>();
      return targets$.pipe(
        scan((state, targets) => diffTargets(state.now, targets), diffTargets(new Map(), [])),
        concatMap(({ changes }) => from(changes)),
        groupBy((change) => change.key, {
          duration: (group) =>
            group.pipe(
              filter((change) => change.type === 'end'),
              takeUntil(left$),
            ),
        }),
        mergeMap((group) => probeOne(group, context)),
        finalize(() => left$.next()),
      );
    });

interface WorkerContext {
  readonly handlers: ReadonlyMap<string, AnyProbeHandler>;
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
  readonly engineStartedAtMs: number;
}

/** The life of one target: ticks, attempts, counting. */
const probeOne = (changes: GroupedObservable<string, TargetChange>, context: WorkerContext): Observable<ProbeReport> =>
  defer(() => {
    const { scheduler, handlers, random, engineStartedAtMs } = context;
    let target: ProbeTarget | undefined;
    let count = initialCount('readiness');
    let ticked = false;

    const end$ = changes.pipe(filter((change) => change.type === 'end'));
    const set$ = changes.pipe(
      filter((change) => change.type === 'set'),
      map((change) => {
        const first = target === undefined;
        target = change.target;
        if (first) count = initialCount(target.kind);
        return { target, first, poke: change.poke };
      }),
    );
    const pace$ = set$.pipe(
      scan(
        (pace, { target: now, first, poke }) => {
          const { periodMs } = probeTiming(now.probe);
          // Every sign of change in the Pod is worth an extra look at a container that is not ready yet, once its first turn came
          // (manualTriggerCh in pkg/kubelet/prober/worker.go).
          const wanted = poke && ticked && now.kind === 'readiness' && now.started && count.probeResult !== 'success';
          if (first)
            return {
              periodMs,
              inMs: firstAttemptDelayMs({ target: now, nowMs: scheduler.now(), engineStartedAtMs, random: random() }),
              turn: 0,
            };
          if (wanted) return { periodMs, inMs: 0, turn: pace.turn + 1 };
          return periodMs === pace.periodMs ? pace : { periodMs, inMs: periodMs, turn: pace.turn + 1 };
        },
        { periodMs: 0, inMs: 0, turn: -1 },
      ),
      distinctUntilChanged(),
    );
    const report$ = pace$.pipe(
      switchMap(({ inMs, periodMs }) => timer(inMs, periodMs, scheduler)),
      exhaustMap((): Observable<ProbeReport> => {
        ticked = true;
        if (target === undefined || count.hold) return EMPTY;
        const decision = decideTick(target, scheduler.now());
        if (decision === 'skip') return EMPTY;
        const probed = target;
        const startedMs = scheduler.now();
        return new Observable((subscriber) =>
          startAttempt(handlers, probed, scheduler, ({ result, output }) => {
            const atMs = scheduler.now();
            const good = result === 'success' || result === 'warning';
            const counted = result !== 'unknown' && (decision === 'counted' || good);
            const probe = identityOf(probed);
            subscriber.next({ type: 'attempt', probe, result, output, counted, atMs, durationMs: atMs - startedMs });
            if (counted) {
              const before = count.probeResult;
              count = countResult(count, good ? 'success' : 'failure', { kind: probed.kind, ...probeTiming(probed.probe) });
              if (count.probeResult !== before)
                subscriber.next({ type: 'probeResult', probeResult: { ...probe, result: count.probeResult, output, atMs } });
            }
            subscriber.complete();
          }),
        );
      }),
    );
    const ended$ = end$.pipe(
      take(1),
      map((change): ProbeReport => ({ type: 'ended', probe: identityOf(change.target) })),
    );
    return merge(report$.pipe(takeUntil(end$)), ended$);
  });
