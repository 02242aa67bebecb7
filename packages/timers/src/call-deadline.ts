/** Longest time limit that a gRPC call is given, ms: 24 days. */
const MAX_DEADLINE_MS = 24 * 86_400_000;

/**
 * The `deadline` option of a gRPC call that may take `timeoutMs`, Unix time in ms; undefined: none. A call that may take more than 24 days has none.
 * grpc-js (1.14) sets no timer of its own beyond 2^31 - 1 ms (24.8 days). As a server it counts limits in signed 32 bits of ms: one of 24.9 to 49.7 days
 * has passed when it arrives, a longer one comes out shorter. From 10^8 hours on, the eight digits of its header, it throws outside the call
 * (`Deadline is too far in the future`), which then never ends.
 */
export const callDeadline = (timeoutMs: number | undefined, nowMs: number = Date.now()): number | undefined =>
  timeoutMs === undefined || !(timeoutMs <= MAX_DEADLINE_MS) ? undefined : nowMs + Math.max(0, timeoutMs);
