import { humanDuration } from '@solo-kubelet/diagnostics/text';

/** How long ago an RFC 3339 time was, or `<unknown>`. */
export const ageOf = (time: string | undefined, nowMs: number): string => {
  const at = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? '<unknown>' : humanDuration(nowMs - at);
};
