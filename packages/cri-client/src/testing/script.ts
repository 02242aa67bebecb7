import type { ContainerConfig, ContainerStats, PodSandboxConfig } from '../gen/cri-v1.js';

/** How a container lives. Everything left out: it runs until stopped and ends at TERM with 143. */
export interface ContainerScript {
  /** Exits by itself after this long, ms. Default: never. */
  readonly runsForMs?: number;
  /** Exit code of an exit by itself. Default 0. */
  readonly exitCode?: number;
  /** The exit by itself is an out-of-memory kill: code 137, reason `OOMKilled`. Default false. */
  readonly oom?: boolean;
  /** `exit` ends at the stop signal; `ignore` waits for the kill; `hang` survives even that, until told to exit. Default `exit`. */
  readonly onStop?: 'exit' | 'ignore' | 'hang';
  /** From the stop signal to the exit, ms. Default 0. */
  readonly stopsAfterMs?: number;
  /** Exit code after the stop signal. Default 143. */
  readonly stopExitCode?: number;
  /** StartContainer fails with this message; the container then is EXITED with code 128 and reason `StartError`, as on containerd. */
  readonly startError?: string;
  /** How long StartContainer takes, ms. Default 0. */
  readonly startsAfterMs?: number;
  /** What it writes, by time since its start. A text without a final newline continues the line before. */
  readonly output?: readonly ScriptedOutput[];
  /** Laid over the figures that the fake makes up. */
  readonly stats?: Partial<ContainerStats>;
}

export interface ScriptedOutput {
  readonly atMs: number;
  /** Default `stdout`. */
  readonly stream?: 'stdout' | 'stderr';
  readonly text: string;
}

/** What a script may depend on. */
export interface ScriptSubject {
  readonly containerName: string;
  readonly podName: string;
  readonly namespace: string;
  readonly podUid: string;
  /** `metadata.attempt`: the restart count, as kubelets set it. */
  readonly attempt: number;
  readonly config: ContainerConfig;
  readonly sandboxConfig: PodSandboxConfig;
}

/** Called once for each container, when it is created. */
export type ContainerScripts = (subject: ScriptSubject) => ContainerScript;

export interface ExecCall {
  readonly containerId: string;
  readonly containerName: string;
  readonly podName: string;
  readonly cmd: readonly string[];
  /** Aborts when the time limit kills the command or the client gives up. */
  readonly signal: AbortSignal;
}

export interface ExecAnswer {
  readonly stdout?: string | Uint8Array;
  readonly stderr?: string | Uint8Array;
  /** Default 0. */
  readonly exitCode?: number;
  /** How long the command runs by the fake's clock, ms; `Infinity` until it is killed. Default 0. */
  readonly durationMs?: number;
}

/** Answers a command that a client runs in a container. */
export type ExecScript = (call: ExecCall) => ExecAnswer | Promise<ExecAnswer>;
