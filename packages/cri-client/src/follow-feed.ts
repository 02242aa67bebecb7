import { describeError } from '@solo-kubelet/diagnostics';
import { onAbort } from '@solo-kubelet/timers';
import { CriError } from './cri-error.js';
import type { ChangeFeed, PodChange } from './pod-change.js';

export interface FollowFeedOptions {
  readonly feed: Exclude<ChangeFeed, 'none'>;
  /** Opens the subscription; undefined stands for an event of no interest. */
  readonly subscribe: (options: { readonly signal: AbortSignal }) => AsyncIterable<PodChange | undefined>;
  /** A call and its answer over the same connection. */
  readonly roundTrip: () => Promise<unknown>;
  /** What the `resync` says. */
  readonly reason: string;
  readonly quickEndMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Why a subscription ended, and whether the runtime does not have this feed at all. */
export interface FeedEnd {
  /** Whether it got as far as its `resync`. */
  readonly began: boolean;
  readonly unsupported: boolean;
  readonly reason: string;
}

/** One subscription from its start to its end: a `resync`, then the events. */
export async function* followFeed({
  feed,
  subscribe,
  roundTrip,
  reason,
  quickEndMs,
  signal,
}: FollowFeedOptions): AsyncGenerator<PodChange, FeedEnd> {
  const startedAtMs = performance.now();
  // A reader may leave while the next event is waited for: only an abort ends that wait.
  const subscription = new AbortController();
  const end = (): void => subscription.abort(signal?.reason);
  const release = onAbort(signal, end);
  const events = subscribe({ signal: subscription.signal })[Symbol.asyncIterator]();
  let received = 0;
  let began = false;
  try {
    // A runtime sends no headers before the first event. One call over the same connection tells that the subscription got there,
    // a second one that no refusal is on its way.
    let next = settled(events.next());
    const first = await Promise.race([
      next,
      roundTrip()
        .then(roundTrip)
        .then(() => undefined),
    ]);
    if (first === undefined || ('result' in first && !first.result.done)) {
      began = true;
      yield { type: 'resync', reason, feed };
    }
    for (;;) {
      const outcome = await next;
      if ('error' in outcome) throw outcome.error;
      if (outcome.result.done) break;
      received++;
      if (outcome.result.value !== undefined) yield outcome.result.value;
      next = settled(events.next());
    }
  } catch (error) {
    return { began, unsupported: CriError.is(error) && error.code === 'CRI_UNIMPLEMENTED', reason: describeError(error) };
  } finally {
    release();
    end();
  }
  const endedQuickly = received === 0 && performance.now() - startedAtMs < quickEndMs;
  return { began, unsupported: endedQuickly, reason: 'the runtime ended the stream of events' };
}

type Settled<T> = { readonly result: T } | { readonly error: unknown };

/** A promise that may wait without anybody looking at it. */
const settled = <T>(promise: Promise<T>): Promise<Settled<T>> =>
  promise.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
