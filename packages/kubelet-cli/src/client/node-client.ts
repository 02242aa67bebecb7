import type { StreamEndpoint } from '@solo-kubelet/cri-client/streaming';
import type { EventObject, ManifestObject, SourceObject } from '@solo-kubelet/node-api';
import type { Pod } from '@solo-kubelet/pod-spec';

/** One change of a watched list. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
}

export interface Abortable {
  readonly signal: AbortSignal;
}

/** A pod, by the name that the API knows it by (`<name>-<node>` for a manifest's pod). */
export interface PodTarget {
  readonly namespace: string;
  readonly pod: string;
}

export interface ContainerTarget extends PodTarget {
  readonly container: string;
}

/** An object of another kind than Pod, with its status and the templates that it had. */
export interface NodeApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly revisions?: readonly {
    readonly name: string;
    readonly revision: number;
    readonly template?: Readonly<Record<string, unknown>>;
    readonly changeCause?: string;
  }[];
}

/** An image that the runtime holds. */
export interface ImageObject {
  readonly id: string;
  /** Tags, or digests where it has none. */
  readonly names: readonly string[];
  readonly sizeBytes: number;
  /** Never collected. */
  readonly pinned: boolean;
}

export interface LogQuery {
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly sinceTime?: string;
  readonly limitBytes?: number;
}

export interface ExecFlags {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Where a streaming session is opened. */
export interface StreamAddress {
  readonly endpoint: StreamEndpoint;
  readonly path: string;
}

/**
 * What commands ask of a node. `daemon`: the running kubelet, over its socket or its TLS port. `runtime`: the container runtime alone,
 * when no kubelet runs: pods are put together from labels, and what only a kubelet knows (events, manifests) is refused with a reason.
 */
export interface NodeClient extends AsyncDisposable {
  readonly speaker: 'daemon' | 'runtime';
  listPods(options: Abortable): Promise<readonly Pod[]>;
  watchPods(options: Abortable): AsyncIterable<WatchEvent<Pod>>;
  listEvents(options: Abortable): Promise<readonly EventObject[]>;
  watchEvents(options: Abortable): AsyncIterable<WatchEvent<EventObject>>;
  listManifests(options: Abortable): Promise<readonly ManifestObject[]>;
  watchManifests(options: Abortable): AsyncIterable<WatchEvent<ManifestObject>>;
  /** How each verified source of manifests is. */
  listSources(options: Abortable): Promise<readonly SourceObject[]>;
  watchSources(options: Abortable): AsyncIterable<WatchEvent<SourceObject>>;
  listObjects(options: Abortable): Promise<readonly NodeApiObject[]>;
  watchObjects(options: Abortable): AsyncIterable<WatchEvent<NodeApiObject>>;
  getNode(options: Abortable): Promise<Readonly<Record<string, unknown>>>;
  listImages(options: Abortable): Promise<readonly ImageObject[]>;
  /** The effective KubeletConfiguration. */
  getConfiguration(options: Abortable): Promise<Readonly<Record<string, unknown>>>;
  getSummary(options: Abortable): Promise<Readonly<Record<string, unknown>>>;
  readLog(target: ContainerTarget, query: LogQuery, options: Abortable): AsyncIterable<Buffer>;
  exec(target: ContainerTarget, flags: ExecFlags, options: Abortable): Promise<StreamAddress>;
  attach(target: ContainerTarget, flags: Omit<ExecFlags, 'command'>, options: Abortable): Promise<StreamAddress>;
  portForward(target: PodTarget, port: number, options: Abortable): Promise<StreamAddress>;
  restartPod(target: PodTarget, options: Abortable): Promise<void>;
  /** Ends a Pod of a workload. */
  deletePod(target: PodTarget, options: Abortable): Promise<void>;
  /** Holds, resumes, skips or retries the rollouts of a verified source; gives back what that did. */
  commandSource(name: string, command: string, options: Abortable): Promise<string>;
  /** What others verify tokens of ServiceAccounts by: the provider's metadata, or its keys. */
  getOpenId(what: 'configuration' | 'jwks', options: Abortable): Promise<Readonly<Record<string, unknown>>>;
  /** Has tokens signed by a new key; gives back its id. */
  rotateServiceAccountKey(options: Abortable): Promise<string>;
  /** Deletes the data of a claim that has gone; gives back where it was. */
  discardClaim(claim: { readonly namespace: string; readonly name: string }, options: Abortable): Promise<string>;
}
