import type { ContainerStatus } from '@solo-kubelet/cri-client';
import type { ObservedContainer } from '../core/observed-pod.js';
import type { ContainerExit } from '../runtime-port.js';
import { readTerminationFile, type TerminationMessageSource, terminationMessageSource } from './termination-message.js';

/** Killed by a signal that also comes when memory has run out: the runtime's record alone says which. */
const KILLED = 137;

/**
 * Ends of containers that the runtime's events tell before its records do: containerd's follow once what the container had has been taken down, some
 * 30 ms later. Code and time are those that the records will have, since they come from the same event.
 */
export interface ToldEnds {
  /** Takes in what a record says of a container: one that runs may end, and one that has ended is not told of any more. */
  note(status: ContainerStatus, container: ObservedContainer): void;
  /** The runtime told something of this container by which its end may be called another: its record has to say. */
  doubt(containerId: string): void;
  /** Undefined: not seen running, told before, or only its record can tell how it ended. */
  endOf(exit: ContainerExit, signal: AbortSignal): Promise<ObservedContainer | undefined>;
  /** The container as it was told, where its record says the same of it. */
  confirmed(container: ObservedContainer): ObservedContainer;
  readonly ids: Iterable<string>;
  forget(containerId: string): void;
}

interface Running {
  readonly container: ObservedContainer;
  readonly source: TerminationMessageSource;
}

export const createToldEnds = (): ToldEnds => {
  const running = new Map<string, Running>();
  const told = new Map<string, ObservedContainer>();
  return {
    note: (status, container) => {
      // With a reason while it runs: some of it has been killed for want of memory.
      if (container.state !== 'running' || container.reason !== '') running.delete(container.id);
      else if (!told.has(container.id)) running.set(container.id, { container, source: terminationMessageSource(status) });
    },
    doubt: (containerId) => {
      running.delete(containerId);
    },
    endOf: async ({ containerId, exitCode, finishedAtMs }, signal) => {
      const seen = running.get(containerId);
      if (seen === undefined || exitCode === KILLED) return undefined;
      const message = await readTerminationFile(seen.source, { signal });
      // Its log may not have been written to the end yet.
      const fallsBack = message === '' && exitCode !== 0 && seen.source.logPath !== '';
      if (fallsBack || running.get(containerId) !== seen) return undefined;
      running.delete(containerId);
      const reason = exitCode === 0 ? 'Completed' : 'Error';
      const ended: ObservedContainer = { ...seen.container, state: 'exited', exitCode, finishedAtMs, reason, message, endTold: true };
      told.set(containerId, ended);
      return ended;
    },
    confirmed: (container) => {
      const ended = told.get(container.id);
      if (ended === undefined || container.state === 'running') return container;
      told.delete(container.id);
      return sameEnd(ended, container) ? ended : container;
    },
    get ids() {
      return [...running.keys(), ...told.keys()];
    },
    forget: (containerId) => {
      running.delete(containerId);
      told.delete(containerId);
    },
  };
};

const sameEnd = (a: ObservedContainer, b: ObservedContainer): boolean =>
  a.state === b.state &&
  a.exitCode === b.exitCode &&
  a.reason === b.reason &&
  a.message === b.message &&
  a.startedAtMs === b.startedAtMs &&
  a.finishedAtMs === b.finishedAtMs;
