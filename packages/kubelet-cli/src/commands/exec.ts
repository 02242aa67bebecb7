import { type RemoteCommandOptions, runRemoteCommand } from '@solo-kubelet/cri-client/streaming';
import { joinSignals } from '@solo-kubelet/timers';
import { CliError } from '../cli-error.js';
import { print } from '../cli-io.js';
import { findContainer } from '../client/find-pod.js';
import type { ContainerTarget, ExecFlags, StreamAddress } from '../client/node-client.js';
import { findMeantPod } from '../client/service-pod.js';
import { openRawTerminal } from '../streaming/terminal.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';

export interface ExecOptions {
  readonly pod: string;
  readonly container?: string;
  readonly namespace?: string;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** `exec POD [-c CONTAINER] [-i] [-t] -- COMMAND…`; resolves to the command's exit code. */
export const exec = async (options: ExecOptions, context: VerbContext): Promise<number> => {
  if (options.command.length === 0)
    throw new CliError({ code: 'CLI_USAGE', message: 'give a command after --', hint: 'kubelet-cli exec POD -- COMMAND [ARG…]' });
  const { client, signal, io } = context;
  const target = await targetOf(options, context);
  const tty = withTerminal(options, context);
  const flags: ExecFlags = { command: options.command, stdin: options.stdin, stdout: true, stderr: !tty, tty };
  return runSession(await client.exec(target, flags, { signal }), { stdin: options.stdin, tty }, { io, signal });
};

export interface AttachOptions {
  readonly pod: string;
  readonly container?: string;
  readonly namespace?: string;
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** `attach POD [-c CONTAINER] [-i] [-t]`; Ctrl-P Ctrl-Q leaves and lets the container run on. */
export const attach = async (options: AttachOptions, context: VerbContext): Promise<number> => {
  const { client, signal, io } = context;
  const target = await targetOf(options, context);
  const tty = withTerminal(options, context);
  const address = await client.attach(target, { stdin: options.stdin, stdout: true, stderr: !tty, tty }, { signal });
  return runSession(address, { stdin: options.stdin, tty, detachable: true }, { io, signal });
};

/** @throws CliError CLI_REFUSED for a pod that has ended, as kubectl */
const targetOf = async (
  { pod: name, container, namespace = DEFAULT_NAMESPACE }: Pick<ExecOptions, 'pod' | 'container' | 'namespace'>,
  { client, signal }: VerbContext,
): Promise<ContainerTarget> => {
  const { pod } = await findMeantPod(name, namespace, { client, signal });
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') {
    throw new CliError({
      code: 'CLI_REFUSED',
      message: `cannot exec into a container in a completed pod; current phase is ${phase}`,
      hint: `It is pod/${pod.metadata.name}.`,
    });
  }
  return { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name ?? '', container: findContainer(pod, container) };
};

/** A terminal was asked for and there is one. Without one the session goes on as a pipe, as kubectl does. */
const withTerminal = ({ tty }: { readonly tty: boolean }, { io }: VerbContext): boolean => {
  if (tty && io.stdin.isTTY !== true) print(io.stderr, 'Unable to use a TTY - input is not a terminal\n');
  return tty && io.stdin.isTTY === true;
};

interface SessionFlags {
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly detachable?: boolean;
}

const runSession = async (
  { endpoint, path }: StreamAddress,
  { stdin, tty, detachable = false }: SessionFlags,
  { io, signal }: Pick<VerbContext, 'io' | 'signal'>,
): Promise<number> => {
  const detached = new AbortController();
  using ending = joinSignals([signal, detached.signal]);
  using terminal = tty ? openRawTerminal(io.stdin, io.stdout, detachable ? { onDetach: () => detached.abort() } : {}) : undefined;
  const session: RemoteCommandOptions = {
    endpoint,
    path,
    ...(stdin ? { stdin: terminal?.input ?? io.stdin } : {}),
    stdout: io.stdout,
    ...(tty ? {} : { stderr: io.stderr }),
    tty,
    ...(terminal ? { sizes: terminal.sizes } : {}),
    signal: ending.signal,
  };
  const result = await runRemoteCommand(session);
  if (detached.signal.aborted) {
    print(io.stderr, 'detached; the container runs on\n');
    return 0;
  }
  if (result.type === 'exited') {
    if (result.code !== 0 && !tty) print(io.stderr, `command terminated with exit code ${result.code}\n`);
    return result.code;
  }
  throw new CliError({ code: 'CLI_REFUSED', message: result.message });
};
