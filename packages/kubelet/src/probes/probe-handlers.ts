import { type CriClient, CriError } from '@solo-kubelet/cri-client';
import {
  type AnyProbeHandler,
  type ExecInContainer,
  execHandler,
  httpGetHandler,
  MAX_OUTPUT_BYTES,
  tcpSocketHandler,
} from '@solo-kubelet/probe-engine';
import { grpcHandler } from '@solo-kubelet/probe-engine/grpc';

/** Added to a command's own limit before the call is given up, ms: the runtime needs a moment to end it. */
const EXEC_MARGIN_MS = 2_000;

/** A handler for each of Kubernetes' probe actions. */
export const probeHandlers = (cri: CriClient): readonly AnyProbeHandler[] => [
  execHandler(execThrough(cri)),
  httpGetHandler(),
  tcpSocketHandler(),
  grpcHandler(),
];

const execThrough =
  (cri: CriClient): ExecInContainer =>
  async (containerId, command, timeoutMs, signal) => {
    try {
      const { exitCode, stdout, stderr } = await cri.runtime.execSync(
        { containerId, cmd: [...command], timeout: BigInt(Math.ceil(timeoutMs / 1_000)) },
        { signal, timeoutMs: timeoutMs + EXEC_MARGIN_MS, outputKept: { head: MAX_OUTPUT_BYTES } },
      );
      return { type: 'exited', exitCode, stdout, stderr };
    } catch (error) {
      if (CriError.is(error) && error.code === 'CRI_DEADLINE_EXCEEDED') return { type: 'timedOut' };
      throw error;
    }
  };
