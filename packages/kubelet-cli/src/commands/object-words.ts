import { findObjectKind } from '@solo-kubelet/object-spec/kinds';

/** `deployment web db` and `deployment/web job/x` as `kind/name`; undefined for Pods, named or not. */
export const objectWords = (words: readonly string[]): readonly string[] | undefined => {
  const [first = '', ...rest] = words;
  if (/^(pods?|po)(\/|$)/.test(first) || first === '') return undefined;
  if (first.includes('/')) return words;
  return rest.length === 0 || findObjectKind(first.split('.', 1)[0] ?? '') === undefined
    ? undefined
    : rest.map((name) => `${first}/${name}`);
};
