import { addQuantities, compareQuantities, formatQuantity, quantitySign, subQuantities } from '@solo-kubelet/pod-spec';

/** Quantities by the names that quotas have for them. */
export type Amounts = Readonly<Record<string, string>>;

const both = (a: Amounts, b: Amounts, join: (x: string, y: string) => string): Amounts =>
  Object.fromEntries([
    ...Object.entries(a).map(([name, amount]) => [name, b[name] === undefined ? amount : join(amount, b[name])]),
    ...Object.entries(b).filter(([name]) => a[name] === undefined),
  ]);

export const addAmounts = (a: Amounts, b: Amounts): Amounts => both(a, b, (x, y) => formatQuantity(addQuantities(x, y)));

/** What is more in `a` than in `b`; less counts as nothing. */
export const growthOf = (a: Amounts, b: Amounts): Amounts =>
  Object.fromEntries(
    Object.entries(a).map(([name, amount]) => {
      const more = formatQuantity(subQuantities(amount, b[name] ?? '0'));
      return [name, quantitySign(more) > 0 ? more : '0'];
    }),
  );

export const onlyNamed = (amounts: Amounts, names: readonly string[]): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([name]) => names.includes(name)));

export const withoutNothing = (amounts: Amounts): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([, amount]) => quantitySign(amount) !== 0));

export const negativeNames = (amounts: Amounts): readonly string[] =>
  Object.keys(amounts).filter((name) => quantitySign(amounts[name]!) < 0);

/** The names of which there is more than may be. */
export const namesAbove = (amounts: Amounts, most: Amounts): readonly string[] =>
  Object.keys(most).filter((name) => amounts[name] !== undefined && compareQuantities(amounts[name], most[name]!) > 0);

export const isSameAmounts = (a: Amounts, b: Amounts): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, amount]) => b[name] !== undefined && compareQuantities(amount, b[name]) === 0);

export const printAmounts = (amounts: Amounts): string =>
  Object.keys(amounts)
    .sort()
    .map((name) => `${name}=${formatQuantity(amounts[name]!)}`)
    .join(',');

export const printNames = (names: readonly string[]): string => [...names].sort().join(',');
