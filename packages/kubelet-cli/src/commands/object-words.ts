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

/** The kind that is named without a name behind it, such as `deployments`. A Pod may have any name. */
export const kindAlone = (words: readonly string[]): string | undefined => {
  const [word = '', ...rest] = words;
  return rest.length > 0 || /^(pods?|po)$/.test(word) ? undefined : findObjectKind(word.split('.', 1)[0] ?? '')?.kind;
};
