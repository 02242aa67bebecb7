import type { StoredObject } from '@solo-kubelet/api-server';
import { matchesNode } from '@solo-kubelet/reconciler';

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}
interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

const tolerates = (toleration: Toleration, taint: Taint): boolean =>
  (!toleration.effect || toleration.effect === taint.effect) &&
  (!toleration.key || toleration.key === taint.key) &&
  (toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? ''));

/** Why a Pod of such a spec cannot be placed on a node, in the scheduler's words; undefined: it can. Amounts are for the kubelet to judge. */
export const fitsNode = (spec: Readonly<Record<string, unknown>>, node: StoredObject): string | undefined => {
  const facts = { nodeName: node.metadata.name!, labels: node.metadata.labels ?? {} };
  if (!matchesNode(spec, facts)) return "node(s) didn't match Pod's node affinity/selector";
  if (node.spec?.['unschedulable'] === true) return 'node(s) were unschedulable';
  const tolerations = (spec['tolerations'] ?? []) as readonly Toleration[];
  const taints = ((node.spec?.['taints'] ?? []) as readonly Taint[]).filter(({ effect }) => effect !== 'PreferNoSchedule');
  const hard = taints.find((taint) => !tolerations.some((each) => tolerates(each, taint)));
  return hard === undefined ? undefined : `node(s) had untolerated taint {${hard.key}: ${hard.value ?? ''}}`;
};
