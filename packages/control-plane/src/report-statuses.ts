import { type ApiClient, apiPath, ClusterError, isNotFound } from '@solo-kubelet/cluster-client';
import { describeError } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import { conflateMap, fromAbortable, longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, combineLatest, defer, EMPTY, from, mergeMap, type Observable, of, type SchedulerLike, tap, timer } from 'rxjs';
import { type AssignedPods, fullName } from './core/assigned-pods.js';
import { isTerminalPhase, podStatusPatch } from './core/pod-status-patch.js';
import type { Report } from './report.js';

/** A pod of the node, as the kubelet shows it. */
export interface ReportedPod {
  readonly pod: Pod;
  /** Whether the API server holds it; of others their mirror is told. */
  readonly ofApi: boolean;
  /** Its manifest has gone and it is being ended. */
  readonly terminating: boolean;
}

export interface ReportStatusesOptions {
  readonly api: Pick<ApiClient, 'request'>;
  /** At once and on every change. */
  readonly pods$: Observable<readonly ReportedPod[]>;
  readonly assigned$: Observable<AssignedPods>;
  readonly scheduler?: SchedulerLike;
}

/** How often everything is compared again (status_manager.go syncPeriod), and how many requests run side by side. */
const ROUND_MS = 10_000;
const SIDE_BY_SIDE = 4;
const BELIEVED_MS = 30_000;

/**
 * Tells the server what its pods are like, and ends those that it wants to be gone once nothing of them runs. An outage makes that late and nothing
 * else: only the newest status of a pod waits. Upstream: pkg/kubelet/status/status_manager.go.
 */
export const reportStatuses = ({
  api,
  pods$,
  assigned$,
  scheduler = longDelays(asyncScheduler),
}: ReportStatusesOptions): Observable<Report> => {
  /** What the server answered last, by UID: newer than what the watch has told so far. */
  const answered = new Map<string, Answer>();
  /** UIDs of pods that the server would not let the node ask for when it did last. */
  const refused = new Set<string>();
  let newest: AssignedPods | undefined;
  const isGone = (uid: string): boolean =>
    newest !== undefined && !newest.pods.has(uid) && ![...newest.mirrors.values()].some(({ metadata }) => metadata.uid === uid);
  /**
   * A node may not even ask for a pod that has gone, or that the authorizer has not heard of yet: one refusal is no news, whether the watch has come as
   * far or not.
   */
  const isNews = (uid: string, { status }: ClusterError): boolean => {
    if (isGone(uid)) return false;
    if (status !== 403 || refused.has(uid)) return true;
    refused.add(uid);
    return false;
  };
  const assignedNow$ = assigned$.pipe(
    tap((assigned) => {
      newest = assigned;
    }),
  );
  return combineLatest([pods$, assignedNow$, timer(0, ROUND_MS, scheduler)]).pipe(
    conflateMap(([pods, assigned]) => {
      for (const [uid, answer] of answered) if (isKnown(assigned, answer) || scheduler.now() >= answer.untilMs) answered.delete(uid);
      for (const uid of refused) if (isGone(uid)) refused.delete(uid);
      const due = pods.flatMap((reported) => dueOf(reported, assigned, answered));
      return from(due).pipe(
        mergeMap(
          (each) =>
            tell(
              {
                api,
                answered: (copy, gone = false) => {
                  refused.delete(copy.metadata.uid);
                  answered.set(copy.metadata.uid, { copy, gone, untilMs: scheduler.now() + BELIEVED_MS });
                },
                isNews,
              },
              each,
            ),
          SIDE_BY_SIDE,
        ),
      );
    }),
  );
};

interface Answer {
  readonly copy: Pod;
  /** The server has let it go: who asks for it now is told that he may not. */
  readonly gone: boolean;
  /** By then the watch has come as far, or the server has been put back to an earlier state and never will. */
  readonly untilMs: number;
}

