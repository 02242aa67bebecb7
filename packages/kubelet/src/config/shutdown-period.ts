/** How long pods of one range of priorities may take to end: from this priority up to the next period's. */
export interface ShutdownPeriod {
  readonly priority: number;
  readonly shutdownGracePeriodSeconds: number;
}
