/** Longest time limit that a gRPC call is given, ms: 24 days. */
const MAX_DEADLINE_MS = 24 * 86_400_000;

/**
 * The `deadline` option of a gRPC call that may take `timeoutMs`, Unix time in ms; undefined: none. A call that may take more than 24 days has none:
 * grpc-js throws, outside the call, for a limit that does not fit its header, ends no call by itself after more than 24.8 days, and as a server takes
 * such a limit for one that has passed.
 */
export const callDeadline = (timeoutMs: number | undefined, nowMs: number = Date.now()): number | undefined =>
  timeoutMs === undefined || !(timeoutMs <= MAX_DEADLINE_MS) ? undefined : nowMs + Math.max(0, timeoutMs);
