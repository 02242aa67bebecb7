import type { CriClient } from '@solo-kubelet/cri-client';
import type { PodEnvironment } from '@solo-kubelet/pod-environment';
import type { ResourceAllocator } from '../resource-allocator.js';
import type { ImageCredentials } from './images/image-credentials.js';
import type { ImageRequest } from './images/image-puller.js';
import type { ImagePullRecords } from './images/pull-records.js';

/** Further networks of a pod, besides the runtime's own. Pods of the host's network have none. */
export interface NetworkHook {
  /** Whether a pod with these annotations asks for any. */
  wants(podAnnotations: Readonly<Record<string, string>>): boolean;
  /** Gives a sandbox that is up all that its pod asks for, or fails and leaves nothing. */
  attach(
    sandbox: {
      readonly podSandboxId: string;
      readonly netnsPath: string;
      readonly podUid: string;
      readonly podName: string;
      readonly podNamespace: string;
      readonly annotations: Readonly<Record<string, string>>;
    },
    options: { readonly signal?: AbortSignal },
  ): Promise<unknown>;
  /** Called before every stop of a sandbox, also of one that has nothing attached. */
  detach(sandbox: { readonly podSandboxId: string }, options: { readonly signal?: AbortSignal }): Promise<void>;
  /** What the pod's annotations tell of its networks; undefined until every one is attached. */
  annotationsOf(
    sandbox: {
      readonly podSandboxId: string;
      /** Of the runtime's own network. */
      readonly ips: readonly string[];
      /** Of the runtime's verbose PodSandboxStatus. */
      readonly info: Readonly<Record<string, string>>;
    },
    options: { readonly signal?: AbortSignal },
  ): Promise<Readonly<Record<string, string>> | undefined>;
}

export interface CriRuntimeOptions {
  readonly cri: CriClient;
  readonly environment: PodEnvironment;
  /**
   * Whose pods these are: written as label `solo-kubelet.dev/owner` on every sandbox and container; nothing without this very value is ever looked at.
   * At most 63 letters, digits, `-`, `_`, `.`. Default `default`. Two kubelets on one runtime need two owners.
   */
  readonly owner?: string;
  /** Default: no credentials. */
  readonly credentials?: ImageCredentials;
  /** By which Pods only have images that a registry gave to them, or to all. Default: every Pod has what is on the machine. */
  readonly pullRecords?: ImagePullRecords;
  /** Told of every image that a container asks for. Default: nobody. */
  readonly onImageRequest?: (request: ImageRequest) => void;
  readonly pulls?: {
    /** Pulls at once, all pods together (`maxParallelImagePulls`; 1 for `serializeImagePulls`). Default 5. */
    readonly maxParallel?: number;
    /** Pulls a second (`registryPullQPS`), and how many may follow each other at once (`registryBurst`); more wait for their turn. Default 5 and 10; 0 a second: no limit. */
    readonly perSecond?: number;
    readonly burst?: number;
    /** Back-off of failing pulls, ms. Default 10 s doubling to 300 s. */
    readonly initialMs?: number;
    readonly maxMs?: number;
    /** A pull that brings no end for this long is given up, ms. Default 0: never, as upstream. */
    readonly timeoutMs?: number;
  };
  /** RunPodSandbox, CreateContainer and StartContainer calls at once, all pods together. Default 16. */
  readonly maxParallelStarts?: number;
  /** `podLogsDir`. Default `/var/log/pods`. */
  readonly podLogsDir?: string;
  /** Where links to container logs are made. Default `/var/log/containers`; empty: none. */
  readonly containerLogsDir?: string;
  readonly networkHook?: NetworkHook;
  /** Told of every start; what it has given is in the environment's `allocations`. Default: nobody. */
  readonly resources?: Pick<ResourceAllocator, 'beforeStart'>;
  /** Whether containers are made to end as a whole when they are out of memory (cgroup v2, but for `singleProcessOOMKill`). Default false. */
  readonly endsAsAWhole?: boolean;
  /** `User-Agent` of httpGet hooks. Default `kube-lifecycle/1.36`. */
  readonly userAgent?: string;
  /** A clock that nobody can set, ms. Default `steadyNow`. */
  readonly now?: () => number;
}
