import type { Reply } from '../wire/read-reply.js';

export interface ReplyCacheOptions {
  /** Ms by a clock that does not jump. */
  readonly now: () => number;
  /** Default 2,000. */
  readonly maxEntries?: number;
  /** Default 2 MiB. */
  readonly maxBytes?: number;
}

/** A reply that is kept, with its age. `fresh`: it still counts; else it only serves while nothing newer can be had. */
export interface KeptReply {
  readonly reply: Reply;
  readonly ageSeconds: number;
  readonly fresh: boolean;
}

export interface ReplyCache {
  get(key: string): KeptReply | undefined;
  put(key: string, reply: Reply): void;
  clear(): void;
  size(): number;
}

const DEFAULT_ENTRIES = 2_000;
const DEFAULT_BYTES = 2 * 1024 * 1024;
/** As CoreDNS' cache: an hour at most, half of it for what does not exist, and never less than 5 s. */
const MAX_SECONDS = 3_600;
const MAX_NEGATIVE_SECONDS = 1_800;
const MIN_SECONDS = 5;
/** What is out of date serves for as long while no server answers. */
const STALE_SECONDS = 3_600;

/** Replies of other servers; what was used longest ago goes first. */
export const createReplyCache = ({ now, maxEntries = DEFAULT_ENTRIES, maxBytes = DEFAULT_BYTES }: ReplyCacheOptions): ReplyCache => {
  const kept = new Map<string, { readonly reply: Reply; readonly atMs: number; readonly seconds: number }>();
  let bytes = 0;
  const drop = (key: string): void => {
    bytes -= kept.get(key)?.reply.bytes.length ?? 0;
    kept.delete(key);
  };
  return {
    get: (key) => {
      const entry = kept.get(key);
      if (entry === undefined) return undefined;
      const ageSeconds = (now() - entry.atMs) / 1_000;
      if (ageSeconds > entry.seconds + STALE_SECONDS) {
        drop(key);
        return undefined;
      }
      kept.delete(key);
      kept.set(key, entry);
      return { reply: entry.reply, ageSeconds, fresh: ageSeconds < entry.seconds };
    },
    put: (key, reply) => {
      if (reply.ttl === undefined) return;
      drop(key);
      const longest = reply.rcode === 0 && reply.answered ? MAX_SECONDS : MAX_NEGATIVE_SECONDS;
      kept.set(key, { reply, atMs: now(), seconds: Math.min(Math.max(reply.ttl, MIN_SECONDS), longest) });
      bytes += reply.bytes.length;
      for (const oldest of kept.keys()) {
        if (kept.size <= maxEntries && bytes <= maxBytes) break;
        drop(oldest);
      }
    },
    clear: () => {
      kept.clear();
      bytes = 0;
    },
    size: () => kept.size,
  };
};
