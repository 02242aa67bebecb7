import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import type { ProbeVerdict } from '@solo-kubelet/probe-engine';
import type { PodActivity } from '../activity.js';
import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import type { BackoffEntry, BackoffPolicy } from '../crash-backoff.js';
import type { Departed } from '../departed.js';
import { type DesiredState, emptyDesired } from '../desired-state.js';
import type { PodUid } from '../pod-identity.js';
import type { PodLedger } from '../pod-ledger.js';
import type { PodVerdicts } from '../probe-results.js';
import type { Allocating } from '../resize/allocating.js';
import type { ResourceRecord } from '../resize/resource-record.js';
import { emptySnapshot, type Observation, type RuntimeSnapshot } from '../runtime-snapshot.js';
import type { Moment, SteadyTimes } from '../steady-times.js';
import type { Termination } from '../termination.js';

/** Everything known, of which every decision is a function. */
export interface World {
  readonly desired: DesiredState;
  readonly observed: RuntimeSnapshot;
  readonly verdicts: ReadonlyMap<PodUid, PodVerdicts>;
  readonly ledgers: ReadonlyMap<PodUid, PodLedger>;
  /** As last derived: the memory of transition times, restart counts and terminal phases. */
  readonly statuses: ReadonlyMap<PodUid, PodStatus>;
  readonly node: NodeAdmissionFacts | undefined;
  /** Grows whenever a pod that was refused resources may find some: another released its own, or the node changed. */
  readonly resourceRevision: number;
  /** When the containers of `observed` were made, started and ended, by the clock that nobody can set. */
  readonly steadyTimes: SteadyTimes;
  /** Steady time of the last full listing, ms; undefined before the first. */
  readonly listedAtMs: number | undefined;
  /** The same as it was when pods that can't be read now were last read. */
  readonly unreadSinceMs: ReadonlyMap<PodUid, number | undefined>;
  /** Since when a pod counts as started, by the steady clock, ms: its `startTime`, as the machine's clock stood when it was set or read. */
  readonly activeSinceMs: ReadonlyMap<PodUid, number>;
  /** Pods that have ended lately, for one that comes back. */
  readonly departed: ReadonlyMap<PodUid, Departed>;
  /** Records of earlier processes have been read. */
  readonly restored: boolean;
}

export const emptyWorld: World = {
  desired: emptyDesired,
  observed: emptySnapshot,
  verdicts: new Map(),
  ledgers: new Map(),
  statuses: new Map(),
  departed: new Map(),
  steadyTimes: new Map(),
  listedAtMs: undefined,
  unreadSinceMs: new Map(),
  activeSinceMs: new Map(),
  node: undefined,
  resourceRevision: 0,
  restored: false,
};

export interface RestoredRecord {
  readonly podUid: PodUid;
  readonly status: PodStatus;
  readonly backoff: Readonly<Record<string, BackoffEntry>>;
  readonly resources?: ResourceRecord;
}

export type WorldInput = {
  /** Steady time, ms: what durations are measured by. */
  readonly atMs: number;
  /** Time by the machine's clock, ms: what a status shows. Default: `atMs`. */
  readonly wallMs?: number;
} & (
  | { readonly type: 'restored'; readonly records: readonly RestoredRecord[] }
  | { readonly type: 'manifest'; readonly event: ManifestEvent }
  | { readonly type: 'observed'; readonly observation: Observation }
  | { readonly type: 'verdict'; readonly verdict: ProbeVerdict }
  | { readonly type: 'node'; readonly facts: NodeAdmissionFacts }
  /** `pod`: as the sync that tells of it knew it. */
  | { readonly type: 'activity'; readonly podUid: PodUid; readonly activity: PodActivity; readonly pod?: Pod }
  | { readonly type: 'restart'; readonly podUid: PodUid }
  /** The record of a pod that was to be allocated these amounts has been written, or could not be. */
  | { readonly type: 'recorded'; readonly podUid: PodUid; readonly allocating: Allocating | undefined; readonly failure?: string }
  | { readonly type: 'refresh'; readonly podUid: PodUid }
  /** Pods that something is left of beside the runtime's records: files, mounts, cgroups. */
  | { readonly type: 'leftBehind'; readonly podUids: readonly PodUid[] }
  | { readonly type: 'terminate'; readonly podUid: PodUid; readonly termination: Termination }
);

export const momentOf = ({ atMs, wallMs = atMs }: WorldInput): Moment => ({ steadyMs: atMs, wallMs });

/** What stays the same for the life of the process. */
export interface WorldSettings {
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  readonly backoffPolicy: BackoffPolicy;
  /** Whether pods have to be given resources before they run. */
  readonly allocates: boolean;
}
