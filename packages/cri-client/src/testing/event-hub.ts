import { onAbort } from '@solo-kubelet/timers';
import type { Envelope } from '../gen/containerd-events.js';
import type { ContainerEventResponse } from '../gen/cri-v1.js';

/** How GetContainerEvents behaves: like containerd 2 (`perClient`), containerd 1.7 (`shared`: subscribers split the events), CRI-O without
 * pod events (`immediateEof`), or containerd 1.6 (`unimplemented`). */
export type CriEventMode = 'perClient' | 'shared' | 'immediateEof' | 'unimplemented';

/** Undelivered events that a queue holds; the oldest go first. */
const QUEUE_LIMIT = 1_000;

interface Queue<T> {
  push(event: T): void;
  read(signal: AbortSignal): AsyncIterable<T>;
}

const createQueue = <T>(): Queue<T> => {
  const events: T[] = [];
  const readers: (() => void)[] = [];
  return {
    push: (event) => {
      events.push(event);
      if (events.length > QUEUE_LIMIT) events.shift();
      readers.shift()?.();
    },
    read: async function* (signal) {
      const wake = (): void => {
        for (const reader of readers.splice(0)) reader();
      };
      const release = onAbort(signal, wake);
      try {
        while (!signal.aborted) {
          const event = events.shift();
          if (event !== undefined) yield event;
          else await new Promise<void>((resolve) => readers.push(resolve));
        }
      } finally {
        release();
      }
    },
  };
};

/** Subscribers, each with a queue of its own. */
export interface Broadcast<T> {
  publish(event: T): void;
  subscribe(signal: AbortSignal): AsyncIterable<T>;
  readonly subscribers: number;
}

export const createBroadcast = <T>(): Broadcast<T> => {
  const queues = new Set<Queue<T>>();
  return {
    publish: (event) => {
      for (const queue of queues) queue.push(event);
    },
    subscribe: async function* (signal) {
      const queue = createQueue<T>();
      queues.add(queue);
      try {
        yield* queue.read(signal);
      } finally {
        queues.delete(queue);
      }
    },
    get subscribers() {
      return queues.size;
    },
  };
};

export interface EventHub {
  readonly containerd: Broadcast<Envelope>;
  publishCri(event: ContainerEventResponse): void;
  subscribeCri(mode: CriEventMode, signal: AbortSignal): AsyncIterable<ContainerEventResponse>;
  readonly criSubscribers: number;
}

export const createEventHub = (): EventHub => {
  const perClient = createBroadcast<ContainerEventResponse>();
  const shared = createQueue<ContainerEventResponse>();
  return {
    containerd: createBroadcast<Envelope>(),
    publishCri: (event) => {
      perClient.publish(event);
      shared.push(event);
    },
    subscribeCri: (mode, signal) => (mode === 'shared' ? shared.read(signal) : perClient.subscribe(signal)),
    get criSubscribers() {
      return perClient.subscribers;
    },
  };
};

/** Whether an event passes containerd's filters: or-ed, each a comma-separated and of `field==value` and `field~="pattern"`. */
export const passesFilters = (filters: readonly string[], event: Pick<Envelope, 'namespace' | 'topic'>): boolean =>
  filters.length === 0 || filters.some((filter) => conditionsOf(filter).every((condition) => condition(event)));

type Condition = (event: Pick<Envelope, 'namespace' | 'topic'>) => boolean;

const conditionsOf = (filter: string): readonly Condition[] =>
  [...filter.matchAll(/(namespace|topic)(==|!=|~=)("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, field, operator, value]) => {
    const wanted = (value ?? '').replace(/^"|"$/g, '');
    const pattern = operator === '~=' ? new RegExp(wanted) : undefined;
    return (event) => {
      const actual = field === 'namespace' ? event.namespace : event.topic;
      if (pattern !== undefined) return pattern.test(actual);
      return (actual === wanted) === (operator === '==');
    };
  });
