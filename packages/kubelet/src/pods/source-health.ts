import type { ManifestState, ManifestStates } from '@solo-kubelet/manifest-source';
import type { PodView } from '@solo-kubelet/reconciler';
import { type SourceHealth, verifiedSourceOrigin } from '@solo-kubelet/verified-source';
import { CONFIG_VERSION, HELD_BACK, hopeless } from '@solo-kubelet/workloads';
import type { NodeObjectView } from '../api/node-objects.js';

export interface SourceHealthFacts {
  readonly manifests: ManifestStates['manifests'];
  /** By UID. */
  readonly pods: ReadonlyMap<string, PodView>;
  /** By `objectKey`. */
  readonly objects: ReadonlyMap<string, NodeObjectView>;
}

/** How one document is; undefined: as it should be. */
type Trouble = { readonly type: 'progressing' | 'failed'; readonly message: string } | undefined;

/** Documents that a message names. */
const MAX_SHOWN = 3;

/** How what a verified source asks for is: every Pod ready or ended well, every workload rolled out, no Job failed. */
export const sourceHealth = (name: string, { manifests, pods, objects }: SourceHealthFacts): SourceHealth => {
  const { source, path } = verifiedSourceOrigin(name);
  const failed: string[] = [];
  const progressing: string[] = [];
  for (const state of manifests.values()) {
    if (state.origin.source !== source || state.origin.path !== path) continue;
    const trouble = troubleOf(state, pods, objects);
    if (trouble !== undefined) (trouble.type === 'failed' ? failed : progressing).push(trouble.message);
  }
  if (failed.length > 0) return { type: 'failed', message: joined(failed) };
  return progressing.length > 0 ? { type: 'progressing', message: joined(progressing) } : { type: 'ready' };
};

const joined = (messages: readonly string[]): string =>
  `${messages.slice(0, MAX_SHOWN).join('; ')}${messages.length > MAX_SHOWN ? ` (and ${messages.length - MAX_SHOWN} more)` : ''}`;

const troubleOf = (state: ManifestState, pods: SourceHealthFacts['pods'], objects: SourceHealthFacts['objects']): Trouble => {
  switch (state.state) {
    case 'rejected':
    case 'stale':
      return { type: 'failed', message: `${state.podKey ?? state.objectKey ?? `document ${state.origin.document}`}: ${state.message}` };
    case 'shadowed':
    case 'ignored':
      return undefined;
    case 'accepted':
      if (state.podKey !== undefined) return podTrouble(state.podKey, podOf(state, pods));
      return state.objectKey === undefined ? undefined : workloadTrouble(objects.get(state.objectKey));
  }
};

/** The Pod of a document; or the one that is asked for in its place, since it went back or follows what it refers to. */
const podOf = ({ podUid, podKey }: ManifestState, pods: SourceHealthFacts['pods']): PodView | undefined => {
  const own = podUid === undefined ? undefined : pods.get(podUid);
  if (own !== undefined) return own;
  for (const view of pods.values()) {
    const { namespace = 'default', name, annotations = {} } = view.pod.metadata;
    const isStandIn = annotations[HELD_BACK] !== undefined || annotations[CONFIG_VERSION] !== undefined;
    if (isStandIn && !view.terminating && `${namespace}/${name}` === podKey) return view;
  }
  return undefined;
};

const podTrouble = (key: string, view: PodView | undefined): Trouble => {
  if (view === undefined) return { type: 'progressing', message: `Pod ${key} is not there yet` };
  const { status, metadata } = view.pod;
  const held = metadata.annotations?.[HELD_BACK];
  if (held !== undefined) return { type: 'failed', message: `Pod ${key}: ${held}` };
  if (status?.phase === 'Succeeded') return undefined;
  if (status?.phase === 'Failed' && view.returns === undefined)
    return { type: 'failed', message: `Pod ${key} failed${status.message ? `: ${status.message}` : ''}` };
  const hopelessly = hopeless([view.pod]);
  if (hopelessly !== undefined) return { type: 'failed', message: `Pod ${key}: ${hopelessly}` };
  const isReady = status?.phase === 'Running' && status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  if (isReady && !view.terminating) return undefined;
  const why = status?.message || containerTrouble(status);
  return { type: 'progressing', message: `Pod ${key} is not ready${why ? `: ${why}` : ''}` };
};

