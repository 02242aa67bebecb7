import { parseGoDuration } from '@solo-kubelet/diagnostics/text';
import { parseLabelSelector } from '@solo-kubelet/selectors';
import type { PublishedRollout } from '../core/rollout/rollout-policy.js';

/** `spec.rollout` of a `SourceRevision`, or what is wrong with it. */
export const readPublishedRollout = (value: unknown): PublishedRollout | string => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'spec.rollout: want a mapping';
  const { percent, nodeSelector, progressDeadline, minReady, ...rest } = value as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return `spec.rollout.${unknown}: there is no such field`;
  if (percent !== undefined && !(typeof percent === 'number' && percent >= 0 && percent <= 100))
    return 'spec.rollout.percent: want a number from 0 to 100';
  if (nodeSelector !== undefined) {
    const read = typeof nodeSelector === 'string' ? parseLabelSelector(nodeSelector) : { ok: false as const, error: 'want a text' };
    // An empty one would match every node there is.
    if (!read.ok || nodeSelector === '')
      return `spec.rollout.nodeSelector: want a label selector such as canary=true${read.ok ? '' : `: ${read.error}`}`;
  }
  const progressDeadlineMs = readTrialTime(progressDeadline);
  if (progressDeadline !== undefined && progressDeadlineMs === undefined) return `spec.rollout.progressDeadline: want ${TRIAL_TIME}`;
  const minReadyMs = readTrialTime(minReady);
  if (minReady !== undefined && minReadyMs === undefined) return `spec.rollout.minReady: want ${TRIAL_TIME}`;
  return {
    ...(percent !== undefined && { percent: percent as number }),
    ...(nodeSelector !== undefined && { nodeSelector: nodeSelector as string }),
    ...(progressDeadlineMs !== undefined && { progressDeadlineMs }),
    ...(minReadyMs !== undefined && { minReadyMs }),
  };
};

/** What a time of a trial may be. */
export const TRIAL_TIME = 'a duration from 5s to 168h, such as 10m';
const MIN_TRIAL_MS = 5_000;
const MAX_TRIAL_MS = 7 * 86_400_000;

export const readTrialTime = (value: unknown): number | undefined => {
  const ms = typeof value === 'string' ? parseGoDuration(value) : undefined;
  return ms !== undefined && ms >= MIN_TRIAL_MS && ms <= MAX_TRIAL_MS ? ms : undefined;
};
