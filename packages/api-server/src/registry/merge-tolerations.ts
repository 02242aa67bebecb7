import { isSameJson } from './same-json.js';

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

const isSame = (a: Toleration, b: Toleration): boolean => isSameJson(a, b);

/** Whether whatever `one` tolerates `more` does too. */
const covers = (more: Toleration, one: Toleration): boolean => {
  if (isSame(more, one)) return true;
  const [key, operator] = [more.key ?? '', more.operator ?? ''];
  if ((one.key ?? '') !== key && !(key === '' && operator === 'Exists')) return false;
  if ((one.effect ?? '') !== (more.effect ?? '') && (more.effect ?? '') !== '') return false;
  if (more.effect === 'NoExecute' && more.tolerationSeconds !== undefined) {
    if (one.tolerationSeconds === undefined || one.tolerationSeconds > more.tolerationSeconds) return false;
  }
  if (operator === 'Exists') return true;
  return (operator === '' || operator === 'Equal') && one.operator === 'Equal' && (one.value ?? '') === (more.value ?? '');
};

/** Both lists without what another toleration covers (MergeTolerations). */
export const mergeTolerations = (first: readonly Toleration[], second: readonly Toleration[]): readonly Toleration[] => {
  const all = [...first, ...second];
  const merged: Toleration[] = [];
  for (const [i, each] of all.entries()) {
    if (merged.some((other) => covers(other, each))) continue;
    if (all.slice(i + 1).some((other) => !isSame(other, each) && covers(other, each))) continue;
    merged.push(each);
  }
  return merged;
};
