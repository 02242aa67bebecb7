/** CRI wraps 64-bit measurements in messages (`UInt64Value`) to tell zero from unknown; here they become numbers, exact up to 2^53. */
export const uint64Value = (wrapped: { readonly value: bigint } | undefined): number | undefined =>
  wrapped === undefined ? undefined : Number(wrapped.value);
