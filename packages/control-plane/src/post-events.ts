import { type ApiClient, apiPath, ClusterError, isNotFound } from '@solo-kubelet/cluster-client';
import { describeError } from '@solo-kubelet/diagnostics';
import type { KubeletEvent } from '@solo-kubelet/reconciler';
import { fromAbortable, longDelays } from '@solo-kubelet/timers/rxjs';
import {
  asyncScheduler,
  catchError,
  concatMap,
  defer,
  EMPTY,
  ignoreElements,
  mergeMap,
  type Observable,
  of,
  retry,
  type SchedulerLike,
  throwError,
  timer,
} from 'rxjs';
import type { Report } from './report.js';

export interface PostEventsOptions {
  readonly api: Pick<ApiClient, 'request'>;
  readonly events$: Observable<KubeletEvent>;
  readonly nodeName: string;
  readonly scheduler?: SchedulerLike;
  readonly random?: () => number;
}

/** client-go tools/record/event.go: tries of one event while the server is away, the wait between them, and how many events wait. */
const TRIES = 12;
const RETRY_MS = 10_000;
const MAX_WAITING = 1_000;

/** Tells the server of events, one at a time. What it refuses is not told again; during an outage those beyond a thousand are dropped. */
export const postEvents = ({
  api,
  events$,
  nodeName,
  scheduler = longDelays(asyncScheduler),
  random = Math.random,
}: PostEventsOptions): Observable<Report> => {
  let waiting = 0;
  /** Events that the server has. */
  const posted = new Set<string>();
  const send = async (event: KubeletEvent, signal: AbortSignal): Promise<void> => {
    const namespace = event.involvedObject.namespace ?? 'default';
    const path = apiPath('api/v1/namespaces', namespace, 'events');
    if (posted.has(event.id) && event.count > 1) {
      const { count, lastTimestamp, message } = event;
      const patched = await api
        .request({ method: 'PATCH', path: `${path}/${encodeURIComponent(event.id)}`, body: { count, lastTimestamp, message }, signal })
        .catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
      if (patched !== undefined) return;
    }
    await api.request({ method: 'POST', path, body: eventBody(event, namespace, nodeName), signal });
    posted.add(event.id);
    for (const oldest of posted) {
      if (posted.size <= MAX_WAITING) break;
      posted.delete(oldest);
    }
  };
  return events$.pipe(
    mergeMap((event) => {
      if (waiting >= MAX_WAITING) return EMPTY;
      waiting += 1;
      return of(event);
    }),
    concatMap((event) => {
      waiting -= 1;
      return defer(() => fromAbortable((signal) => send(event, signal))).pipe(
        retry({
          count: TRIES - 1,
          delay: (error, tries) =>
            isOutage(error) ? timer(tries === 1 ? RETRY_MS * random() : RETRY_MS, scheduler) : throwError(() => error),
        }),
        ignoreElements(),
        catchError((error: unknown): Observable<Report> => {
          if (!ClusterError.is(error)) return throwError(() => error);
          return of({
            type: 'failed',
            what: 'event',
            about: `${event.involvedObject.kind} ${event.involvedObject.name}`,
            message: describeError(error),
          });
        }),
      );
    }),
  );
};

/** The server said nothing; what it refuses it would refuse again. */
const isOutage = (error: unknown): boolean =>
  ClusterError.is(error) && error.code !== 'CLUSTER_REFUSED' && error.code !== 'CLUSTER_BAD_REPLY';

/** core/v1, with the source in both of its forms. A node is its own namespace and bears its name for a UID here. */
const eventBody = ({ id, involvedObject, source, ...event }: KubeletEvent, namespace: string, host: string): object => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: id, namespace },
  involvedObject: { apiVersion: 'v1', ...involvedObject },
  ...event,
  source: { ...source, host },
  eventTime: null,
  reportingComponent: source.component,
  reportingInstance: host,
});
