import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCriClient } from '@solo-kubelet/cri-client';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { untilRecovered } from '@solo-kubelet/kubelet/runtime';
import { checkDuration, delay, joinSignals, longTimeout, timeoutSignal } from '@solo-kubelet/timers';
import { NodeError } from '../node-error.js';
import { type ContainerdBinaries, containerdVersion } from './binaries.js';
import { mayLowerOomScore } from './capabilities.js';
import { containerdConfig } from './containerd-config.js';
import type { ContainerdLayout } from './layout.js';
import { type CommandLine, endsWithLogin, inScope } from './own-scope.js';
import { podNetworkConfig } from './pod-network.js';
import { findDaemon } from './processes.js';
import { type CtrOptions, runCtr } from './run-ctr.js';
import { signalProcess } from './signal-process.js';

export interface StartContainerdOptions {
  readonly layout: ContainerdLayout;
  readonly binaries: ContainerdBinaries;
  /** IPv4 CIDR of the pods. */
  readonly subnet: string;
  readonly masquerade: boolean;
  readonly sandboxImage: string;
  /** Default: false (cgroupfs). */
  readonly systemdCgroup?: boolean;
  /** Whether to start it again when it ends by itself. Default: true. */
  readonly supervise?: boolean;
  /** Time until its socket answers, ms. Default: 30000. */
  readonly startTimeoutMs?: number;
  readonly logger?: Logger;
  readonly signal?: AbortSignal;
}

export interface PrivateContainerd extends AsyncDisposable {
  /** `unix://…`, as --container-runtime-endpoint takes it. */
  readonly endpoint: string;
  /** `major.minor`. */
  readonly version: string;
  /** Undefined while it is down. */
  readonly pid: number | undefined;
  /** Runs containerd's own client on the Kubernetes namespace and returns its output. */
  ctr(args: readonly string[], options?: CtrOptions): Promise<string>;
  /** Ends the daemon with this signal, as a crash would; a supervised one comes back by itself. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again after `kill` where it is not supervised. */
  start(): Promise<void>;
  /** Ends the daemon; containers run on. */
  stop(): Promise<void>;
}

/** Large images take a while to unpack. */
const CTR_TIMEOUT_MS = 600_000;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
/** Pause before a daemon that ended by itself is started again, ms. */
const RESTART_DELAY_MS = 500;

/** Writes the instance's configuration and starts it; returns when its socket answers. */
export const startContainerd = async (options: StartContainerdOptions): Promise<PrivateContainerd> => {
  const { layout, binaries, supervise = true, logger = silentLogger } = options;
  const version = await containerdVersion(binaries.containerd);
  await writeFiles(options, version);
  let child: ChildProcess | undefined;
  let stopping = false;

  const ctr = (args: readonly string[], options: CtrOptions = {}): Promise<string> =>
    runCtr(binaries.ctr, layout.socketPath, args, { ...options, timeoutMs: CTR_TIMEOUT_MS });

  const launch = async (): Promise<void> => {
    const log = await open(layout.logPath, 'a');
    const daemon: CommandLine = [binaries.containerd, '--config', layout.configPath];
    // Containers' shims are children of the daemon: all of them are to outlive the login that this is started from.
    const [program, ...args] = (await endsWithLogin()) ? inScope(`containerd of Solo Kubelet (${layout.directory})`, daemon) : daemon;
    const started = spawn(program, args, {
      detached: true, // its own process group: Ctrl-C in a terminal is for the kubelet to handle
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, PATH: `${binaries.shimDirectory}:${process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'}` },
    });
    const spawned = once(started, 'spawn'); // rejects on 'error'
    child = started;
    started.once('exit', (code, signal) => {
      child = undefined;
      if (stopping || !supervise) return;
      logger.warn({ code, signal, path: layout.logPath }, 'containerd ended by itself; starting it again');
      longTimeout(() => {
        if (!stopping) launch().catch((error: unknown) => logger.error({ err: error }, 'cannot start containerd again'));
      }, RESTART_DELAY_MS);
    });
    await spawned.finally(() => log.close());
  };

  const waitUntilReady = async (): Promise<void> => {
    const deadline = performance.now() + checkDuration('startTimeoutMs', options.startTimeoutMs, START_TIMEOUT_MS);
    for (;;) {
      options.signal?.throwIfAborted();
      const answer = await ctr(['version'], { signal: options.signal }).then(
        () => true,
        () => false,
      );
      if (answer) return afterRecovery(deadline);
      if (child === undefined || performance.now() > deadline) throw await startFailure(layout);
      await delay(50, undefined, { signal: options.signal });
    }
  };

  /** Its own client is answered before its CRI plugin knows the pods that an earlier run has left. */
  const afterRecovery = async (deadline: number): Promise<void> => {
    await using cri = createCriClient({ endpoint: `unix://${layout.socketPath}` });
    using limit = joinSignals([options.signal, timeoutSignal(Math.max(1, Math.ceil(deadline - performance.now())))]);
    await untilRecovered(cri, { signal: limit.signal });
  };

  const start = async (): Promise<void> => {
    stopping = false;
    await launch();
    await waitUntilReady();
  };

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    if (running === undefined) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    const inTime = longTimeout(() => running.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    inTime();
  };

  const stop = async (): Promise<void> => {
    stopping = true;
    await end('SIGTERM');
  };

  try {
    await endPredecessor(layout);
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    endpoint: `unix://${layout.socketPath}`,
    version,
    get pid() {
      return child?.pid;
    },
    ctr,
    kill: end,
    start,
    stop,
    [Symbol.asyncDispose]: stop,
  };
};

const writeFiles = async (options: StartContainerdOptions, version: string): Promise<void> => {
  const { layout, binaries, subnet, masquerade, sandboxImage, systemdCgroup = false } = options;
  const restrictOomScoreAdj = !mayLowerOomScore(await readFile('/proc/self/status', 'utf8'));
  for (const path of [layout.directory, layout.runDirectory, layout.cniConfigDirectory, layout.cniStateDirectory]) {
    await mkdir(path, { recursive: true, mode: 0o711 });
  }
  await writeFile(layout.configPath, containerdConfig({ layout, binaries, version, sandboxImage, restrictOomScoreAdj, systemdCgroup }));
  await writeFile(join(layout.cniConfigDirectory, '10-solo.conflist'), podNetworkConfig({ layout, subnet, masquerade }));
};

/** Ends a daemon on the same configuration that an earlier run, killed before it could clean up, has left running. */
const endPredecessor = async (layout: ContainerdLayout): Promise<void> => {
  for (const pid of await findDaemon(layout)) {
    signalProcess(pid, 'SIGTERM');
    for (const deadline = performance.now() + STOP_TIMEOUT_MS; performance.now() < deadline && (await findDaemon(layout)).includes(pid); )
      await delay(50);
  }
};

const startFailure = async (layout: ContainerdLayout): Promise<Error> => {
  const log = await readFile(layout.logPath, 'utf8').catch(() => '');
  const last = log
    .split('\n')
    .filter((line) => line !== '')
    .at(-1);
  return new NodeError({
    code: 'NODE_CONTAINERD_FAILED',
    message: `containerd did not start${last === undefined ? '' : `: ${last.slice(0, 500)}`}`,
    hint: `Its log is ${layout.logPath}.`,
  });
};
