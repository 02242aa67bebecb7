import { createCriClient } from '@solo-kubelet/cri-client';
import { isAbort } from '@solo-kubelet/diagnostics';
import { type RuntimeNetwork, readRuntimeNetwork } from '@solo-kubelet/kubelet/networks';
import { afterRecovery } from '@solo-kubelet/kubelet/runtime';
import type { CliIo } from '../cli-io.js';
import { runtimeEndpoint, usualEndpoint } from '../client/connect.js';

const TIMEOUT_MS = 5_000;

/** What this machine's container runtime says of its network; undefined when it does not answer. */
export const askRuntimeNetwork = async (io: CliIo): Promise<RuntimeNetwork | undefined> => {
  const endpoint = await runtimeEndpoint({ options: {}, operands: [] }, io).catch(usualEndpoint);
  await using cri = createCriClient({ endpoint, timeoutMs: TIMEOUT_MS, interceptors: [afterRecovery] });
  return readRuntimeNetwork(cri, { signal: io.interrupted }).catch((error: unknown) => {
    if (isAbort(error)) throw error;
    return undefined;
  });
};
