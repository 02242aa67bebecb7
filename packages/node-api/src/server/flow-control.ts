import { performance } from 'node:perf_hooks';
import { longTimeout } from '@solo-kubelet/timers';

export interface FlowControlOptions {
  /** How much of the time since it was last asked the kubelet's thread was at work, 0 to 1. Default: of this process' event loop. */
  readonly utilization?: () => number;
  /** A steady clock, ms. Default: `performance.now`. */
  readonly now?: () => number;
  /**
   * So many requests are started each second however busy the thread is. Default 16: as many as an administrator with some windows makes.
   */
  readonly leastPerSecond?: number;
  /** Calls back after so many ms. Default: `longTimeout`. */
  readonly later?: (work: () => void, ms: number) => void;
}

export interface FlowControl {
  /**
   * Starts a request at once, or when its turn comes. Never throws what `start` throws later on.
   * @param peer whose request it is: those of one peer are started in order, peers in turns
   * @param cost how many ordinary requests it is worth
   * @returns takes a request back that has not been started; undefined where so many wait already that it is not taken in
   */
  admit(peer: string, cost: number, start: () => void): (() => void) | undefined;
  /** Requests that wait. */
  readonly waiting: number;
}

/** The thread is busy when it works more than this part of the time: the rest is for Pods. */
const BUSY = 0.5;
/** How long utilization is measured before anything is concluded from it, ms. */
const WINDOW_MS = 100;
/** How often a turn comes while requests wait, ms. */
const TURN_MS = 20;
const DEFAULT_LEAST_PER_SECOND = 16;
/** More than a kubelet can answer: who is allowed that many waits for nothing. */
const MOST_PER_SECOND = 2_000;
/** Requests that may wait: each holds a connection, of which a listener has 1,024. One of a peer of which none waits is always taken in. */
const MAX_WAITING = 512;
/** So many at once after a quiet while. */
const BURST = 32;
const SLOWER = 0.7;
const FASTER = 1.3;

interface Waiting {
  readonly cost: number;
  readonly start: () => void;
}

/**
 * Keeps requests from taking the thread that starts, probes and ends Pods. While it has time, every request is started at once; once it
 * is busy, requests are started at a rate that falls until it is not, and peers take turns. The real kubelet needs nothing like it, since
 * Go spreads over threads; what this follows is the API server's priority and fairness (docs/decisions/322).
 */
export const createFlowControl = (options: FlowControlOptions = {}): FlowControl => {
  const {
    utilization = eventLoopUtilization(),
    now = () => performance.now(),
    later = setTimer,
    leastPerSecond = DEFAULT_LEAST_PER_SECOND,
  } = options;
  /** In the order in which their turns come. */
  const queues = new Map<string, Waiting[]>();
  let waiting = 0;
  let perSecond = MOST_PER_SECOND;
  let tokens = BURST;
  let refilledMs = now();
  let measuredMs = now();
  let startedCost = 0;
  let turnIsDue = false;

  /** Measures at most once per window; the rate is brought down from what was really started, and up until it no longer limits. */
  const measure = (nowMs: number): void => {
    const tookMs = nowMs - measuredMs;
    if (tookMs < WINDOW_MS) return;
    const started = (startedCost * 1_000) / tookMs;
    if (utilization() > BUSY) perSecond = Math.max(leastPerSecond, SLOWER * Math.min(perSecond, Math.max(started, leastPerSecond)));
    else perSecond = Math.min(MOST_PER_SECOND, FASTER ** (tookMs / WINDOW_MS) * perSecond);
    measuredMs = nowMs;
    startedCost = 0;
  };
  const refill = (): void => {
    const nowMs = now();
    measure(nowMs);
    tokens = Math.min(BURST, tokens + (perSecond * (nowMs - refilledMs)) / 1_000);
    refilledMs = nowMs;
  };
  const isLimited = (): boolean => perSecond < MOST_PER_SECOND && tokens <= 0;
  /** What costs more than there is is started, too, and paid off by those after it. */
  const begin = ({ cost, start }: Waiting): void => {
    tokens -= cost;
    startedCost += cost;
    start();
  };
  const takeTurns = (): void => {
    turnIsDue = false;
    refill();
    while (waiting > 0 && !isLimited()) {
      const [peer, queue] = queues.entries().next().value!;
      queues.delete(peer);
      const next = queue.shift()!;
      if (queue.length > 0) queues.set(peer, queue);
      waiting -= 1;
      begin(next);
    }
    awaitTurn();
  };
  const awaitTurn = (): void => {
    if (turnIsDue || waiting === 0) return;
    turnIsDue = true;
    later(takeTurns, TURN_MS);
  };

  return {
    admit: (peer, cost, start) => {
      refill();
      const mine: Waiting = { cost, start };
      if (waiting === 0 && !isLimited()) {
        begin(mine);
        return () => {};
      }
      const queue = queues.get(peer) ?? [];
      if (waiting >= MAX_WAITING && queue.length > 0) return undefined;
      queue.push(mine);
      queues.set(peer, queue);
      waiting += 1;
      awaitTurn();
      return () => {
        const index = queue.indexOf(mine);
        if (index < 0) return;
        queue.splice(index, 1);
        waiting -= 1;
        if (queue.length === 0 && queues.get(peer) === queue) queues.delete(peer);
      };
    },
    get waiting() {
      return waiting;
    },
  };
};

const setTimer = (work: () => void, ms: number): void => void longTimeout(work, ms);

const eventLoopUtilization = (): (() => number) => {
  let last = performance.eventLoopUtilization();
  return () => {
    const current = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(current, last);
    last = current;
    return utilization;
  };
};
