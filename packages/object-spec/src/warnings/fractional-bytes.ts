import { formatQuantity, quantityMilliValue } from '@solo-kubelet/pod-spec';
import { goQuote } from '@solo-kubelet/pod-spec/schema';

type List = Readonly<Record<string, string>>;

/** Warnings about amounts of bytes that are not whole. */
export const fractionalByteWarnings = (list: List | undefined, names: readonly string[], field: string): readonly string[] =>
  names.flatMap((name) => {
    const quantity = list?.[name];
    if (quantity === undefined || quantityMilliValue(quantity) % 1000n === 0n) return [];
    return [`${field}[${name}]: fractional byte value ${goQuote(formatQuantity(quantity))} is invalid, must be an integer`];
  });
