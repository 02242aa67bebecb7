import { formatAmount } from '@solo-kubelet/pod-spec';
import type { StarvedResource } from './eviction-signal.js';

/** A number as a canonical quantity: `97656250Ki` of bytes, `1500` of inodes and processes. */
export const formatCount = (count: number, resource: StarvedResource): string => {
  const format = resource === 'inodes' || resource === 'pids' ? 'DecimalSI' : 'BinarySI';
  return formatAmount({ value: BigInt(Math.trunc(count)), scale: 0, format });
};
