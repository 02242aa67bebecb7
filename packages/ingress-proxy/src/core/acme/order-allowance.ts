/** What is left of orders for certificates that are new, as it was counted last. */
export interface OrderAllowance {
  /** Orders that may begin at once, with the part of the next one. */
  readonly left: number;
  /** When that was, ms since 1970. */
  readonly atMs: number;
}

/**
 * At most so many at once, and one more with each half hour. Whoever may write Ingresses names hosts, and with them orders from the one account of the node: Let's
 * Encrypt takes 300 of an account in three hours, and would then give nobody of this node a certificate, nor renew one.
 */
const MOST = 100;
const ONE_MORE_MS = 1_800_000;

/** As it is by now. A clock that was set back gives nothing, and takes nothing away. */
const grown = (allowance: OrderAllowance | undefined, nowMs: number): OrderAllowance => {
  const { left, atMs } = allowance ?? { left: MOST, atMs: nowMs };
  return { left: Math.min(MOST, Math.max(0, left) + Math.max(0, nowMs - atMs) / ONE_MORE_MS), atMs: nowMs };
};

/** When the next order may begin, ms since 1970. */
export const nextOrderAtMs = (allowance: OrderAllowance | undefined, nowMs: number): number => {
  const { left } = grown(allowance, nowMs);
  return left >= 1 ? nowMs : nowMs + Math.ceil((1 - left) * ONE_MORE_MS);
};

/** What is left once one has begun. */
export const afterOrder = (allowance: OrderAllowance | undefined, nowMs: number): OrderAllowance => {
  const { left } = grown(allowance, nowMs);
  return { left: Math.max(0, left - 1), atMs: nowMs };
};
