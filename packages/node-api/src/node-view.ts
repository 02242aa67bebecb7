import type { StatsView } from '@solo-kubelet/node-stats';
import type { Pod } from '@solo-kubelet/pod-spec';

/** One change of a watched list, as the Kubernetes API writes it. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
}

/** A list that can be read and followed. */
export interface Watchable<T> {
  list(): readonly T[];
  /** Changes from now on. Ends when the signal aborts. */
  watch(options: { readonly signal: AbortSignal }): AsyncIterable<WatchEvent<T>>;
}

export interface HealthCheck {
  readonly name: string;
  /** Undefined when healthy, else why not. The reason is logged, and told to admins only. */
  check(): string | undefined;
}

/** What /statusz and /flagz tell of this program. */
export interface ComponentFacts {
  /** The Kubernetes that is followed. */
  readonly version: string;
  readonly startedAtMs: number;
  /** Flags with the values in force; secrets already masked. */
  flags(): Readonly<Record<string, string>>;
}

/** What may be asked of the rollouts of a verified source. */
export type SourceCommandWord = 'hold' | 'resume' | 'skip' | 'retry';

/** What the server shows. The kubelet's wiring implements it over the reconciler's streams. */
export interface NodeView extends StatsView {
  readonly pods: Watchable<Pod>;
  /** Pods that the node has admitted, with the resources that are allocated to them. Default: not served (gate KubeletAllocatedPodsEndpoint). */
  readonly allocatedPods?: () => readonly Pod[];
  /** v1 Events, newest last. */
  readonly events: Watchable<object>;
  /** One entry per manifest file or URL: its state and its issues. */
  readonly manifests: Watchable<object>;
  /** How each verified source of manifests is. Default: there are none. */
  readonly sources?: Watchable<object>;
  /** Objects of other kinds than Pod, with status; values of Secrets left out. Default: there are none. */
  readonly objects?: Watchable<object>;
  /** The v1 Node object, made on the spot. */
  node(options: { readonly signal: AbortSignal }): Promise<object>;
  /** The effective KubeletConfiguration, `kind` and `apiVersion` included, as any reader may see it. */
  readonly configuration: object;
  readonly healthChecks: readonly HealthCheck[];
  /** Restarts the pod's containers, or ends their back-off, now. False when there is no such pod. */
  restartPod(namespace: string, name: string): boolean;
  /** Ends a Pod of a workload, which makes another one where it wants one; false for any other Pod. Default: no Pod is of a workload. */
  deletePod?(namespace: string, name: string): boolean;
  /** Holds, resumes, skips or retries the rollouts of a verified source; undefined where there is no such source. Default: there are none. */
  sourceCommand?(name: string, command: SourceCommandWord): Promise<{ readonly ok: boolean; readonly message: string }> | undefined;
  /** What others verify tokens of ServiceAccounts by. Default: there are no tokens. */
  readonly serviceAccounts?: {
    discovery(): object;
    jwks(): object;
    /** Signs by a new key from now on; its id. */
    rotate(): Promise<string>;
  };
  /** Deletes the data of a claim that has gone; or why not. Default: there are no claims. */
  discardClaim?(
    namespace: string,
    name: string,
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly ok: true; readonly path: string } | { readonly ok: false; readonly error: string }>;
  /** Whether /metrics/cadvisor shows the runtime's own metrics where it has them (gate PodAndContainerStatsFromCRI). Default false. */
  readonly runtimeMetrics?: boolean;
  /** Default: no /statusz and no /flagz. */
  readonly component?: ComponentFacts;
}
