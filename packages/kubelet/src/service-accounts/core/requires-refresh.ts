/** A token's life by the machine's clock, which its users judge it by, ms. */
export interface TokenLife {
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

const MAX_AGE_MS = 24 * 60 * 60_000;
const MAX_JITTER_MS = 10_000;

/**
 * Whether a token is to be replaced: after 80 % of its life or 24 h (pkg/kubelet/token requiresRefresh), or when the clock was set to before it.
 * `random`: from 0 to 1, so that not all are replaced at one moment.
 */
export const requiresRefresh = ({ issuedAtMs, expiresAtMs }: TokenLife, nowMs: number, random: number): boolean => {
  const dueMs = expiresAtMs - (expiresAtMs - issuedAtMs) * 0.2 - random * MAX_JITTER_MS;
  return nowMs > issuedAtMs + MAX_AGE_MS || nowMs > dueMs || nowMs < issuedAtMs;
};
