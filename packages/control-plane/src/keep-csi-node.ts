import { type ApiClient, apiPath, ClusterError, isNotFound } from '@solo-kubelet/cluster-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { type ExponentialBackoff, nextBackoffMs } from '@solo-kubelet/timers/backoff';
import { fromAbortable, longDelays } from '@solo-kubelet/timers/rxjs';
import {
  asyncScheduler,
  defer,
  distinctUntilChanged,
  filter,
  map,
  type Observable,
  repeat,
  type SchedulerLike,
  switchMap,
  takeWhile,
  timer,
} from 'rxjs';
import { type CsiNode, csiNodeChange } from './core/csi-node.js';
import type { NodeObject } from './core/node-patch.js';
import type { Report } from './report.js';

export interface KeepCsiNodeOptions {
  readonly api: Pick<ApiClient, 'request'>;
  readonly nodeName: string;
  /** The Node as the server has it. */
  readonly node$: Observable<NodeObject | undefined>;
  readonly scheduler?: SchedulerLike;
}

const CSI_NODES = 'apis/storage.k8s.io/v1/csinodes';
const BACKOFF: ExponentialBackoff = { initialMs: 1_000, maxMs: 60_000 };

/**
 * Makes the node's CSINode, which tells the scheduler which drivers and in-tree plugins of volumes it has, each time that there is a new Node: one that
 * was owned by an earlier one goes with that. Upstream: pkg/volume/csi/nodeinfomanager/nodeinfomanager.go.
 */
export const keepCsiNode = ({ api, nodeName, node$, scheduler = longDelays(asyncScheduler) }: KeepCsiNodeOptions): Observable<Report> => {
  const keep = async (nodeUid: string, signal: AbortSignal): Promise<Report> => {
    const path = apiPath(CSI_NODES, nodeName);
    try {
      const held = await api.request<CsiNode>({ method: 'GET', path, signal }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      const { method, body } = csiNodeChange(held, { name: nodeName, uid: nodeUid }) ?? {};
      if (method !== undefined) await api.request({ method, path: method === 'POST' ? `/${CSI_NODES}` : path, body, signal });
      return { type: 'done', what: 'CSINode told', about: nodeName };
    } catch (error) {
      if (!ClusterError.is(error)) throw error;
      return { type: 'failed', what: 'CSINode', about: nodeName, message: describeError(error) };
    }
  };
  const untilKept = (uid: string): Observable<Report> => {
    let waitMs = 0;
    const wait = (): Observable<unknown> => {
      waitMs = nextBackoffMs(BACKOFF, waitMs);
      return timer(waitMs, scheduler);
    };
    return defer(() => fromAbortable((signal) => keep(uid, signal))).pipe(
      repeat({ delay: wait }),
      takeWhile(({ type }) => type !== 'done', true),
    );
  };
  return node$.pipe(
    map((node) => node?.metadata.uid),
    filter((uid) => uid !== undefined),
    distinctUntilChanged(),
    switchMap(untilKept),
  );
};
