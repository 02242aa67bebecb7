import { describeError } from '@solo-kubelet/diagnostics';
import { checkDuration, onAbort } from '@solo-kubelet/timers';
import { type ExponentialBackoff, nextBackoffMs } from '@solo-kubelet/timers/backoff';
import type { SchedulerLike } from 'rxjs';
import { RCODE } from '../core/dns-codes.js';
import type { Upstream } from '../core/parse-resolv-conf.js';
import type { Reply } from '../wire/read-reply.js';
import { type AskUpstream, questionBytes, type UpstreamQuestion } from './ask-upstream.js';
import { createReplyCache, type KeptReply } from './reply-cache.js';

export interface ForwarderOptions {
  readonly ask: AskUpstream;
  /** For probes of servers that are down, and for ages. */
  readonly scheduler: SchedulerLike;
  /** A server has gone or come back. */
  readonly report: (report: { readonly type: 'upstreamDown' | 'upstreamUp'; readonly server: string; readonly message: string }) => void;
  readonly signal: AbortSignal;
  /** Longest wait for one server, ms. Default 2 s. */
  readonly tryMs?: number;
  /** Longest wait for all of them, ms. Default 4.5 s, below the 5 s of clients. */
  readonly totalMs?: number;
  /** Questions that wait for other servers at one time. Default 1,000; of one client 100. */
  readonly maxInFlight?: number;
  readonly maxPerClient?: number;
}

/** What other servers say. `none`: nobody can be asked or nobody answered, and nothing is kept. */
export type Forwarded =
  | ({ readonly type: 'reply' } & KeptReply)
  | { readonly type: 'none'; readonly why: string }
  | { readonly type: 'tooMany' };

export interface Forwarder {
  /** At once where the cache has it, or where nobody can be asked. */
  forward(key: string, question: UpstreamQuestion, client: string): Forwarded | Promise<Forwarded>;
  /** Whom to ask from now on, in this order. */
  use(upstreams: readonly Upstream[]): void;
}

const DEFAULT_TRY_MS = 2_000;
const DEFAULT_TOTAL_MS = 4_500;
const DEFAULT_IN_FLIGHT = 1_000;
const DEFAULT_PER_CLIENT = 100;
/** As CoreDNS' forward: a server is down after two failures, and is asked again every half second; later ever more rarely. */
const DOWN_AFTER = 2;
const PROBE_BACKOFF: ExponentialBackoff = { initialMs: 500, maxMs: 5_000 };
const PROBE_QUESTION = questionBytes('.', 'NS');

interface Health {
  readonly upstream: Upstream;
  failures: number;
  probing: boolean;
}

/** Asks other servers one after the other, keeps what they say, and does not wait for those that are down. */
export const createForwarder = (options: ForwarderOptions): Forwarder => {
  const { ask, scheduler, report, signal } = options;
  const tryMs = checkDuration('tryMs', options.tryMs, DEFAULT_TRY_MS);
  const totalMs = checkDuration('totalMs', options.totalMs, DEFAULT_TOTAL_MS);
  const { maxInFlight = DEFAULT_IN_FLIGHT, maxPerClient = DEFAULT_PER_CLIENT } = options;
  const cache = createReplyCache({ now: () => scheduler.now() });
  const asking = new Map<string, Promise<Forwarded>>();
  const clients = new Map<string, number>();
  let servers: readonly Health[] = [];
  let waiting = 0;

  const probe = (health: Health, delayMs: number): void => {
    health.probing = true;
    let release = (): void => {};
    const timer = scheduler.schedule(() => {
      release();
      if (signal.aborted || !servers.includes(health)) return;
      const question = { question: PROBE_QUESTION, recursionDesired: true, checkingDisabled: false, dnssecOk: false };
      ask(health.upstream, question, { signal, timeoutMs: tryMs }).then(
        () => isUp(health),
        () => probe(health, nextBackoffMs(PROBE_BACKOFF, delayMs)),
      );
    }, delayMs);
    release = onAbort(signal, () => timer.unsubscribe());
  };
  const isUp = (health: Health): void => {
    const wasDown = health.failures >= DOWN_AFTER;
    health.failures = 0;
    health.probing = false;
    if (wasDown) report({ type: 'upstreamUp', server: nameOf(health.upstream), message: 'answers again' });
  };
  const hasFailed = (health: Health, error: unknown): void => {
    health.failures += 1;
    if (health.failures === DOWN_AFTER) report({ type: 'upstreamDown', server: nameOf(health.upstream), message: describeError(error) });
    if (!health.probing) probe(health, nextBackoffMs(PROBE_BACKOFF));
  };

  const askAll = async (key: string, question: UpstreamQuestion): Promise<Forwarded> => {
    const startedAtMs = scheduler.now();
    let why = servers.length === 0 ? 'no server is configured' : 'no server answers';
    let refused: Reply | undefined;
    for (const health of servers.filter(({ failures }) => failures < DOWN_AFTER)) {
      const left = totalMs - (scheduler.now() - startedAtMs);
      if (left <= 0 || signal.aborted) break;
      try {
        const reply = await ask(health.upstream, question, { signal, timeoutMs: Math.min(tryMs, left) });
        isUp(health);
        if (reply.rcode === RCODE.SERVFAIL || reply.rcode === RCODE.REFUSED || reply.rcode === RCODE.NOTIMP) {
          refused = reply;
          continue;
        }
        cache.put(key, reply);
        return { type: 'reply', reply, ageSeconds: 0, fresh: true };
      } catch (error) {
        why = describeError(error);
        hasFailed(health, error);
      }
    }
    const kept = cache.get(key);
    if (kept !== undefined) return { type: 'reply', ...kept };
    return refused === undefined ? { type: 'none', why } : { type: 'reply', reply: refused, ageSeconds: 0, fresh: true };
  };

  return {
    forward: (key, question, client) => {
      const kept = cache.get(key);
      if (kept?.fresh) return { type: 'reply', ...kept };
      if (servers.every(({ failures }) => failures >= DOWN_AFTER)) {
        return kept === undefined
          ? { type: 'none', why: servers.length === 0 ? 'no server is configured' : 'no server answers' }
          : { type: 'reply', ...kept };
      }
      const known = asking.get(key);
      const ofClient = clients.get(client) ?? 0;
      if (ofClient >= maxPerClient || waiting >= maxInFlight) return { type: 'tooMany' };
      waiting += 1;
      clients.set(client, ofClient + 1);
      const answer = known ?? askAll(key, question).finally(() => asking.delete(key));
      asking.set(key, answer);
      return answer.finally(() => {
        waiting -= 1;
        const left = (clients.get(client) ?? 1) - 1;
        if (left > 0) clients.set(client, left);
        else clients.delete(client);
      });
    },
    use: (upstreams) => {
      servers = upstreams.map(
        (upstream) => servers.find((known) => nameOf(known.upstream) === nameOf(upstream)) ?? { upstream, failures: 0, probing: false },
      );
    },
  };
};

/** A server as it is written. */
export const nameOf = ({ address, port }: Upstream): string =>
  port === 53 ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