/** What keeps the first container that does not run from it: why it waits, and how it ended. */
const containerTrouble = (status: PodView['pod']['status']): string | undefined => {
  for (const { name, state, lastState } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const { waiting, terminated = lastState?.terminated } = state ?? {};
    const ended = terminated !== undefined && terminated.exitCode !== 0 ? `exit code ${terminated.exitCode}` : undefined;
    const reasons = [waiting?.reason, state?.running === undefined ? ended : undefined].filter((reason) => reason !== undefined);
    if (reasons.length > 0) return `container ${name}: ${reasons.join(', ')}`;
  }
  return undefined;
};

interface Counts {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
  readonly active?: number;
  readonly ready?: number;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[];
}

interface WorkloadSpec {
  readonly replicas?: number;
  readonly suspend?: boolean;
  readonly paused?: boolean;
  readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
}

const ROLLED: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job']);

const workloadTrouble = (object: NodeObjectView | undefined): Trouble => {
  if (object === undefined || !ROLLED.has(object.kind)) return undefined;
  const { kind, metadata } = object;
  const { spec = {}, status = {} } = object as { readonly spec?: WorkloadSpec; readonly status?: Counts };
  const shown = `${kind} ${metadata.namespace}/${metadata.name}`;
  const condition = (type: string, value: string, reason?: string) =>
    status.conditions?.find((one) => one.type === type && one.status === value && (reason === undefined || one.reason === reason));
  const failed =
    condition('Progressing', 'False', 'ProgressDeadlineExceeded') ??
    condition('RolledBack', 'True') ??
    (kind === 'Job' ? condition('Failed', 'True') : undefined);
  if (failed !== undefined) return { type: 'failed', message: `${shown}: ${failed.message ?? failed.reason ?? failed.type}` };
  const isDone =
    (metadata.generation ?? 0) <= (status.observedGeneration ?? metadata.generation ?? 0) && isRolledOut(kind, spec, status, condition);
  return isDone ? undefined : { type: 'progressing', message: `${shown} is not rolled out` };
};

const isRolledOut = (
  kind: string,
  { replicas = 1, suspend, paused, updateStrategy }: WorkloadSpec,
  status: Counts,
  condition: (type: string, value: string) => object | undefined,
): boolean => {
  const { updatedReplicas = 0, availableReplicas = 0, readyReplicas = 0, desiredNumberScheduled } = status;
  switch (kind) {
    case 'Deployment':
      return paused === true || (updatedReplicas >= replicas && availableReplicas >= replicas && (status.replicas ?? 0) <= updatedReplicas);
    case 'ReplicaSet':
      return readyReplicas >= replicas;
    case 'StatefulSet':
      // What is updated by hand, or not at all below a partition, is nobody's to wait for.
      return (
        readyReplicas >= replicas &&
        (updateStrategy?.type === 'OnDelete' || updatedReplicas >= replicas - (updateStrategy?.rollingUpdate?.partition ?? 0))
      );
    case 'DaemonSet':
      return (
        desiredNumberScheduled !== undefined &&
        (status.numberAvailable ?? 0) >= desiredNumberScheduled &&
        (updateStrategy?.type === 'OnDelete' || (status.updatedNumberScheduled ?? 0) >= desiredNumberScheduled)
      );
    default:
      // A Job may take its time: that it is at work is enough.
      return suspend === true || condition('Complete', 'True') !== undefined || ((status.active ?? 0) > 0 && (status.ready ?? 0) > 0);
  }
};
