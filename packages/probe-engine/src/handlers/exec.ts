import { describeError, isAbort } from '@solo-kubelet/diagnostics';
import { formatGoDuration } from '@solo-kubelet/diagnostics/text';
import { type ExecAction, expandVariables } from '@solo-kubelet/pod-spec';
import { capOutput, MAX_OUTPUT_BYTES, type ProbeHandler } from '../probe-handler.js';
import { probeTiming } from '../probe-target.js';

/** How a command in a container ended. */
export type ExecResult =
  | { readonly type: 'exited'; readonly exitCode: number; readonly stdout: Uint8Array; readonly stderr: Uint8Array }
  /** The runtime stopped it because its time was up. */
  | { readonly type: 'timedOut' };

/** Runs a command in a container and waits for its end; rejects when the runtime can't. The runtime ends it after `timeoutMs`. */
export type ExecInContainer = (
  containerId: string,
  command: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
) => Promise<ExecResult>;

/** Success when the command exits with 0. `$(NAME)` in it is replaced from the container's literal variables only (pkg/probe/exec/exec.go). */
export const execHandler = (exec: ExecInContainer): ProbeHandler<'exec', ExecAction> => ({
  field: 'exec',
  probe: async (action, target, { signal }) => {
    const { timeoutMs } = probeTiming(target.probe);
    const variables = new Map((target.env ?? []).flatMap(({ name, value, valueFrom }) => (valueFrom ? [] : [[name, value ?? '']])));
    const command = (action.command ?? []).map((word) => expandVariables(word, (name) => variables.get(name)));
    const timedOut = {
      result: 'failure',
      output: `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${formatGoDuration(timeoutMs)}`,
    } as const;
    let result: ExecResult;
    try {
      result = await exec(target.containerId, command, timeoutMs, signal);
    } catch (error) {
      if (signal.aborted || isAbort(error)) return timedOut;
      return { result: 'unknown', output: describeError(error) };
    }
    if (result.type === 'timedOut') return timedOut;
    // Of each no more than can be shown: a command may say as much as the runtime lets through, each second.
    const output = capOutput(Buffer.concat([result.stdout, result.stderr].map((said) => said.subarray(0, MAX_OUTPUT_BYTES))));
    return { result: result.exitCode === 0 ? 'success' : 'failure', output };
  },
});
