/** Since when a condition has this status, ms, as far as it was asked for. The first answer holds since the kubelet started. */
export const conditionSince = (startedAtMs: number): ((status: boolean, nowMs: number) => number) => {
  let last: { readonly status: boolean; readonly sinceMs: number } | undefined;
  return (status, nowMs) => {
    if (last?.status !== status) last = { status, sinceMs: last === undefined ? startedAtMs : nowMs };
    return last.sinceMs;
  };
};
