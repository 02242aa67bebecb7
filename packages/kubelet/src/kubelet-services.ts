import type { ExtraNetworks } from '@solo-kubelet/cni-invoker/extra-networks';
import type { CriClient } from '@solo-kubelet/cri-client';
import type { DeviceManager } from '@solo-kubelet/device-plugins';
import type { Logger } from '@solo-kubelet/diagnostics';
import type { ManifestStates } from '@solo-kubelet/manifest-source';
import type { KubeletMetrics, NodeApi } from '@solo-kubelet/node-api';
import type { PodEnvironment } from '@solo-kubelet/pod-environment';
import type { EventDraft, KubeletEvent, NodeAdmissionFacts, Reconciler, ReconcilerCommand, RuntimePort } from '@solo-kubelet/reconciler';
import type { CommandAnswer, RolloutCommand, SourceHealth, SourceStatus } from '@solo-kubelet/verified-source';
import type { Observable } from 'rxjs';
import type { NodeAdmission } from './admission/node-admission.js';
import type { NodeObjectView } from './api/node-objects.js';
import type { DiscardAnswer } from './claims/node-claims.js';
import type { ClusterSide } from './cluster/cluster-side.js';
import type { KubeletConfiguration } from './config/fields.js';
import type { KubeletFlags } from './config/kubelet-flags.js';
import type { NodeResourceManagers } from './cpu/resource-managers.js';
import type { ImageCollector } from './garbage-collection/image-collector.js';
import type { NodePullRecords } from './image-pulls/image-pull-records.js';
import type { RuntimeCgroups } from './node/cgroups.js';
import type { MachineFacts, NodeResources } from './node/node-capacity.js';
import type { EphemeralContainers } from './pods/ephemeral-containers.js';
import type { RuntimeVersion } from './runtime/wait-for-runtime.js';
import type { NodeTokens } from './service-accounts/node-tokens.js';

