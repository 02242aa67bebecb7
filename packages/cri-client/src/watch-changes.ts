import { describeError, isAbort } from '@solo-kubelet/diagnostics';
import { checkDuration, checkInterval, delay } from '@solo-kubelet/timers';
import { nextBackoffMs } from '@solo-kubelet/timers/backoff';
import { containerdChange, containerdEventFilters } from './containerd-changes.js';
import { criEventChange } from './cri-event-changes.js';
import { type FollowFeedOptions, followFeed } from './follow-feed.js';
import type { EventsDefinition } from './gen/containerd-events.js';
import type { RuntimeServiceDefinition } from './gen/cri-v1.js';
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

/** How following ended. `began`: there was a `resync`. */
interface FollowedFeed {
  readonly supported: boolean;
  readonly began: boolean;
  readonly reason: string;
}

type Feed = FollowFeedOptions['feed'];

/**
 * Follows what changes in the runtime, for ever: subscribes, says `resync`, passes events on, and subscribes again after a break.
 * containerd's own events are preferred on containerd: 1.6 has no others, and 1.7 splits GetContainerEvents between its subscribers.
 */
export async function* watchChanges(
  { runtime, containerd }: Services,
  { signal, feed: wanted = 'auto', ...durations }: ChangesOptions = {},
): AsyncGenerator<PodChange, void> {
  const initialBackoffMs = checkInterval('initialBackoffMs', durations.initialBackoffMs, 100);
  const maxBackoffMs = checkInterval('maxBackoffMs', durations.maxBackoffMs, 3_000);
  const quickEndMs = checkDuration('quickEndMs', durations.quickEndMs, 1_000);
  const unsupportedRetryMs = checkInterval('unsupportedRetryMs', durations.unsupportedRetryMs, 300_000);
  const version = () => runtime.version({}, { signal });
  const subscriptions: Record<Feed, FollowFeedOptions['subscribe']> = {
    containerdEvents: (o) => mapped(containerd.subscribe({ filters: [...containerdEventFilters] }, o), containerdChange),
    criEvents: (o) => mapped(runtime.getContainerEvents({}, o), criEventChange),
  };

  /** Follows the first feed that the runtime has until it ends. */
  async function* followAny(feeds: readonly Feed[], reason: string): AsyncGenerator<PodChange, FollowedFeed> {
    let last = reason;
    for (const feed of feeds) {
      const ended = yield* followFeed({ feed, subscribe: subscriptions[feed], roundTrip: version, reason, quickEndMs, signal });
      if (!ended.unsupported) return { supported: true, began: ended.began, reason: ended.reason };
      last = ended.reason;
    }
    return { supported: false, began: false, reason: last };
  }

  const backoff = { initialMs: initialBackoffMs, maxMs: maxBackoffMs };
  let waitMs = 0;
  let reason = 'started';
  let offline = false;
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal });
  try {
    for (;;) {
      const startedAtMs = performance.now();
      try {
        const ended = yield* followAny(candidateFeeds(wanted, (await version()).runtimeName), reason);
        reason = ended.reason;
        if (ended.began || !ended.supported) offline = false;
        if (!ended.supported) {
          yield { type: 'resync', reason, feed: 'none' };
          await pause(unsupportedRetryMs);
          continue;
        }
      } catch (error) {
        if (signal?.aborted) return;
        reason = describeError(error);
      }
      if (signal?.aborted) return;
      if (!offline) yield { type: 'offline', reason };
      offline = true;
      // A feed that held for a while starts its back-off afresh.
      waitMs = nextBackoffMs(backoff, performance.now() - startedAtMs > maxBackoffMs ? 0 : waitMs);
      await pause(waitMs);
    }
  } catch (error) {
    if (!isAbort(error)) throw error;
  }
}

const candidateFeeds = (wanted: ChangeFeed | 'auto', runtimeName: string): readonly Feed[] => {
  if (wanted === 'none') return [];
  if (wanted !== 'auto') return [wanted];
  return runtimeName === 'containerd' ? ['containerdEvents', 'criEvents'] : ['criEvents'];
};

async function* mapped<T>(source: AsyncIterable<T>, change: (event: T) => PodChange | undefined): AsyncGenerator<PodChange | undefined> {
  for await (const event of source) yield change(event);
}
