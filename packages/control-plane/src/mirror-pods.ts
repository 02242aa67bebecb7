import { type ApiClient, apiPath, ClusterError, isAlreadyThere, isNotFound } from '@solo-kubelet/cluster-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { conflateMap, fromAbortable, longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, combineLatest, concatMap, from, mergeMap, type Observable, of, type SchedulerLike, timer } from 'rxjs';
import type { AssignedPods } from './core/assigned-pods.js';
import { type MirrorStep, planMirrors } from './core/mirror-plan.js';
import type { NodeObject } from './core/node-patch.js';
import type { Report } from './report.js';
import type { ReportedPod } from './report-statuses.js';

export interface MirrorPodsOptions {
  readonly api: Pick<ApiClient, 'request'>;
  /** Of static ones all that there are: nothing before every manifest has been read once. */
  readonly pods$: Observable<readonly ReportedPod[]>;
  readonly assigned$: Observable<AssignedPods>;
  /** The Node as the server holds it; undefined while there is none. */
  readonly node$: Observable<NodeObject | undefined>;
  readonly scheduler?: SchedulerLike;
}

/** What failed is tried again (a sync of a pod comes about as often). */
const ROUND_MS = 30_000;

/** Shows static pods at the server as pods that bear their name. */
export const mirrorPods = ({
  api,
  pods$,
  assigned$,
  node$,
  scheduler = longDelays(asyncScheduler),
}: MirrorPodsOptions): Observable<Report> =>
  combineLatest([pods$, assigned$, node$, timer(0, ROUND_MS, scheduler)]).pipe(
    conflateMap(([pods, { mirrors, synced }, node]) => {
      const uid = node?.metadata.uid;
      if (!synced || node === undefined || uid === undefined || node.metadata.deletionTimestamp !== undefined) return of();
      const ofFiles = pods.filter(({ ofApi }) => !ofApi);
      const wanted = ofFiles.filter(({ terminating }) => !terminating).map(({ pod }) => pod);
      const ending = ofFiles.filter(({ terminating }) => terminating).map(({ pod }) => pod);
      return from(planMirrors({ wanted, ending, mirrors, node: { name: node.metadata.name, uid } })).pipe(
        concatMap((step) => take(api, step)),
      );
    }),
    mergeMap((report) => (report === undefined ? [] : [report])),
  );

const take = (api: Pick<ApiClient, 'request'>, { name, remove, create }: MirrorStep): Observable<Report | undefined> =>
  fromAbortable(async (signal) => {
    try {
      if (remove !== undefined) {
        const { namespace, uid } = remove.metadata;
        const path = apiPath('api/v1/namespaces', namespace, 'pods', remove.metadata.name);
        const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
        await api.request({ method: 'DELETE', path, body, signal }).catch(unless(isAnother));
      }
      if (create === undefined) return { type: 'done', what: 'Mirror pod removed', about: name };
      await api
        .request({ method: 'POST', path: apiPath('api/v1/namespaces', create.metadata.namespace, 'pods'), body: create, signal })
        .catch(unless(isAlreadyThere));
      return { type: 'done', what: 'Mirror pod made', about: name };
    } catch (error) {
      if (!ClusterError.is(error)) throw error;
      return { type: 'failed', what: 'mirror pod', about: name, message: describeError(error) };
    }
  });

/** Gone, or made anew by somebody meanwhile: the next look will tell. */
const isAnother = (error: unknown): boolean => isNotFound(error) || (ClusterError.is(error) && error.status === 409);

const unless =
  (isFine: (error: unknown) => boolean) =>
  (error: unknown): void => {
    if (!isFine(error)) throw error;
  };
