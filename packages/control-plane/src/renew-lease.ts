import { type ApiClient, apiPath, ClusterError, isNotFound } from '@solo-kubelet/cluster-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';
import { fromAbortable, longDelays } from '@solo-kubelet/timers/rxjs';
import { asyncScheduler, defer, EMPTY, mergeMap, type Observable, of, repeat, type SchedulerLike, timer } from 'rxjs';
import type { Report } from './report.js';

export interface RenewLeaseOptions {
  /** The client of heartbeats. */
  readonly api: Pick<ApiClient, 'request'>;
  readonly nodeName: string;
  /** `nodeLeaseDurationSeconds`. Default 40. */
  readonly durationSeconds?: number;
  /** Time by the machine's clock, ms. Default `Date.now`. */
  readonly wallNow?: () => number;
  readonly scheduler?: SchedulerLike;
  readonly random?: () => number;
  /** Told how often in a row that failed; 0: it went well again. */
  readonly onFailures?: (inARow: number) => void;
}

interface Lease {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string; readonly ownerReferences?: readonly object[] };
  readonly spec?: object;
}

const LEASES = 'apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
/** Tries of one renewal, without a pause (component-helpers/apimachinery/lease/controller.go). */
const TRIES = 5;
const JITTER = 0.04;
/** Between looks for a lease, ms, and while its Node is not there yet. */
const BACKOFF: ExponentialBackoff = { initialMs: 200, maxMs: 7_000 };
const NOT_REGISTERED_MS = 1_000;

/** Keeps the node's lease: by it the cluster knows that the node lives. It is left to run out when the kubelet ends. */
export const renewLease = (options: RenewLeaseOptions): Observable<Report> => {
  const { api, nodeName, durationSeconds = 40, wallNow = Date.now, scheduler = longDelays(asyncScheduler), random = Math.random } = options;
  const path = apiPath(LEASES, nodeName);
  let lease: Lease | undefined;
  let failures = 0;

  const body = (owner: Lease['metadata']['ownerReferences'], version: string | undefined): object => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: nodeName,
      namespace: 'kube-node-lease',
      ...(version === undefined ? {} : { resourceVersion: version }),
      ...(owner && { ownerReferences: owner }),
    },
    // MicroTime wants six digits, no more and no less.
    spec: {
      holderIdentity: nodeName,
      leaseDurationSeconds: durationSeconds,
      renewTime: new Date(wallNow()).toISOString().replace('Z', '000Z'),
    },
  });
  const put = (known: Lease, signal: AbortSignal): Promise<Lease> =>
    api.request({ method: 'PUT', path, body: body(known.metadata.ownerReferences, known.metadata.resourceVersion), signal });
  /** A lease without its node as owner would outlive it. */
  const ownedBy = async (known: Lease | undefined, signal: AbortSignal): Promise<Lease['metadata']['ownerReferences']> => {
    if ((known?.metadata.ownerReferences ?? []).length > 0) return known?.metadata.ownerReferences;
    const node = await api.request<{ metadata: { uid: string } }>({ method: 'GET', path: apiPath('api/v1/nodes', nodeName), signal });
    return [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid }];
  };
  const acquire = async (signal: AbortSignal): Promise<Lease | undefined> => {
    try {
      const found = await api.request<Lease>({ method: 'GET', path, signal }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      const owner = await ownedBy(found, signal);
      if (found === undefined)
        return await api.request<Lease>({ method: 'POST', path: `/${LEASES}`, body: body(owner, undefined), signal });
      return await put({ ...found, metadata: { ...found.metadata, ...(owner && { ownerReferences: owner }) } }, signal);
    } catch (error) {
      // Not registered yet: the next round.
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
  const renew = async (signal: AbortSignal): Promise<Report | undefined> => {
    for (let tries = 1; ; tries += 1) {
      try {
        lease = lease === undefined ? await acquire(signal) : await put(lease, signal);
        if (failures > 0) options.onFailures?.(0);
        failures = 0;
        return undefined;
      } catch (error) {
        if (!ClusterError.is(error)) throw error;
        const isRenewal = lease !== undefined;
        if (error.status === 409 || error.status === 404) lease = undefined;
        if (error.status === 409 && tries < TRIES) continue;
        failures += 1;
        options.onFailures?.(failures);
        if (isRenewal && error.status !== 404 && tries < TRIES && !signal.aborted) continue;
        // What is known of it may be wrong by now.
        lease = undefined;
        return { type: 'failed', what: 'lease of the node', about: nodeName, message: describeError(error) };
      }
    }
  };
  const waitMs = (): number => {
    if (lease !== undefined) return (durationSeconds * 1_000 * (1 + JITTER * random())) / 4;
    return failures === 0 ? NOT_REGISTERED_MS : backoffMs(BACKOFF, Math.max(1, failures - TRIES + 1));
  };
  return defer(() => fromAbortable(renew)).pipe(
    repeat({ delay: () => timer(waitMs(), scheduler) }),
    mergeMap((report) => (report === undefined ? EMPTY : of(report))),
  );
};
