import { delay, timeoutSignal } from '@solo-kubelet/timers';
import { type ApiClient, apiPath } from './api-client.js';
import { ClusterError, isNotFound } from './cluster-error.js';

export interface DrainOptions {
  readonly api: Pick<ApiClient, 'request'>;
  readonly nodeName: string;
  readonly signal: AbortSignal;
  /** For all Pods to end, ms. Default 5 minutes. */
  readonly timeoutMs?: number;
  /** Told once of each Pod that is asked to go, as `NAMESPACE/NAME`. */
  readonly onEvicted?: (pod: string) => void;
}

interface DrainedPod {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly controller?: boolean }[];
  };
  readonly status?: { readonly phase?: string };
}

const DEFAULT_TIMEOUT_MS = 5 * 60_000;
const POLL_MS = 1_000;
/** A server may ask for patience with a disruption budget: the next Pod is not to wait for that. */
const EVICTION_MS = 5_000;
const MIRROR = 'kubernetes.io/config.mirror';

/**
 * Takes no more Pods, evicts those of the cluster that its controllers make elsewhere, and waits until they have ended, as `kubectl drain` does: disruption
 * budgets are honoured; mirror Pods and those of DaemonSets are left. The rights of a node suffice.
 * @throws ClusterError CLUSTER_TIMEOUT naming what is left; others when the server cannot be asked
 */
export const drainNode = async (options: DrainOptions): Promise<void> => {
  const { api, nodeName, signal, timeoutMs = DEFAULT_TIMEOUT_MS, onEvicted } = options;
  const body = { spec: { unschedulable: true } };
  await api.request({ method: 'PATCH', path: apiPath('api/v1/nodes', nodeName), patch: 'merge', body, signal });
  const asked = new Set<string>();
  let left: readonly DrainedPod[] = [];
  const deadline = timeoutSignal(timeoutMs);
  while (!deadline.aborted) {
    const query = { fieldSelector: `spec.nodeName=${nodeName}` };
    const { items } = await api.request<{ readonly items: readonly DrainedPod[] }>({ method: 'GET', path: '/api/v1/pods', query, signal });
    left = items.filter(isToGo);
    if (left.length === 0) return;
    for (const pod of left.filter(({ metadata }) => !asked.has(metadata.uid))) {
      if (!(await evict(api, pod, signal))) continue;
      asked.add(pod.metadata.uid);
      onEvicted?.(fullName(pod));
    }
    await delay(POLL_MS, undefined, { signal });
  }
  throw new ClusterError({
    code: 'CLUSTER_TIMEOUT',
    message: `${left.length} Pods have not ended within ${timeoutMs / 1_000} s: ${left.slice(0, 10).map(fullName).join(', ')}`,
    hint: 'A disruption budget may hold them back, or nothing takes their place elsewhere. The node takes no new Pods now.',
  });
};

const fullName = ({ metadata }: DrainedPod): string => `${metadata.namespace}/${metadata.name}`;

const isToGo = ({ metadata, status }: DrainedPod): boolean => {
  const isMirror = Object.hasOwn(metadata.annotations ?? {}, MIRROR);
  const ofDaemonSet = metadata.ownerReferences?.some(({ kind, controller }) => kind === 'DaemonSet' && controller === true) === true;
  return !isMirror && !ofDaemonSet && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
};

/** False: not now, by a disruption budget. */
const evict = async (api: Pick<ApiClient, 'request'>, { metadata }: DrainedPod, signal: AbortSignal): Promise<boolean> => {
  const { namespace, name, uid } = metadata;
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { namespace, name },
    deleteOptions: { preconditions: { uid } },
  };
  const path = `${apiPath('api/v1/namespaces', namespace, 'pods', name)}/eviction`;
  try {
    await api.request({ method: 'POST', path, body, signal, timeoutMs: EVICTION_MS });
    return true;
  } catch (error) {
    if (isNotFound(error)) return true;
    if (ClusterError.is(error) && error.code === 'CLUSTER_TIMEOUT') return false;
    // 429: the budget; 409: another Pod has the name by now, and is seen with the next look.
    if (ClusterError.is(error) && (error.status === 429 || error.status === 409)) return false;
    throw error;
  }
};
