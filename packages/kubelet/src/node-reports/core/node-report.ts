import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { PodView } from '@solo-kubelet/reconciler';
import type { SourceStatus } from '@solo-kubelet/verified-source';

/** How a node is, in one small document, for whoever looks after many. Times are RFC 3339. */
export interface NodeReport {
  readonly apiVersion: 'solo-kubelet.dev/v1alpha1';
  readonly kind: 'NodeReport';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly status: {
    /** When it was made. */
    readonly time: string;
    readonly machineID: string;
    readonly kubeletVersion: string;
    readonly containerRuntimeVersion: string;
    /** Whether every source is as it should be, and every Pod ready or ended well. */
    readonly healthy: boolean;
    /** Since when that is so. */
    readonly since: string;
    /** Why it is not healthy, in one word, and in a sentence. */
    readonly reason?: string;
    readonly message?: string;
    readonly sources: readonly ReportedSource[];
    readonly pods: { readonly total: number; readonly ready: number; readonly succeeded: number; readonly failed: number };
  };
}

export interface ReportedSource {
  readonly name: string;
  readonly state: string;
  readonly since: string;
  readonly revision?: number;
  readonly digest?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly onTrial?: true;
  readonly rollout?: { readonly reason: string; readonly revision?: number; readonly message: string };
}

export interface ReportFacts {
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly machineID: string;
  readonly kubeletVersion: string;
  readonly containerRuntimeVersion: string;
  readonly sources: Iterable<SourceStatus>;
  readonly pods: Iterable<PodView>;
  /** Since when the node has been as healthy as it is, ms since 1970. */
  readonly since: (healthy: boolean) => number;
  readonly nowMs: number;
}

const MAX_LABELS = 64;
const MAX_SOURCES = 64;
const MAX_MESSAGE = 256;
const DIGEST_DIGITS = 12;

export const nodeReport = (facts: ReportFacts): NodeReport => {
  const sources = [...facts.sources].slice(0, MAX_SOURCES);
  const pods = [...facts.pods].filter(({ terminating }) => !terminating);
  const phase = (wanted: string): number => pods.filter(({ pod }) => pod.status?.phase === wanted).length;
  const ready = pods.filter(isReady).length;
  const unwell = sourceTrouble(sources) ?? podTrouble(pods);
  const healthy = unwell === undefined;
  return {
    apiVersion: 'solo-kubelet.dev/v1alpha1',
    kind: 'NodeReport',
    metadata: { name: facts.nodeName, labels: Object.fromEntries(Object.entries(facts.labels).sort().slice(0, MAX_LABELS)) },
    status: {
      time: metaTime(facts.nowMs),
      machineID: facts.machineID,
      kubeletVersion: facts.kubeletVersion,
      containerRuntimeVersion: facts.containerRuntimeVersion,
      healthy,
      since: metaTime(facts.since(healthy)),
      ...unwell,
      sources: sources.map(reported),
      pods: { total: pods.length, ready, succeeded: phase('Succeeded'), failed: phase('Failed') },
    },
  };
};

interface Unwell {
  readonly reason: string;
  readonly message: string;
}

/** What waits for a window or its turn, or is held, is as it should be. */
const sourceTrouble = (sources: readonly SourceStatus[]): Unwell | undefined => {
  for (const { name, state, reason, message = '', notRenewed, rollout, onTrial, imageFetch } of sources) {
    const of = (word: string, text: string): Unwell => ({ reason: word, message: cut(`${name}: ${text}`) });
    if (rollout?.reason === 'RolledBack') return of('RolledBack', rollout.message);
    if (reason !== undefined) return of(reason, message);
    if (imageFetch?.reason !== undefined) return of(imageFetch.reason, imageFetch.message ?? '');
    if (notRenewed) return of('NotRenewed', 'nothing new for longer than it should be');
    if (onTrial) return of('Progressing', rollout?.message ?? '');
    if (rollout?.reason === 'ImagesPending' && state === 'Pending') return of('ImagesPending', rollout.message);
    if (state !== 'Ready') return of(state, 'it was not checked since the start');
  }
  return undefined;
};

const podTrouble = (pods: readonly PodView[]): Unwell | undefined => {
  const unready = pods.filter((view) => !isReady(view) && view.pod.status?.phase !== 'Succeeded');
  if (unready.length === 0) return undefined;
  const [first] = unready;
  const { namespace = 'default', name = '' } = first?.pod.metadata ?? {};
  return { reason: 'PodsNotReady', message: cut(`${unready.length} of ${pods.length} Pods, such as ${namespace}/${name}`) };
};

const isReady = ({ pod: { status } }: PodView): boolean =>
  status?.phase === 'Running' && status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;

const reported = ({ name, state, sinceMs, revision, digest, reason, message, onTrial, rollout }: SourceStatus): ReportedSource => ({
  name,
  state,
  since: metaTime(sinceMs),
  ...(revision !== undefined && { revision }),
  ...(digest !== undefined && { digest: digest.slice(0, DIGEST_DIGITS) }),
  ...(reason !== undefined && { reason }),
  ...(message !== undefined && { message: cut(message) }),
  ...(onTrial && { onTrial }),
  ...(rollout && {
    rollout: {
      reason: rollout.reason,
      ...(rollout.revision !== undefined && { revision: rollout.revision }),
      message: cut(rollout.message),
    },
  }),
});

const cut = (text: string): string => (text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE - 1)}…` : text);
