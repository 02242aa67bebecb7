import { ContainerState, PodSandboxState } from '@solo-kubelet/cri-types';
import { onAbort } from '@solo-kubelet/timers';
import type { RuntimeServiceDefinition } from '../gen/cri-v1.js';
import { waitFor } from './clock.js';
import type { FakeRuntime } from './fake-runtime.js';
import type { ContainerRecord } from './records.js';
import { RpcError } from './rpc-error.js';
import type { CallContext, ServiceImplementation } from './rpc-server.js';
import type { ExecAnswer, ExecScript } from './script.js';
import type { StreamEndpoint } from './stream-endpoint.js';

type Execs = Pick<ServiceImplementation<typeof RuntimeServiceDefinition>, 'execSync' | 'exec' | 'attach' | 'portForward'>;

/** A command that runs now. */
export interface RunningExec {
  readonly containerId: string;
  readonly cmd: readonly string[];
}

export interface ExecRpcsOptions {
  readonly runtime: FakeRuntime;
  readonly script: ExecScript;
  readonly running: Set<RunningExec>;
  readonly streams: StreamEndpoint;
}

const runningContainer = (runtime: FakeRuntime, id: string): ContainerRecord => {
  const record = runtime.container(id);
  if (record.state === ContainerState.CONTAINER_RUNNING) return record;
  throw new RpcError('UNKNOWN', `failed to exec in container: container is in ${ContainerState[record.state]} state`);
};

export const execRpcs = ({ runtime, script, running, streams }: ExecRpcsOptions): Execs => {
  /** Runs a command until it ends, its container ends, its time is up or the client gives up. */
  const run = async (record: ContainerRecord, cmd: readonly string[], timeoutMs: number, { signal }: CallContext): Promise<ExecAnswer> => {
    const exec: RunningExec = { containerId: record.id, cmd };
    const ended = new AbortController();
    const release = onAbort(signal, () => ended.abort(signal.reason));
    running.add(exec);
    const command = async (): Promise<ExecAnswer> => {
      const answer = await script({
        containerId: record.id,
        containerName: record.config.metadata?.name ?? '',
        podName: record.sandbox.config.metadata?.name ?? '',
        cmd,
        signal: ended.signal,
      });
      const { durationMs = 0 } = answer;
      if (durationMs === Number.POSITIVE_INFINITY)
        await new Promise((_, reject) => onAbort(ended.signal, () => reject(ended.signal.reason)));
      else if (durationMs > 0) await waitFor(runtime.clock, durationMs, ended.signal);
      return answer;
    };
    const contenders: Promise<ExecAnswer>[] = [
      command(),
      runtime.exited(record, ended.signal).then(() => ({ exitCode: 137 })),
      new Promise<never>((_, reject) => onAbort(ended.signal, () => reject(ended.signal.reason))),
    ];
    if (timeoutMs > 0) {
      contenders.push(
        waitFor(runtime.clock, timeoutMs, ended.signal).then(() => {
          throw new RpcError('DEADLINE_EXCEEDED', `failed to exec in container: timeout ${timeoutMs / 1000}s exceeded`);
        }),
      );
    }
    try {
      return await Promise.race(contenders);
    } finally {
      release();
      running.delete(exec);
      ended.abort(new RpcError('CANCELLED', 'the command has ended'));
    }
  };

  return {
    execSync: async ({ containerId, cmd, timeout }, context) => {
      const record = runningContainer(runtime, containerId);
      const { stdout = '', stderr = '', exitCode = 0 } = await run(record, cmd, Number(timeout) * 1_000, context);
      return { stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), exitCode };
    },
    exec: async (request) => {
      const { stdin, stdout, stderr, tty } = request;
      runningContainer(runtime, request.containerId);
      if (!stdin && !stdout && !stderr) throw new RpcError('INVALID_ARGUMENT', 'one of stdin, stdout, stderr must be set');
      if (tty && stderr) throw new RpcError('INVALID_ARGUMENT', 'tty and stderr cannot both be set');
      return { url: await streams.urlFor({ type: 'exec', request }) };
    },
    attach: async (request) => {
      runningContainer(runtime, request.containerId);
      return { url: await streams.urlFor({ type: 'attach', request }) };
    },
    portForward: async (request) => {
      const { state, id } = runtime.sandbox(request.podSandboxId);
      if (state !== PodSandboxState.SANDBOX_READY) throw new RpcError('UNKNOWN', `sandbox container "${id}" is not running`);
      return { url: await streams.urlFor({ type: 'portForward', request }) };
    },
  };
};
