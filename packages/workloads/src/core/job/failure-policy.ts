import type { ContainerStatus } from '@solo-kubelet/pod-spec';
import type { ObservedPod } from '../pod-state.js';
import type { PodFailurePolicy, PodFailurePolicyRule } from './job-spec.js';

export interface FailureMatch {
  /** What the first rule that matches says; undefined if none does. */
  readonly action?: PodFailurePolicyRule['action'];
  /** Whether the failure counts towards the back-off limits. */
  readonly counted: boolean;
  /** Why the Job fails, with FailJob. */
  readonly message?: string;
}

/** What a Job's failure policy makes of a failed Pod (pod_failure_policy.go). */
export const matchFailurePolicy = (policy: PodFailurePolicy | null | undefined, pod: ObservedPod): FailureMatch => {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const cause = causeOf(rule, pod);
    if (cause === undefined) continue;
    if (rule.action === 'Ignore') return { action: 'Ignore', counted: false };
    if (rule.action !== 'FailJob') return { action: rule.action, counted: true };
    return { action: 'FailJob', counted: true, message: `${cause} matching FailJob rule at index ${index}` };
  }
  return { counted: true };
};

const causeOf = ({ onExitCodes, onPodConditions }: PodFailurePolicyRule, { metadata, status }: ObservedPod): string | undefined => {
  const pod = `${metadata.namespace ?? ''}/${metadata.name}`;
  if (onExitCodes) {
    const container = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find((candidate) =>
      matchesExitCode(onExitCodes, candidate),
    );
    return container && `Container ${container.name} for pod ${pod} failed with exit code ${container.state?.terminated?.exitCode}`;
  }
  const condition = status?.conditions?.find(({ type, status: holds }) =>
    onPodConditions?.some((pattern) => pattern.type === type && pattern.status === holds),
  );
  return condition && `Pod ${pod} has condition ${condition.type}`;
};

/** A container that ended well matches nothing. */
const matchesExitCode = (
  { containerName, operator, values }: NonNullable<PodFailurePolicyRule['onExitCodes']>,
  { name, state }: ContainerStatus,
): boolean => {
  const exitCode = state?.terminated?.exitCode ?? 0;
  if (exitCode === 0 || (containerName !== undefined && containerName !== null && containerName !== name)) return false;
  return operator === 'In' ? values.includes(exitCode) : operator === 'NotIn' && !values.includes(exitCode);
};
