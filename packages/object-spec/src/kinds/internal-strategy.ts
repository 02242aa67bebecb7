interface RollingUpdate {
  readonly maxUnavailable?: number | string;
  readonly maxSurge?: number | string;
}

/** A strategy of updates as upstream prints its own form of it. */
export const internalStrategy = (type = '', rollingUpdate?: RollingUpdate): object => ({
  Type: type,
  RollingUpdate:
    rollingUpdate === undefined ? null : { MaxUnavailable: rollingUpdate.maxUnavailable ?? 0, MaxSurge: rollingUpdate.maxSurge ?? 0 },
});
