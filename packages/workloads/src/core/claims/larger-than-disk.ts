import { quantityValue } from '@solo-kubelet/pod-spec';
import type { Claim, ClaimNode } from './claim.js';
import { requestOf } from './fit-volume.js';

const GI = 1024 ** 3;

/** What is to be told of a claim for more than the whole disk has; undefined if nothing. It is no reason to refuse it: nobody enforces capacities. */
export const largerThanDisk = (claim: Claim, path: string, { diskBytes }: ClaimNode): string | undefined => {
  const bytes = diskBytes?.(path);
  const asked = requestOf(claim);
  if (bytes === undefined || Number(quantityValue(asked)) <= bytes) return undefined;
  return `the claim asks for ${asked}, but the disk of ${path} has only ${(bytes / GI).toFixed(1)}Gi; the size of a volume is not enforced`;
};
