import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import type { ProbeResult } from '@solo-kubelet/probe-engine';
import type { PodActivity } from '../activity.js';
import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import { nobody, type Occupancy } from '../admission/occupancy.js';
import type { BackoffEntry, BackoffPolicy } from '../crash-backoff.js';
import { noObservation, type Observation, type ObservationAges } from '../observation-ages.js';
import type { PodUid } from '../pod-identity.js';
import type { RecentlyTerminatedPods } from '../recently-terminated.js';
import type { Allocating } from '../resize/allocating.js';
import type { ResourceRecord } from '../resize/resource-record.js';
import type { Moment } from '../steady-times.js';
import type { Termination } from '../termination.js';
import { emptyIndex, type PodIndex } from './pod-index.js';
import type { PodState } from './pod-state.js';

/** Everything known, of which every decision is a function. */
export interface KubeletState {
  /** Every pod that is wanted, observed or remembered, in the order in which they became known. Written by with-pod.ts alone. */
  readonly pods: ReadonlyMap<PodUid, PodState>;
  readonly index: PodIndex;
  /** Who takes room on the node. Follows from the records and their ages: each step of reduceKubeletState ends with it in step with them. */
  readonly occupancy: Occupancy;
  /** `source path` of every source of manifests that has delivered its first full set. */
  readonly syncedSources: ReadonlySet<string>;
  /** How many pods have been asked for so far. */
  readonly turns: number;
  readonly ages: ObservationAges;
  readonly node: NodeAdmissionFacts | undefined;
  /** Grows whenever a pod that was refused resources may find some: another released its own, or the node changed. */
  readonly resourceRevision: number;
  /** Steady time of the last full listing, ms; undefined before the first. */
  readonly listedAtMs: number | undefined;
  /** The same as it was when pods that can't be read now were last read. */
  readonly unreadSinceMs: ReadonlyMap<PodUid, number | undefined>;
  /** Pods that have ended lately, for one that comes back. */
  readonly recentlyTerminated: RecentlyTerminatedPods;
  /** Records of earlier processes have been read. */
  readonly restored: boolean;
}

export const emptyKubeletState: KubeletState = {
  pods: new Map(),
  index: emptyIndex,
  occupancy: nobody,
  syncedSources: new Set(),
  turns: 0,
  ages: noObservation,
  recentlyTerminated: new Map(),
  listedAtMs: undefined,
  unreadSinceMs: new Map(),
  node: undefined,
  resourceRevision: 0,
  restored: false,
};

/** The records of earlier processes have been read, and the runtime has been listed: what is known can be held against each other. */
export const hasRelisted = ({ restored, ages }: Pick<KubeletState, 'restored' | 'ages'>): boolean => restored && ages.generation > 0;

export interface RestoredRecord {
  readonly podUid: PodUid;
  readonly status: PodStatus;
  readonly backoff: Readonly<Record<string, BackoffEntry>>;
  readonly resources?: ResourceRecord;
}

export type KubeletStateInput = {
  /** Steady time, ms: what durations are measured by. */
  readonly atMs: number;
  /** Time by the machine's clock, ms: what a status shows. Default: `atMs`. */
  readonly wallMs?: number;
} & (
  | { readonly type: 'restored'; readonly records: readonly RestoredRecord[] }
  | { readonly type: 'manifest'; readonly event: ManifestEvent }
  | { readonly type: 'observed'; readonly observation: Observation }
  | { readonly type: 'probeResult'; readonly probeResult: ProbeResult }
  | { readonly type: 'node'; readonly facts: NodeAdmissionFacts }
  /** `pod`: as the sync that tells of it knew it. */
  | { readonly type: 'activity'; readonly podUid: PodUid; readonly activity: PodActivity; readonly pod?: Pod }
  | { readonly type: 'restart'; readonly podUid: PodUid }
  /** The record of a pod that was to be allocated these amounts has been written, or could not be. */
  | { readonly type: 'recorded'; readonly podUid: PodUid; readonly allocating: Allocating | undefined; readonly failure?: string }
  | { readonly type: 'refresh'; readonly podUid: PodUid }
  /** Pods that something is left of beside the runtime's records: files, mounts, cgroups. */
  | { readonly type: 'orphanedPods'; readonly podUids: readonly PodUid[] }
  | { readonly type: 'terminate'; readonly podUid: PodUid; readonly termination: Termination }
);

export const momentOf = ({ atMs, wallMs = atMs }: KubeletStateInput): Moment => ({ steadyMs: atMs, wallMs });

/** What stays the same for the life of the process. */
export interface KubeletStateSettings {
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  readonly backoffPolicy: BackoffPolicy;
  /** Whether pods have to be given resources before they run. */
  readonly allocates: boolean;
}
