import type { CriClient } from '@solo-kubelet/cri-client';
import type { Logger } from '@solo-kubelet/diagnostics';
import type { Admission } from '@solo-kubelet/pod-admission';
import type { NodeEnvironment } from '@solo-kubelet/pod-environment';
import type { AnyProbeHandler } from '@solo-kubelet/probe-engine';
import type { RuntimeImages } from '@solo-kubelet/verified-source';
import type { KubeletConfiguration } from './config/fields.js';
import type { KubeletFlags } from './config/kubelet-flags.js';
import type { KubeletClock, KubeletService, ServiceSubsystem } from './kubelet-services.js';
import type { ErrorSource } from './process/catch-stray-errors.js';
import type { ServiceKernel } from './services/node-services.js';

export interface RunKubeletOptions {
  readonly config: KubeletConfiguration;
  readonly flags: KubeletFlags;
  /** Environment of the kubelet: for systemd, registries' credentials, and plugins that it starts. Default: empty. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * The process, where it is the kubelet's own: then its limits and its cgroup become what the configuration says, memory is collected when nothing
   * happens, and errors that nobody caught end up in the log. Default: none; the kubelet is a guest and leaves the process as it is.
   */
  readonly ownProcess?: KubeletProcess;
  /** Signals of `evictionHard` for which no pod is evicted. Default: none. */
  readonly impliedEvictionSignals?: ReadonlySet<string>;
  readonly logger: Logger;
  /** The machine's clock, for the times that statuses, events and files show. Default `Date`. */
  readonly clock?: KubeletClock;
  /** Ends the kubelet; containers run on. */
  readonly signal: AbortSignal;
  /** Default: those of Kubernetes, over the network and the runtime. */
  readonly probes?: readonly AnyProbeHandler[];
  /** Directory beside which probe plugins are installed, for those that are named as packages. Default: that of this package. */
  readonly pluginsFrom?: string;
  /** Steps that change and reject Pods before the policy of `admissionPolicyFile` does. Default: none. */
  readonly admission?: readonly Admission[];
  /** Laid over what the node is to the pods' environment. Default: nothing. */
  readonly environment?: Partial<NodeEnvironment>;
  /** What Services need of the machine. Default: nftables and the settings of its kernel. */
  readonly serviceKernel?: ServiceKernel;
  /** Called once the runtime answers, before anything is made in it: to supply what it needs. Default: nothing. */
  readonly prepareRuntime?: (cri: CriClient, options: PrepareRuntimeOptions) => Promise<void>;
  /** What takes images into the runtime that verified sources themselves have. Default: nobody, and revisions that have some wait for ever. */
  readonly runtimeImages?: RuntimeImages;
  /** Default: all that the kubelet has. */
  readonly services?: readonly (KubeletService | ServiceSubsystem)[];
}

/** What a kubelet needs of a process of its own. */
export interface KubeletProcess extends ErrorSource {
  cwd(): string;
}

export interface PrepareRuntimeOptions {
  /** `containerRuntimeEndpoint` of the configuration. */
  readonly endpoint: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}
