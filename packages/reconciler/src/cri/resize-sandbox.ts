import { type CriClient, CriError, type LinuxPodSandboxConfig, saysUnimplemented } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import type { PodEnvironment } from '@solo-kubelet/pod-environment';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { Abortable } from '../runtime-port.js';

export interface ResizeSandboxDeps {
  readonly cri: Pick<CriClient, 'runtime'>;
  readonly environment: Pick<PodEnvironment, 'sandboxConfig' | 'resizePod'>;
  /** The sandbox of a pod that runs, undefined without one. */
  readonly sandboxOf: (podUid: string, options: Abortable) => Promise<{ readonly id: string; readonly attempt: number } | undefined>;
}

type Told = Pick<LinuxPodSandboxConfig, 'overhead' | 'resources'>;

/**
 * Holds a pod's cgroup to new resources, after the runtime has been asked: one that says no keeps the pod as it is, and one that does not have the call is
 * passed over. When the cgroup cannot be written, the runtime is told what it was. Upstream: setPodCgroupConfig in pkg/kubelet/kuberuntime.
 */
export const createSandboxResizes = ({ cri, environment, sandboxOf }: ResizeSandboxDeps) => {
  /** What the runtime knows of pods that were resized. */
  const lastTold = new Map<string, Told>();

  const tell = async (podSandboxId: string, { overhead, resources }: Told, signal: AbortSignal): Promise<void> => {
    try {
      await cri.runtime.updatePodSandboxResources({ podSandboxId, overhead, resources }, { signal });
    } catch (error) {
      if (!CriError.is(error) || !saysUnimplemented(error)) throw error;
    }
  };

  return {
    resize: async (limits: Pod, { signal }: Abortable): Promise<void> => {
      const { uid } = limits.metadata;
      const sandbox = await sandboxOf(uid, { signal });
      if (sandbox === undefined) return environment.resizePod(limits, { signal });
      const { config } = await environment.sandboxConfig(limits, sandbox.attempt, { signal });
      const wanted: Told = { overhead: config.linux?.overhead, resources: config.linux?.resources };
      await tell(sandbox.id, wanted, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new Error(`failed to notify runtime for UpdatePodSandboxResources; resize rejected: ${describeError(error)}`, {
          cause: error,
        });
      });
      try {
        await environment.resizePod(limits, { signal });
        lastTold.set(uid, wanted);
      } catch (error) {
        const before = lastTold.get(uid);
        if (before !== undefined) await tell(sandbox.id, before, signal).catch(() => {});
        throw error;
      }
    },
    forget: (uid: string): void => {
      lastTold.delete(uid);
    },
  };
};