interface Due {
  readonly reported: ReportedPod;
  readonly copy: Pod;
}

/** Whether the watch has come as far as an answer. */
const isKnown = ({ pods, mirrors }: AssignedPods, { copy: answer, gone }: Answer): boolean => {
  const copy = pods.get(answer.metadata.uid) ?? mirrors.get(fullName(answer));
  return copy === undefined || (!gone && Number(copy.metadata.resourceVersion) >= Number(answer.metadata.resourceVersion));
};

/** The copies that show their pod as it is: at rest nothing has to be compared again. */
const settled = new WeakMap<Pod, Pod>();

const dueOf = (reported: ReportedPod, { pods, mirrors }: AssignedPods, answered: ReadonlyMap<string, Answer>): readonly Due[] => {
  const { pod, ofApi } = reported;
  const held = ofApi ? pods.get(pod.metadata.uid) : mirrors.get(fullName(pod));
  // A pod that takes over from another of its name must not speak through the mirror of the old one.
  if (held === undefined || pod.status === undefined || (!ofApi && !isMirrorOf(held, pod))) return [];
  const answer = answered.get(held.metadata.uid);
  if (answer?.gone === true) return [];
  const copy = answer?.copy ?? held;
  if (settled.get(pod) === copy) return [];
  if (podStatusPatch(copy, pod.status) !== undefined || isFinished(copy, reported)) return [{ reported, copy }];
  settled.set(pod, copy);
  return [];
};

const isMirrorOf = (mirror: Pod, pod: Pod): boolean =>
  mirror.metadata.annotations?.['kubernetes.io/config.mirror'] ===
  (pod.metadata.annotations?.['kubernetes.io/config.hash'] ?? pod.metadata.uid);

/** The server waits for nothing but the kubelet's word. */
const isFinished = (copy: Pod, { pod, ofApi }: ReportedPod): boolean =>
  ofApi && copy.metadata.deletionTimestamp !== undefined && isTerminalPhase(copy.status) && isTerminalPhase(pod.status) && !isHeld(copy);

/** Finalizers keep the object after the kubelet's word as well. */
const isHeld = ({ metadata }: Pod): boolean => (metadata.finalizers ?? []).length > 0 && metadata.deletionGracePeriodSeconds === 0;

interface Telling {
  readonly api: Pick<ApiClient, 'request'>;
  readonly answered: (copy: Pod, gone?: boolean) => void;
  readonly isNews: (uid: string, error: ClusterError) => boolean;
}

const tell = ({ api, answered, isNews }: Telling, { reported, copy }: Due): Observable<Report> => {
  const { namespace, name, uid } = copy.metadata;
  const path = apiPath('api/v1/namespaces', namespace, 'pods', name);
  const about = `${namespace}/${name}`;
  return defer(() =>
    fromAbortable(async (signal): Promise<Report | undefined> => {
      try {
        const newest = await api.request<Pod>({ method: 'GET', path, signal });
        if (newest.metadata.uid !== uid) return undefined;
        const patch = reported.pod.status && podStatusPatch(newest, reported.pod.status);
        const after =
          patch === undefined ? newest : await api.request<Pod>({ method: 'PATCH', path: `${path}/status`, body: patch, signal });
        answered(after);
        if (isFinished(after, reported)) {
          const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
          await api.request({ method: 'DELETE', path, body, signal });
          if ((after.metadata.finalizers ?? []).length === 0) answered(after, true);
          return { type: 'done', what: 'Pod deleted', about };
        }
        return patch === undefined ? undefined : { type: 'done', what: 'Status told', about };
      } catch (error) {
        if (!ClusterError.is(error)) throw error;
        if (isNotFound(error) || !isNews(uid, error)) return undefined;
        return { type: 'failed', what: 'status of a pod', about, message: describeError(error) };
      }
    }),
  ).pipe(mergeMap((report) => (report === undefined ? EMPTY : of(report))));
};
