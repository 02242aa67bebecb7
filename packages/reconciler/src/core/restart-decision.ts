import type { Container, Pod } from '@solo-kubelet/pod-spec';
import type { ObservedContainer } from './observed-pod.js';

/** Init container with `restartPolicy: Always`. */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

type Rule = NonNullable<Container['restartPolicyRules']>[number];

const ruleMatches = (rule: Rule, exitCode: number): boolean => {
  const { operator, values = [] } = rule.exitCodes ?? { operator: undefined };
  if (operator === 'In') return values.includes(exitCode);
  return operator === 'NotIn' && !values.includes(exitCode);
};

const matchingRule = (container: Container, exitCode: number): Rule | undefined =>
  container.restartPolicy === undefined ? undefined : container.restartPolicyRules?.find((rule) => ruleMatches(rule, exitCode));

const policyAllows = (policy: string | undefined, exitCode: number): boolean =>
  policy === 'OnFailure' ? exitCode !== 0 : policy !== 'Never';

/** The container's own restartPolicy, else the pod's. */
export const effectivePolicy = (pod: Pod, container: Container): string => container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';

/** Whether a container that ended with this code runs again: rules, then the container's policy, then the pod's. */
export const restartsAfterExit = (pod: Pod, container: Container, exitCode: number): boolean => {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return matchingRule(container, exitCode) !== undefined || policyAllows(effectivePolicy(pod, container), exitCode);
};

export const asksRestartOfAll = (container: Container, observed: ObservedContainer | undefined): boolean =>
  observed?.state === 'exited' && matchingRule(container, observed.exitCode)?.action === 'RestartAllContainers';

/** An init container that ended well; OOMKilled counts as failure even with exit code 0. */
export const initSucceeded = (observed: ObservedContainer): boolean =>
  observed.state === 'exited' && observed.exitCode === 0 && observed.reason !== 'OOMKilled';

/**
 * Whether the record alone says how a container ended: the runtime may tell of a process in it that was killed for want of memory after it has told of its end, and
 * what follows an init container that seemed to have ended well would have begun by then.
 */
export const isLeftToRecord = (pod: Pod | undefined, ended: ObservedContainer): boolean =>
  initSucceeded(ended) && pod?.spec.initContainers?.some((container) => container.name === ended.name && !isSidecar(container)) === true;

/** Whether a failed plain init container is tried again. An OOM kill that reports exit code 0 is a failure too. */
export const failedInitRestarts = (pod: Pod, container: Container, observed: ObservedContainer): boolean =>
  restartsAfterExit(pod, container, observed.exitCode === 0 ? 137 : observed.exitCode);
