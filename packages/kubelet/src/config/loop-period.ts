/** Shortest time between two turns of what the kubelet does over and over, ms. */
const SHORTEST_PERIOD_MS = 10;

/**
 * The configured period of a loop, ms, but never so short that the kubelet would do nothing else. Upstream takes `1ns`, 0 and negative times at their
 * word and spins.
 */
export const loopPeriodMs = (configuredMs: number): number => Math.max(configuredMs, SHORTEST_PERIOD_MS);
