import { ContainerState } from '@solo-kubelet/cri-types';
import { checkInterval, delay, joinSignals } from '@solo-kubelet/timers';
import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';
import type { CriClient } from './create-cri-client.js';
import { CriError } from './cri-error.js';
import type { Container, ContainerStatus } from './gen/cri-v1.js';
import type { ChangeFeed, PodChange } from './pod-change.js';
import type { ChangesOptions } from './watch-changes.js';

/**
 * A step in a container's life, whoever caused it. `container` is what the runtime lists of it; of a removed one, what it listed last. Times are
 * nanoseconds since 1970-01-01 UTC, by the runtime.
 */
export type ContainerStateChange =
  | { readonly type: 'created'; readonly container: Container; readonly createdAt: bigint }
  | { readonly type: 'started'; readonly container: Container; readonly startedAt: bigint }
  | {
      readonly type: 'exited';
      readonly container: Container;
      readonly exitCode: number;
      readonly finishedAt: bigint;
      /** The runtime's word: `Completed`, `Error`, `OOMKilled`, … */
      readonly reason: string;
      readonly message: string;
    }
  | { readonly type: 'removed'; readonly container: Container };

export interface ContainerStateChangesOptions extends ChangesOptions {
  /**
   * How often to list all containers while the runtime has no feed of changes, ms. Default 1000. With containerd's own events it is every 5 min; with
   * GetContainerEvents, a tenth as often: CRI-O's says nothing of containers that are removed with their sandbox.
   */
  readonly relistMs?: number;
}

const DEFAULT_RELIST_MS = 1_000;
const RELIST_WITH_CONTAINERD_MS = 300_000;
const RELISTS_SAVED_BY_CRI_EVENTS = 10;
/** An event comes before the runtime's records follow (some 40 ms on containerd 1.6): the pauses before listing again. */
const RECORDS_BACKOFF: ExponentialBackoff = { initialMs: 25, maxMs: Number.POSITIVE_INFINITY };
/** How often to list for one event: 3 s in all. It may be of a sandbox, for which no list of containers changes. */
const RECORDS_LOOKS = 7;

/** How far a container has come. */
const steps = ['created', 'started', 'exited', 'removed'] as const;
type Step = (typeof steps)[number];
const stepOfState: Readonly<Partial<Record<number, Step>>> = {
  [ContainerState.CONTAINER_CREATED]: 'created',
  [ContainerState.CONTAINER_RUNNING]: 'started',
  [ContainerState.CONTAINER_EXITED]: 'exited',
};
const stepOfChange: Readonly<Partial<Record<(PodChange & { type: 'podChanged' })['change'], Step>>> = {
  created: 'created',
  started: 'started',
  stopped: 'exited',
  deleted: 'removed',
};
const rankOf = (step: Step | undefined): number => (step === undefined ? -1 : steps.indexOf(step));

interface Known {
  readonly container: Container;
  readonly step: Step | undefined;
}

/** What an event announced and the runtime does not list yet. */
interface Announced {
  readonly step: Step;
  looks: number;
}

type Client = Pick<CriClient, 'runtime' | 'lists' | 'changes'>;

/**
 * Every step in the life of every container, for ever: those there at the start first. The steps of one container come in order and once each;
 * a container that went faster than it was looked at leaves out what can no longer be known. While the runtime is out of reach nothing is told, and
 * what happened meanwhile is told afterwards. Ends when the signal aborts, the reader stops or the client is closed.
 */
