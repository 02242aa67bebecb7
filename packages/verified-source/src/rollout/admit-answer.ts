import { metaTime } from '@solo-kubelet/diagnostics/text';
import { matchesLabels, parseLabelSelector } from '@solo-kubelet/selectors';
import type { Admission, TrialLimits } from '../core/rollout/decide-rollout.js';
import {
  DEFAULT_MIN_READY_MS,
  DEFAULT_PROGRESS_DEADLINE_MS,
  type PublishedRollout,
  type SourceRollout,
} from '../core/rollout/rollout-policy.js';
import { windowState } from './maintenance-window.js';
import { nodeShare } from './node-share.js';

/** What decides on an answer beside the state of the rollout. */
export interface RolloutTerms {
  readonly published?: PublishedRollout;
  /** See `contentOf`. */
  readonly content: string;
}

export interface RolloutNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether a revision is for this node by what its publisher says. */
export const isSelected = ({ published, content }: RolloutTerms, { name, labels }: RolloutNode): boolean => {
  if (published === undefined) return true;
  const { percent, nodeSelector } = published;
  if (percent === undefined && nodeSelector === undefined) return true;
  if (nodeSelector !== undefined) {
    const read = parseLabelSelector(nodeSelector);
    if (read.ok && read.requirements !== null && matchesLabels(read.requirements, labels)) return true;
  }
  return percent !== undefined && nodeShare(name, content) < percent / 100;
};

/** Whether an answer may begin on a node now: it must be for the node, and in one of its windows. */
export const admitAnswer = (terms: RolloutTerms, policy: SourceRollout | undefined, node: RolloutNode, wallMs: number): Admission => {
  if (!isSelected(terms, node)) {
    const { percent, nodeSelector } = terms.published ?? {};
    const whom = [
      ...(nodeSelector === undefined ? [] : [`nodes with ${nodeSelector}`]),
      ...(percent === undefined ? [] : [`${percent} % of the nodes`]),
    ];
    return { open: false, reason: 'NotSelected', message: `it is for ${whom.join(' and ')} so far` };
  }
  const { open, untilMs } = windowState(policy?.windows ?? [], wallMs);
  if (open) return { open };
  const next = untilMs === undefined ? 'none comes within five years' : `the next one begins at ${metaTime(untilMs)}`;
  return { open, reason: 'OutsideWindow', message: `no maintenance window is open; ${next}`, ...(untilMs !== undefined && { untilMs }) };
};

/** How long the trial of an answer may take; undefined where neither the node nor the publisher asks for one. The publisher knows his Pods. */
export const trialLimits = ({ published }: RolloutTerms, policy: SourceRollout | undefined): TrialLimits | undefined =>
  published === undefined && policy === undefined
    ? undefined
    : {
        progressDeadlineMs: published?.progressDeadlineMs ?? policy?.progressDeadlineMs ?? DEFAULT_PROGRESS_DEADLINE_MS,
        minReadyMs: published?.minReadyMs ?? policy?.minReadyMs ?? DEFAULT_MIN_READY_MS,
      };
