import type { StoredObject, Values } from '../../stored-object.js';
import {
  type Amounts,
  addAmounts,
  growthOf,
  isSameAmounts,
  namesAbove,
  negativeNames,
  onlyNamed,
  printAmounts,
  printNames,
  withoutNothing,
} from './amounts.js';
import type { Counter, ScopeSelector } from './counter.js';

export interface QuotaRequest {
  readonly quotas: readonly StoredObject[];
  readonly counter: Counter;
  readonly object: StoredObject;
  /** As it was before; undefined for a new object. */
  readonly old?: StoredObject;
  readonly subresource: string;
}

/** Why a write is refused, or how much of which quotas is used once it is made. */
export type QuotaVerdict =
  | { readonly ok: false; readonly why: string }
  | { readonly ok: true; readonly changed: readonly { readonly quota: StoredObject; readonly used: Amounts }[] };

const amountsOf = ({ status = {} }: StoredObject, name: 'hard' | 'used'): Amounts => (status[name] ?? {}) as Amounts;

const scopesOf = ({ spec = {} }: StoredObject): readonly ScopeSelector[] => [
  ...((spec['scopes'] ?? []) as readonly string[]).map((scopeName) => ({ scopeName, operator: 'Exists' })),
  ...((((spec['scopeSelector'] ?? {}) as Values)['matchExpressions'] ?? []) as readonly ScopeSelector[]),
];

const counted = (quota: StoredObject, counter: Counter): readonly string[] => counter.countedNames(Object.keys(amountsOf(quota, 'hard')));

const isFor = (quota: StoredObject, counter: Counter, object: StoredObject): boolean =>
  counted(quota, counter).length > 0 && scopesOf(quota).every((scope) => counter.isInScope(object, scope));

/** Holds a write against the quotas of its namespace (CheckRequest). What their status says is the limit, as upstream has it. */
export const checkQuotas = ({ quotas, counter, object, old, subresource }: QuotaRequest): QuotaVerdict => {
  const fitting = quotas.filter((quota) => isFor(quota, counter, object));
  for (const quota of fitting) {
    const names = counted(quota, counter);
    const { name } = quota.metadata;
    const refusal = counter.refusal?.(object, names);
    if (refusal !== undefined) return { ok: false, why: `failed quota: ${name}: ${refusal}` };
    const used = amountsOf(quota, 'used');
    if (names.some((each) => used[each] === undefined))
      return { ok: false, why: `status unknown for quota: ${name}, resources: ${printNames(names)}` };
  }
  const usage = counter.usage(object);
  const negative = negativeNames(usage);
  if (negative.length > 0) return { ok: false, why: `quota usage is negative for resource(s): ${printNames(negative)}` };
  const changed: { quota: StoredObject; used: Amounts }[] = [];
  for (const quota of fitting) {
    const before = old !== undefined && isFor(quota, counter, old) ? counter.usage(old) : undefined;
    const delta = withoutNothing(before === undefined ? usage : growthOf(usage, before));
    const hard = amountsOf(quota, 'hard');
    const used = amountsOf(quota, 'used');
    const requested = onlyNamed(delta, Object.keys(hard));
    const next = addAmounts(used, requested);
    const exceeded = subresource === 'status' ? [] : namesAbove(onlyNamed(next, Object.keys(requested)), hard);
    if (exceeded.length > 0) {
      const shown = [requested, used, hard].map((each) => printAmounts(onlyNamed(each, exceeded)));
      return { ok: false, why: `exceeded quota: ${quota.metadata.name}, requested: ${shown[0]}, used: ${shown[1]}, limited: ${shown[2]}` };
    }
    if (!isSameAmounts(next, used)) changed.push({ quota, used: next });
  }
  return { ok: true, changed };
};
