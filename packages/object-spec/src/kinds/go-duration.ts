import { type GoDuration, readGoDuration } from '@solo-kubelet/diagnostics/text';
import { goQuote } from '@solo-kubelet/pod-spec/schema';

/** What is wrong with a duration such as `1h30m`, in the words of Go's time.ParseDuration; undefined if nothing. */
export const goDurationError = (text: string, duration: GoDuration = readGoDuration(text)): string | undefined => {
  if (duration.ok) return undefined;
  const quoted = `duration ${goQuote(text)}`;
  if (duration.problem === 'unknown unit') return `time: unknown unit ${goQuote(duration.unit)} in ${quoted}`;
  return duration.problem === 'missing unit' ? `time: missing unit in ${quoted}` : `time: invalid ${quoted}`;
};
