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
    left = (await podsOf(options)).filter(isToGo);
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

export interface DrainPlan {
  /** As `NAMESPACE/NAME`, with the reason why not now. */
  readonly evicted: readonly { readonly pod: string; readonly heldBack?: string }[];
  /** Mirror Pods, those of DaemonSets, and those that have ended. */
  readonly left: readonly string[];
}

/**
 * What a drain would do now: the server is asked of each Pod, and nothing is changed.
 * @throws ClusterError when the server cannot be asked
 */
export const planDrain = async (options: Omit<DrainOptions, 'timeoutMs' | 'onEvicted'>): Promise<DrainPlan> => {
  const { api, signal } = options;
  const pods = await podsOf(options);
  const evicted: { readonly pod: string; readonly heldBack?: string }[] = [];
  for (const pod of pods.filter(isToGo)) {
    const heldBack = await postEviction(api, pod, signal, { dryRun: 'All' });
    evicted.push({ pod: fullName(pod), ...(heldBack === undefined ? {} : { heldBack }) });
  }
  return { evicted, left: pods.filter((pod) => !isToGo(pod)).map(fullName) };
};

const podsOf = async ({ api, nodeName, signal }: Pick<DrainOptions, 'api' | 'nodeName' | 'signal'>): Promise<readonly DrainedPod[]> => {
  const query = { fieldSelector: `spec.nodeName=${nodeName}` };
  return (await api.request<{ readonly items: readonly DrainedPod[] }>({ method: 'GET', path: '/api/v1/pods', query, signal })).items;
};

const fullName = ({ metadata }: DrainedPod): string => `${metadata.namespace}/${metadata.name}`;

const isToGo = ({ metadata, status }: DrainedPod): boolean => {
  const isMirror = Object.hasOwn(metadata.annotations ?? {}, MIRROR);
  const ofDaemonSet = metadata.ownerReferences?.some(({ kind, controller }) => kind === 'DaemonSet' && controller === true) === true;
  return !isMirror && !ofDaemonSet && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
};

const evict = async (api: Pick<ApiClient, 'request'>, pod: DrainedPod, signal: AbortSignal): Promise<boolean> =>
  (await postEviction(api, pod, signal)) === undefined;

/** The reason why it is not to go now; undefined: it goes, or has gone. */
const postEviction = async (
  api: Pick<ApiClient, 'request'>,
  { metadata }: DrainedPod,
  signal: AbortSignal,
  query?: Readonly<Record<string, string>>,
): Promise<string | undefined> => {
  const { namespace, name, uid } = metadata;
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { namespace, name },
    deleteOptions: { preconditions: { uid } },
  };
  const path = `${apiPath('api/v1/namespaces', namespace, 'pods', name)}/eviction`;
  try {
    await api.request({ method: 'POST', path, body, signal, timeoutMs: EVICTION_MS, ...(query && { query }) });
    return undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    // 429: the budget; 409: another Pod has the name by now, and is seen with the next look.
    if (ClusterError.is(error) && (error.code === 'CLUSTER_TIMEOUT' || error.status === 429 || error.status === 409)) return error.message;
    throw error;
  }
};