export async function* containerStateChanges(
  cri: Client,
  { signal, relistMs: givenRelistMs, ...options }: ContainerStateChangesOptions = {},
): AsyncGenerator<ContainerStateChange, void> {
  const relistMs = checkInterval('relistMs', givenRelistMs, DEFAULT_RELIST_MS);
  const ended = new AbortController();
  using joined = joinSignals([signal, ended.signal]);
  const known = new Map<string, Known>();
  const announced = new Map<string, Announced>();
  const changes = cri.changes({ ...options, signal: joined.signal })[Symbol.asyncIterator]();
  let feed: ChangeFeed | 'offline' = 'offline';
  let mustRelist = false;

  /** Lists one container or all, and tells what is new. */
  async function* look(id?: string): AsyncGenerator<ContainerStateChange> {
    const listed = await cri.lists.containers(id === undefined ? {} : { id }, { signal: joined.signal });
    for (const container of listed) yield* stepsTo(container);
    const present = new Set(listed.map((container) => container.id));
    for (const [gone, { container }] of id === undefined ? known : single(known, id)) {
      if (present.has(gone)) continue;
      known.delete(gone);
      yield { type: 'removed', container };
    }
  }

  async function* stepsTo(container: Container): AsyncGenerator<ContainerStateChange> {
    const before = rankOf(known.get(container.id)?.step);
    const listed = stepOfState[container.state];
    if (rankOf(listed) <= before) return;
    const status = listed === 'created' ? undefined : await statusOf(container.id);
    // Removed since it was listed: the next list tells.
    if (listed !== 'created' && status === undefined) return;
    // It may have ended since it was listed.
    const reached = rankOf(status === undefined ? listed : stepOfState[status.state]);
    for (const passed of steps.slice(before + 1, reached + 1)) {
      const change = changeOf(passed, container, status);
      known.set(container.id, { container, step: passed });
      if (change) yield change;
    }
  }

  const statusOf = async (containerId: string): Promise<ContainerStatus | undefined> => {
    try {
      return (await cri.runtime.containerStatus({ containerId }, { signal: joined.signal })).status;
    } catch (error) {
      if (CriError.is(error) && error.code === 'CRI_NOT_FOUND') return undefined;
      throw error;
    }
  };

  /** Looks, unless the runtime is out of reach now: then everything is listed later. */
  async function* lookIfThere(id?: string): AsyncGenerator<ContainerStateChange> {
    try {
      yield* look(id);
      if (id === undefined) mustRelist = false;
    } catch (error) {
      if (!CriError.is(error) || !error.retryable) throw error;
      mustRelist = true;
    }
  }

  async function* lookForAnnounced(id: string, { step, looks }: Announced): AsyncGenerator<ContainerStateChange> {
    yield* lookIfThere(id);
    const seen = known.get(id);
    const hasFollowed = step === 'removed' ? seen === undefined : seen !== undefined && rankOf(seen.step) >= rankOf(step);
    if (hasFollowed || looks + 1 >= RECORDS_LOOKS) announced.delete(id);
    else announced.set(id, { step, looks: looks + 1 });
  }

  const pauseMs = (): number => {
    if (announced.size > 0) return backoffMs(RECORDS_BACKOFF, Math.min(...[...announced.values()].map(({ looks }) => looks)));
    if (mustRelist || feed === 'none') return relistMs;
    return feed === 'criEvents' ? RELISTS_SAVED_BY_CRI_EVENTS * relistMs : RELIST_WITH_CONTAINERD_MS;
  };

  try {
    let next = changes.next();
    for (;;) {
      const result = await orAfter(next, pauseMs());
      if (result === undefined) {
        const waiting = [...announced];
        for (const [id, one] of waiting) yield* lookForAnnounced(id, one);
        if (waiting.length === 0) yield* lookIfThere();
        continue;
      }
      if (result.done) return;
      next = changes.next();
      const change = result.value;
      if (change.type === 'podChanged') {
        const step = stepOfChange[change.change];
        if (step !== undefined) yield* lookForAnnounced(change.containerId, { step, looks: 0 });
      } else if (change.type === 'resync') {
        feed = change.feed;
        yield* lookIfThere();
      }
    }
  } catch (error) {
    if (!joined.signal.aborted) throw error;
  } finally {
    ended.abort();
  }
}

const single = <K, V>(map: ReadonlyMap<K, V>, key: K): readonly (readonly [K, V])[] => {
  const value = map.get(key);
  return value === undefined ? [] : [[key, value]];
};

/** Undefined: the container never got there, as one that was created and ended without having run. */
const changeOf = (step: Step, container: Container, status: ContainerStatus | undefined): ContainerStateChange | undefined => {
  switch (step) {
    case 'created':
      return { type: 'created', container, createdAt: container.createdAt };
    case 'started':
      return status !== undefined && status.startedAt > 0n ? { type: 'started', container, startedAt: status.startedAt } : undefined;
    case 'exited': {
      if (status === undefined) return undefined;
      const { exitCode, finishedAt, reason, message } = status;
      return { type: 'exited', container, exitCode, finishedAt, reason, message };
    }
    case 'removed':
      return { type: 'removed', container };
  }
};

/** The value, or undefined when it has not come within the time. */
const orAfter = async <T>(value: Promise<T>, ms: number): Promise<T | undefined> => {
  const settled = new AbortController();
  const late = delay(ms, undefined, { signal: settled.signal }).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([value, late]);
  } finally {
    settled.abort();
  }
};
