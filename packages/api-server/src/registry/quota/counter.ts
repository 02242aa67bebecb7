import { labelSelectorRequirements, matchesLabels } from '@solo-kubelet/selectors';
import type { StoredObject } from '../../stored-object.js';
import type { Amounts } from './amounts.js';

/** One scope of a quota, as its selector has it. */
export interface ScopeSelector {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** How the objects of one resource count against quotas (upstream's evaluators). */
export interface Counter {
  /** Those of a quota's names that such objects count in. */
  readonly countedNames: (names: readonly string[]) => readonly string[];
  readonly isInScope: (object: StoredObject, scope: ScopeSelector) => boolean;
  readonly usage: (object: StoredObject) => Amounts;
  /** Why a quota of these names does not take the object at all; undefined if it does. */
  readonly refusal?: (object: StoredObject, names: readonly string[]) => string | undefined;
  /** Whether a change has to be counted. */
  readonly countsUpdate: (updated: StoredObject, old: StoredObject, subresource: string) => boolean;
}

/** Whether one of the values that an object has for a scope is selected; an object without any has no such label. */
export const selectsValue = ({ scopeName, operator, values }: ScopeSelector, own: readonly string[]): boolean => {
  const selector = labelSelectorRequirements({
    matchExpressions: [{ key: scopeName, operator: operator as 'In', ...(values !== undefined && { values: [...values] }) }],
  });
  if (!selector.ok) return false;
  const labels = own.length === 0 ? [{}] : own.map((value) => ({ [scopeName]: value }));
  return labels.some((each) => matchesLabels(selector.requirements, each));
};
