import { type ApiClient, reflect, resourceAt } from '@solo-kubelet/cluster-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import { type Observable, type SchedulerLike, scan } from 'rxjs';
import { type AssignedPods, emptyAssigned, reduceAssigned } from './core/assigned-pods.js';

export interface AssignedPodsOptions {
  readonly api: Pick<ApiClient, 'request' | 'watch'>;
  readonly nodeName: string;
  readonly scheduler?: SchedulerLike;
  /** Ends a wait for the server. */
  readonly retry$?: Observable<unknown>;
}

/** The pods that the cluster has given to this node, on every change of them. While the server is away they stay what they were. */
export const assignedPods = ({ api, nodeName, ...options }: AssignedPodsOptions): Observable<AssignedPods> =>
  reflect<Pod>(resourceAt(api, '/api/v1/pods', { fieldSelector: `spec.nodeName=${nodeName}` }), options).pipe(
    scan(reduceAssigned(nodeName), emptyAssigned),
  );
