import { setTimeout as delay } from 'node:timers/promises';
import { describeError, isAbort } from '@solo-kubelet/diagnostics';
import { containerdChange, containerdEventFilters } from './containerd-changes.js';
import { CriError } from './cri-error.js';
import { criEventChange } from './cri-event-changes.js';
import type { EventsDefinition } from './gen/containerd-events.js';
import type { RuntimeServiceDefinition } from './gen/cri-v1.js';
import { onAbort } from './on-abort.js';
import type { ChangeFeed, PodChange } from './pod-change.js';
import type { ServiceClient } from './service-client.js';

export interface ChangesOptions {
  /** Ends the stream; it then completes without an error. */
  readonly signal?: AbortSignal;
  /** Use this feed and no other. Default `auto`: containerd's events on containerd, else GetContainerEvents, else none. */
  readonly feed?: ChangeFeed | 'auto';
  /** First pause before subscribing again after a break, ms; it doubles up to `maxBackoffMs`. Default 100. */
  readonly initialBackoffMs?: number;
  /** Default 3000 ms. */
  readonly maxBackoffMs?: number;
  /** A stream of events that ends cleanly within this time without having sent one means: not supported (CRI-O does so). Default 1000 ms. */
  readonly quickEndMs?: number;
  /** How long to go without a feed before asking anew: the runtime may have been upgraded or reconfigured. Default 5 min. */
  readonly unsupportedRetryMs?: number;
}

interface Services {
  readonly runtime: ServiceClient<typeof RuntimeServiceDefinition>;
  readonly containerd: ServiceClient<typeof EventsDefinition>;
}

type Abortable = { readonly signal: AbortSignal };

type Ended = { readonly unsupported: boolean; readonly reason: string };

/**
 * Follows what changes in the runtime, for ever: subscribes, says `resync`, passes events on, and subscribes again after a break.
 * containerd's own events are preferred on containerd: 1.6 has no others, and 1.7 splits GetContainerEvents between its subscribers.
 */
export async function* watchChanges(
  { runtime, containerd }: Services,
  {
    signal,
    feed: wanted = 'auto',
    initialBackoffMs = 100,
    maxBackoffMs = 3_000,
    quickEndMs = 1_000,
    unsupportedRetryMs = 300_000,
  }: ChangesOptions = {},
): AsyncGenerator<PodChange, void> {
  const feeds: Record<Exclude<ChangeFeed, 'none'>, (options: Abortable) => AsyncIterable<PodChange | undefined>> = {
    containerdEvents: (o) => mapped(containerd.subscribe({ filters: [...containerdEventFilters] }, o), containerdChange),
    criEvents: (o) => mapped(runtime.getContainerEvents({}, o), criEventChange),
  };

  /** One subscription from its start to its end. */
  async function* follow(feed: Exclude<ChangeFeed, 'none'>, reason: string): AsyncGenerator<PodChange, Ended> {
    const startedAtMs = performance.now();
    // A reader may leave while the next event is waited for: only an abort ends that wait.
    const subscription = new AbortController();
    const end = (): void => subscription.abort(signal?.reason);
    const release = onAbort(signal, end);
    const events = feeds[feed]({ signal: subscription.signal })[Symbol.asyncIterator]();
    let received = 0;
    try {
      // A runtime sends no headers before the first event. A second call over the same connection tells that the subscription got there.
      let next = settled(events.next());
      const first = await Promise.race([next, runtime.version({}, { signal }).then(() => undefined)]);
      if (first === undefined || ('result' in first && !first.result.done)) yield { type: 'resync', reason, feed };
      for (;;) {
        const outcome = await next;
        if ('error' in outcome) throw outcome.error;
        if (outcome.result.done) break;
        received++;
        if (outcome.result.value !== undefined) yield outcome.result.value;
        next = settled(events.next());
      }
    } catch (error) {
      if (CriError.is(error) && error.code === 'CRI_UNIMPLEMENTED') return { unsupported: true, reason: describeError(error) };
      return { unsupported: false, reason: describeError(error) };
    } finally {
      release();
      end();
    }
    const quickEnd = received === 0 && performance.now() - startedAtMs < quickEndMs;
    return { unsupported: quickEnd, reason: 'the runtime ended the stream of events' };
  }

  let backoffMs = initialBackoffMs;
  let reason = 'started';
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal, ref: true });
  try {
    for (;;) {
      signal?.throwIfAborted();
      const name = await runtime.version({}, { signal }).then(
        (version) => version.runtimeName,
        (error: unknown) => {
          reason = describeError(error);
          return undefined;
        },
      );
      if (name !== undefined) {
        const candidates = candidateFeeds(wanted, name);
        let supported = false;
        for (const feed of candidates) {
          const startedAtMs = performance.now();
          const ended = yield* follow(feed, reason);
          reason = ended.reason;
          if (ended.unsupported) continue;
          supported = true;
          // A feed that held for a while starts its back-off afresh.
          if (performance.now() - startedAtMs > maxBackoffMs) backoffMs = initialBackoffMs;
          break;
        }
        if (!supported) {
          yield { type: 'resync', reason: candidates.length === 0 ? 'no feed wanted' : reason, feed: 'none' };
          await pause(unsupportedRetryMs);
          continue;
        }
      }
      await pause(backoffMs);
      backoffMs = Math.min(backoffMs * 2, maxBackoffMs);
    }
  } catch (error) {
    if (signal?.aborted || isAbort(error)) return;
    throw error;
  }
}

const candidateFeeds = (wanted: ChangeFeed | 'auto', runtimeName: string): readonly Exclude<ChangeFeed, 'none'>[] => {
  if (wanted === 'none') return [];
  if (wanted !== 'auto') return [wanted];
  return runtimeName === 'containerd' ? ['containerdEvents', 'criEvents'] : ['criEvents'];
};

async function* mapped<T>(source: AsyncIterable<T>, change: (event: T) => PodChange | undefined): AsyncGenerator<PodChange | undefined> {
  for await (const event of source) yield change(event);
}

type Settled<T> = { readonly result: T } | { readonly error: unknown };

const settled = <T>(promise: Promise<T>): Promise<Settled<T>> =>
  promise.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
