import { matchesLabels } from '@solo-kubelet/selectors';
import type { EndpointPod } from './endpoint-pod.js';
import { isPeer, type PolicySet } from './network-policy.js';

/** Pods that differ, beyond which it is no dearer to make all rules anew. */
const MOST_COMPARED = 100;

/**
 * Whether policies come to the same rules for both lists: they are told neither which Pods are ready nor which are being ended, and labels are nothing to them
 * that no selector of theirs tells apart.
 */
export const isSameForPolicies = (set: PolicySet, before: readonly EndpointPod[], after: readonly EndpointPod[]): boolean => {
  if (before === after) return true;
  if (before.length !== after.length) return false;
  let left = MOST_COMPARED;
  return before.every((old, i) => {
    const pod = after[i]!;
    if (pod === old || endOf(pod) === endOf(old)) return true;
    left -= 1;
    return left >= 0 && placeOf(pod) === placeOf(old) && selectionOf(set, pod) === selectionOf(set, old);
  });
};

const placeOf = ({ namespace, ips, hostNetwork, ports }: EndpointPod): string => JSON.stringify([namespace, ips, hostNetwork, ports]);

const endOf = (pod: EndpointPod): string => `${placeOf(pod)} ${JSON.stringify(pod.labels)}`;

/** Which of all selectors of the policies find a Pod. */
const selectionOf = ({ policies, namespaces }: PolicySet, pod: EndpointPod): string => {
  let found = '';
  for (const { namespace, pods, rules } of policies) {
    found += namespace === pod.namespace && matchesLabels(pods, pod.labels) ? '1' : '0';
    for (const { peers } of rules) for (const peer of peers) found += isPeer(peer, pod, namespaces) ? '1' : '0';
  }
  return found;
};
