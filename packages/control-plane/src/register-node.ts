import { type ApiClient, apiPath, ClusterError, isNotFound } from '@solo-kubelet/cluster-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { checkDuration, checkInterval } from '@solo-kubelet/timers';
import { type ExponentialBackoff, nextBackoffMs } from '@solo-kubelet/timers/backoff';
import { conflateMap, fromAbortable, longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, defer, EMPTY, merge, mergeMap, type Observable, of, repeat, type SchedulerLike, timer } from 'rxjs';
import { type NodeEvent, nodeEvents, STARTING_EVENT, schedulableEvent } from './core/node-events.js';
import { type NodeObject, nodePatch } from './core/node-patch.js';
import type { Report } from './report.js';

export interface RegisterNodeOptions {
  /** The client of heartbeats. */
  readonly api: Pick<ApiClient, 'request'>;
  /** The Node as this machine is now: metadata, spec for its creation, and status. */
  readonly describe: (signal: AbortSignal) => Promise<NodeObject>;
  /** The Node as the server was last heard to hold it. Undefined, as by default: it is asked, and so it is while what was heard is older than its answer. */
  readonly held?: () => NodeObject | undefined;
  /** Emits when the node may look different: told at once. */
  readonly changed$: Observable<unknown>;
  /** `registerNode`. Default true. */
  readonly register?: boolean;
  /** `nodeStatusUpdateFrequency`, ms. Default 10 000. */
  readonly updateMs?: number;
  /** `nodeStatusReportFrequency`: how often a Node that stays as it is shows that it lives, ms. Default 300 000. */
  readonly reportMs?: number;
  readonly scheduler?: SchedulerLike;
  readonly random?: () => number;
  /** Told how often in a row that failed; 0: it went well again. */
  readonly onFailures?: (inARow: number) => void;
  /** Given what of the node is worth an event, once the server knows it. */
  readonly onEvent?: (event: NodeEvent) => void;
}

const BACKOFF: ExponentialBackoff = { initialMs: 100, maxMs: 7_000 };
/** Of the wait between two rounds: nodes that started together do not stay in step. */
const JITTER = 0.04;

/**
 * Registers the node, once in the life of the process, and keeps its status true. A change is told at once, an unchanged status every five minutes.
 * Upstream: pkg/kubelet/kubelet_node_status.go.
 */
export const registerNode = (options: RegisterNodeOptions): Observable<Report> => {
  const { api, describe, changed$, register = true, scheduler = longDelays(asyncScheduler), random = Math.random } = options;
  const updateMs = checkInterval('updateMs', options.updateMs, 10_000);
  const reportMs = checkDuration('reportMs', options.reportMs, 300_000);
  let registered = !register;
  let failures = 0;
  let retryMs = 0;
  let toldAtMs: number | undefined;
  let nextReportMs = reportMs;
  let unschedulable = false;
  /** Of the Node as the server last answered. */
  let answeredVersion = 0;

  /** The server has answered. */
  const wentWell = (): void => {
    if (failures > 0) options.onFailures?.(0);
    failures = 0;
  };

  const round = async (signal: AbortSignal): Promise<Report | undefined> => {
    const told = await describe(signal);
    const { name } = told.metadata;
    const path = apiPath('api/v1/nodes', name);
    try {
      let made = false;
      if (!registered) {
        made = await create(api, told, signal);
        registered = true;
      }
      const heard = options.held?.();
      const isLate = Number(heard?.metadata.resourceVersion) < answeredVersion;
      const isKnown = heard !== undefined && !made && !isLate;
      const held = isKnown ? heard : await api.request<NodeObject>({ method: 'GET', path, signal });
      if (!isKnown) wentWell();
      const { patch, changes } = nodePatch(held, told);
      const cordoned = held.spec?.unschedulable === true;
      if (cordoned !== unschedulable) options.onEvent?.(schedulableEvent(name, cordoned));
      unschedulable = cordoned;
      const due = toldAtMs === undefined || scheduler.now() - toldAtMs >= nextReportMs;
      if (!changes && !due && !made) return undefined;
      const answer = await api.request<NodeObject>({ method: 'PATCH', path: `${path}/status`, body: patch, signal });
      wentWell();
      answeredVersion = Number(answer.metadata?.resourceVersion ?? 0);
      if (toldAtMs === undefined) options.onEvent?.(STARTING_EVENT);
      toldAtMs = scheduler.now();
      for (const event of nodeEvents(made ? undefined : held, told)) options.onEvent?.(event);
      nextReportMs = changes ? reportMs * (0.5 + random()) : reportMs;
      return { type: 'done', what: made ? 'Node registered' : 'Node status told', about: name };
    } catch (error) {
      if (!ClusterError.is(error)) throw error;
      failures += 1;
      options.onFailures?.(failures);
      return { type: 'failed', what: 'status of the node', about: name, message: describeError(error) };
    }
  };
  const waitMs = (): number => {
    if (registered) return updateMs * (1 + JITTER * random());
    retryMs = nextBackoffMs(BACKOFF, retryMs);
    return retryMs;
  };
  const tick$ = defer(() => of(undefined)).pipe(repeat({ delay: () => timer(waitMs(), scheduler) }));
  return merge(tick$, changed$).pipe(
    conflateMap(() => fromAbortable(round)),
    mergeMap((report) => (report === undefined ? EMPTY : of(report))),
  );
};

/** True when it was made; false when there is one already, which the status then makes right. */
const create = async (api: Pick<ApiClient, 'request'>, node: NodeObject, signal: AbortSignal): Promise<boolean> => {
  try {
    await api.request({ method: 'POST', path: '/api/v1/nodes', body: node, signal });
    return true;
  } catch (error) {
    if (!ClusterError.is(error) || (error.status !== 409 && error.status !== 403)) throw error;
    await api.request({ method: 'GET', path: apiPath('api/v1/nodes', node.metadata.name), signal }).catch((missing: unknown) => {
      // Not to be made and not there: what the server said first is the reason.
      throw isNotFound(missing) ? error : missing;
    });
    return false;
  }
};
