import { createCriClient } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { type RuntimeCgroups, runtimeCgroupDriver } from '@solo-kubelet/kubelet/node';
import { afterRecovery } from '@solo-kubelet/kubelet/runtime';
import { type SandboxImage, supplySandboxImage } from '../sandbox-image/supply-sandbox-image.js';

/** What an installation takes from the runtime, and sees to. */
export type RuntimeAnswer =
  | { readonly type: 'silent'; readonly message: string }
  | {
      readonly type: 'answered';
      readonly cgroupDriver: RuntimeCgroups['driver'] | undefined;
      /** Or why there is none. */
      readonly sandboxImage: SandboxImage | string;
    };

const TIMEOUT_MS = 20_000;

export const askRuntime = async (endpoint: string, { signal }: { readonly signal: AbortSignal }): Promise<RuntimeAnswer> => {
  await using cri = createCriClient({ endpoint, timeoutMs: TIMEOUT_MS, interceptors: [afterRecovery] });
  try {
    await cri.runtime.version({}, { signal });
  } catch (error) {
    signal.throwIfAborted();
    return { type: 'silent', message: describeError(error) };
  }
  const { driver } = await runtimeCgroupDriver(cri, { signal });
  const sandboxImage = await supplySandboxImage(cri, { endpoint, signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    return describeError(error);
  });
  return { type: 'answered', cgroupDriver: driver, sandboxImage };
};

/** The answer in lines of a report: what was done, then what is wrong. */
export const describeAnswer = (
  answer: RuntimeAnswer,
  endpoint: string,
): { readonly done: readonly string[]; readonly wrong: readonly string[] } => {
  if (answer.type === 'silent') {
    return {
      done: [],
      wrong: [
        `The container runtime at ${endpoint} does not answer (${answer.message}). The kubelet waits for it; see kubelet-cli doctor.`,
      ],
    };
  }
  const { sandboxImage } = answer;
  if (typeof sandboxImage === 'string') return { done: [], wrong: [`New Pods will not start: ${sandboxImage}`] };
  const { outcome, image } = sandboxImage;
  if (outcome === 'pulled') return { done: [`pulled    ${image}`], wrong: [] };
  if (outcome === 'supplied') return { done: [`supplied  ${image} (it cannot be pulled; a pause image of our own stands in)`], wrong: [] };
  return { done: [], wrong: [] };
};