/** A running kubelet as its services see it: HTTP API, housekeeping, notifications. Its streams are shared and may be used by any number. */
export interface KubeletContext {
  readonly config: KubeletConfiguration;
  readonly flags: KubeletFlags;
  /** Environment of the kubelet. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Signals of `evictionHard` for which no pod is evicted. */
  readonly impliedEvictionSignals: ReadonlySet<string>;
  readonly nodeName: string;
  readonly node: { readonly machine: MachineFacts; readonly resources: NodeResources; readonly facts: NodeAdmissionFacts };
  /** What pods are admitted against, at once and on every change. */
  readonly facts$: Observable<NodeAdmissionFacts>;
  /** Changes some of it: what the node is short of, or that it goes down. */
  readonly changeFacts: (change: Partial<NodeAdmissionFacts>) => void;
  /** Records an event of the node. */
  readonly nodeEvent: (draft: EventDraft) => void;
  readonly runtimeVersion: RuntimeVersion;
  readonly cgroups: RuntimeCgroups & { readonly version: 1 | 2 };
  readonly cri: CriClient;
  /** The cluster that the node has joined; undefined: none. */
  readonly cluster: ClusterSide<KubeletContext> | undefined;
  /** Made before everything that counts in them. */
  readonly metrics: KubeletMetrics;
  readonly environment: PodEnvironment;
  /** What gives pods something of their own. */
  readonly resources: NodeResourceManagers;
  readonly devices: DeviceManager;
  /** The container runtime in kubelet words. */
  readonly runtime: RuntimePort;
  /** What removes unused images. */
  readonly images: ImageCollector;
  /** Records of image pulls; undefined: none are kept. */
  readonly pullRecords: Pick<NodePullRecords, 'count'> | undefined;
  /** The mark that this kubelet's containers bear. */
  readonly owner: string;
  /** Further networks of pods. */
  readonly networks: ExtraNetworks;
  /** Why pods would get no network of the runtime now; undefined while they would get one. */
  readonly networkFault: (signal: AbortSignal) => Promise<string | undefined>;
  /** What decides which Pods may come; undefined: all may. */
  readonly admission: NodeAdmission | undefined;
  readonly reconciler: Pick<Reconciler, 'activity$' | 'pods$' | 'events$' | 'probeReport$'>;
  /** Events that earlier processes kept, which events$ does not repeat. */
  readonly earlierEvents: readonly KubeletEvent[];
  /** State of every manifest file and URL, at once and on every change. */
  readonly manifests$: Observable<ManifestStates>;
  /** How each verified source is, by name; at once and on every change. */
  readonly sources$: Observable<ReadonlyMap<string, SourceStatus>>;
  /** Tells a verified source how what it asks for is. */
  readonly sourceHealth: (name: string, health: SourceHealth) => void;
  /** Holds, resumes, skips or retries a verified source by hand; undefined where there is no such source. */
  readonly sourceCommand: (name: string, command: RolloutCommand) => Promise<CommandAnswer> | undefined;
  /** Whether every manifest that there was at the start has been read; at once and on change. */
  readonly filesSynced$: Observable<boolean>;
  /** Every object but Pods, by key, at once and on every change. */
  readonly objects$: Observable<ReadonlyMap<string, NodeObjectView>>;
  /** The same with what Secrets hold: for whoever asks each user for his right to see it. */
  readonly secretObjects$: Observable<ReadonlyMap<string, NodeObjectView>>;
  /** The kubelet's own HTTP API, for services that hand requests on to it; put here by the service that serves it. */
  readonly nodeApi: { current: Pick<NodeApi, 'local' | 'usage'> | undefined };
  /** What others verify tokens of ServiceAccounts by. */
  readonly serviceAccounts: Pick<NodeTokens, 'discovery' | 'jwks' | 'rotate' | 'issuer' | 'sign' | 'verify'>;
  /** Deletes the data of a claim that has gone, or that only a workload keeps. */
  readonly discardClaim: (
    claim: { readonly namespace: string; readonly name: string },
    options: { readonly signal: AbortSignal },
  ) => Promise<DiscardAnswer>;
  /** Identities of objects that are about to come in files, by `objectKey`. */
  readonly newUids: Map<string, string>;
  /** Keeps these as all ephemeral containers of a Pod and has them run; false if nothing asks for that Pod any more. */
  readonly addEphemeralContainers: EphemeralContainers['add'];
  /** Ends a Pod that a workload made; the workload makes another where it wants one. */
  readonly deleteWorkloadPod: (uid: string) => void;
  /** Asks the reconciler for something by hand. */
  readonly command: (command: ReconcilerCommand) => void;
  /** The machine's clock, which may jump; a span of time comes from a steady one. */
  readonly clock: KubeletClock;
  readonly startedAtMs: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Something that runs beside the reconciler for as long as the kubelet does. It works while its stream is subscribed to, which the kubelet
 * does once; an error of the stream ends the kubelet.
 */
export type KubeletService = (context: KubeletContext) => Observable<unknown>;

/** Ms since 1970; `Date` is one. */
export interface KubeletClock {
  now(): number;
}

/** The streams that cross from one subsystem to another. */
export type StreamName =
  | 'manifestEvent$'
  | 'manifests$'
  | 'sources$'
  | 'filesSynced$'
  | 'objects$'
  | 'secretObjects$'
  | 'facts$'
  | 'pods$'
  | 'known$'
  | 'events$'
  | 'activity$'
  | 'probeReport$';

/** The feedback edges: `command`, `changeFacts`, `nodeEvent`, `sourceHealth` and `sourceCommand` of the context. */
export type FeedbackEdge = 'commands$' | 'factsChange$' | 'nodeEvent$' | 'sourceHealth$' | 'sourceCommand$';

/** Something that runs for as long as the kubelet does, and the streams that tie it to the rest. */
export interface Subsystem<Context> {
  readonly name: string;
  readonly reads: readonly (StreamName | FeedbackEdge)[];
  readonly emits: readonly (StreamName | FeedbackEdge)[];
  readonly run: (context: Context) => Observable<unknown>;
}

/** A service whose streams are on record. */
export type ServiceSubsystem = Subsystem<KubeletContext>;
