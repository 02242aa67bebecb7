import { uptime } from 'node:os';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { longTimeout, onAbort } from '@solo-kubelet/timers';
import { type EnteredProcess, enteredProcesses, startTicksOf } from './container-processes.js';

export interface HangUpOptions {
  readonly logger: Logger;
  /** Aborts when the server stops: nothing is hung up any more. */
  readonly signal: AbortSignal;
  /** Default: those of this machine. */
  readonly processes?: HangUpProcesses;
  /** Calls back once, ms from now; what it gives takes that back. Default: a timer that keeps no process awake. */
  readonly later?: (callback: () => void, delayMs: number) => () => void;
}

/** The processes of containers, as far as they are needed here. */
export interface HangUpProcesses {
  /** The start, in ticks, of a process that is started now. */
  nowTicks(): number;
  entered(containerId: string): Promise<readonly EnteredProcess[]>;
  /** SIGHUP, if it is still this process. */
  hangUp(process: EnteredProcess): Promise<void>;
}

/** What a client of exec asked for. */
export interface ExecRequest {
  readonly containerId: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  /** Commands that the kubelet runs in this container by itself: of its probes and hooks. */
  readonly others: readonly (readonly string[])[];
}

export interface ExecSession {
  /** The session is over; `left`: its client ended it, and its process may not have ended. */
  over(left: boolean): void;
}

/** Sessions whose processes nobody can tell from each other. */
interface Group {
  readonly containerId: string;
  readonly name: string;
  readonly tty: boolean;
  live: number;
  /** When each session began whose client left and whose process was not looked for yet, in ticks. */
  left: number[];
  cancel: () => void;
}

/** How long the process of a client that left may take to end by itself, as it does at the end of its input, ms. */
const GRACE_MS = 1_000;
/** USER_HZ: in what the kernel shows it is this on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
/** A runtime has started the process by then. */
const START_WITHIN_TICKS = 10 * TICKS_PER_SECOND;

/**
 * Hangs up on processes of `exec` whose client has left, as a terminal does and ssh does. Neither kubelet nor runtime do that
 * (kubernetes/kubernetes#89031, opencontainers/runc#3359): the shells of closed windows stay until their container ends, and a process whose
 * output nobody takes waits for ever. What is to go on is started with `nohup`.
 *
 * CRI does not tell which process a session has. It is found by what the kernel keeps of it: put into that container at that time, of that name, with a
 * terminal or without. Those of sessions that are alike are hung up on when none is left whose client is there, and only if there are no more of them than
 * clients that left. Where a probe or hook runs a program of that name, none is: nothing that somebody else runs is touched.
 */
export const createHangUps = ({ logger, signal, processes = ownProcesses, later = ownTimer }: HangUpOptions) => {
  const groups = new Map<string, Group>();
  onAbort(signal, () => {
    for (const { cancel } of groups.values()) cancel();
    groups.clear();
  });

  const hangUp = async ({ containerId, name, tty, left }: Group): Promise<void> => {
    const startedThen = ({ startTicks }: EnteredProcess): boolean =>
      left.some((ticks) => startTicks >= ticks && startTicks <= ticks + START_WITHIN_TICKS);
    const found = (await processes.entered(containerId)).filter((one) => one.name === name && one.hasTerminal === tty && startedThen(one));
    if (found.length === 0) return;
    if (found.length > left.length) {
      logger.debug({ containerId, found: found.length, left: left.length }, 'Not hung up: others run such a process');
      return;
    }
    for (const one of found) await processes.hangUp(one);
    logger.info({ containerId, pids: found.map(({ pid }) => pid) }, 'Hung up on processes whose exec clients have left');
  };

  return {
    begin: ({ containerId, command, tty, others }: ExecRequest): ExecSession => {
      const name = kernelName(command);
      // No probe has a terminal.
      if (!tty && others.some((other) => kernelName(other) === name)) return { over: () => {} };
      const key = JSON.stringify([containerId, name, tty]);
      const group: Group = groups.get(key) ?? { containerId, name, tty, live: 0, left: [], cancel: () => {} };
      groups.set(key, group);
      group.live += 1;
      group.cancel();
      const beganTicks = processes.nowTicks();
      let isOver = false;
      return {
        over: (left) => {
          if (isOver) return;
          isOver = true;
          group.live -= 1;
          if (left) group.left.push(beganTicks);
          if (group.live > 0 || signal.aborted) return;
          if (group.left.length === 0) return void groups.delete(key);
          group.cancel = later(() => {
            groups.delete(key);
            hangUp(group).catch((error: unknown) => logger.warn({ containerId, err: describeError(error) }, 'Cannot hang up'));
          }, GRACE_MS);
        },
      };
    },
  };
};
export type HangUps = ReturnType<typeof createHangUps>;

/** TASK_COMM_LEN, without the byte that ends it. */
const MAX_NAME_BYTES = 15;

/** What the kernel calls a process that runs a command: the name of its file, a script's own too, cut. */
const kernelName = ([program = '']: readonly string[]): string =>
  Buffer.from(program.slice(program.lastIndexOf('/') + 1))
    .subarray(0, MAX_NAME_BYTES)
    .toString();

const ownTimer = (callback: () => void, delayMs: number): (() => void) => longTimeout(callback, delayMs, { ref: false });

const ownProcesses: HangUpProcesses = {
  nowTicks: () => Math.floor(uptime() * TICKS_PER_SECOND),
  entered: enteredProcesses,
  hangUp: async ({ pid, startTicks }) => {
    if ((await startTicksOf(pid)) !== startTicks) return;
    try {
      process.kill(pid, 'SIGHUP');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  },
};
