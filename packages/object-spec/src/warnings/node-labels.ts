import type { NodeSelectorTerm } from '@solo-kubelet/pod-spec';
import { labelValueErrors } from '@solo-kubelet/pod-spec/schema';

const DEPRECATED: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

/** What is said of a node's label that should not be used any more; undefined for any other. */
export const deprecatedNodeLabel = (key: string): string | undefined => (Object.hasOwn(DEPRECATED, key) ? DEPRECATED[key] : undefined);

/** Warnings about one way to choose nodes; values are looked at only where a wrong one is no error. */
export const nodeSelectorTermWarnings = (
  { matchExpressions = [] }: NodeSelectorTerm,
  { checkValues }: { readonly checkValues: boolean },
  field: string,
): readonly string[] =>
  matchExpressions.flatMap(({ key, values = [] }, i) => {
    const at = `${field}.matchExpressions[${i}]`;
    const deprecated = deprecatedNodeLabel(key);
    return [
      ...(deprecated === undefined ? [] : [`${at}.key: ${key} is ${deprecated}`]),
      ...(checkValues
        ? values.flatMap((value, j) => labelValueErrors(value).map((error) => `${at}.values[${j}]: ${value} is invalid, ${error}`))
        : []),
    ];
  });
