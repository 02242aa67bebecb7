/** As client-go's EventSourceObjectSpamFilter (tools/record/events_cache.go): how many events about one object at once, and how often one more. */
const BURST = 25;
const REFILL_MS = 300_000;

/** What is left of the events that may be told about one object. */
export interface EventAllowance {
  readonly left: number;
  /** By the steady clock, ms. */
  readonly atMs: number;
}

/** Whether one more event may be told now, and what is left then. Undefined: nothing was told yet. */
export const takeEvent = (known: EventAllowance | undefined, nowMs: number): EventAllowance & { readonly allowed: boolean } => {
  const grown = known === undefined ? BURST : Math.min(BURST, known.left + Math.max(0, nowMs - known.atMs) / REFILL_MS);
  const allowed = grown >= 1;
  return { left: allowed ? grown - 1 : grown, atMs: nowMs, allowed };
};
