import type { NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '@solo-kubelet/pod-spec';
import type { AdmissionCheck } from './admission-check.js';
import type { NodeAdmissionFacts } from './node-admission-facts.js';

const holds = ({ key, operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean => {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt':
      return compares(operator, value, values[0]);
    default:
      throw new Error(`node selector operator of ${key} was not validated`);
  }
};

const compares = (operator: 'Gt' | 'Lt', value: string | undefined, bound: string | undefined): boolean => {
  if (value === undefined || bound === undefined || !/^[+-]?\d+$/.test(value) || !/^[+-]?\d+$/.test(bound)) return false;
  return operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
};

const matches = (term: NodeSelectorTerm, node: Pick<NodeAdmissionFacts, 'labels' | 'nodeName'>): boolean => {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false; // an empty term selects nothing
  return (
    expressions.every((requirement) => holds(requirement, node.labels[requirement.key])) &&
    fields.every((requirement) => requirement.key === 'metadata.name' && holds(requirement, node.nodeName))
  );
};

/** Whether nodeSelector and required node affinity hold for the node. */
export const matchesNode = (
  spec: Pick<PodSpec, 'nodeSelector' | 'affinity'>,
  node: Pick<NodeAdmissionFacts, 'labels' | 'nodeName'>,
): boolean => {
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => node.labels[key] === value);
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return selected && (required === undefined || required.nodeSelectorTerms.some((term) => matches(term, node)));
};

/** nodeSelector and required node affinity against the node's labels. */
export const checkNodeSelector: AdmissionCheck = ({ pod, node }) =>
  matchesNode(pod.spec, node)
    ? undefined
    : { reason: 'NodeAffinity', message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector" };
