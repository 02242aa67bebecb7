/** A blob that an image consists of. */
export interface RoomBlob {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** Whether the runtime makes a file system of it beside keeping it. */
  readonly isUnpacked: boolean;
  /** Whether that takes more than the blob has; how much more, nobody knows before. */
  readonly isCompressed: boolean;
}

/** One image after the other: its blobs are fetched, and then go into the runtime where `loads` says so. */
export interface RoomStep {
  readonly blobs: readonly RoomBlob[];
  readonly loads: boolean;
}

export interface RoomNeeded {
  /** Most bytes more than now that lie among what is fetched. */
  readonly fetched: number;
  /** Most bytes more than now that the runtime has. */
  readonly runtime: number;
  /** Most bytes more than now of both at a time. */
  readonly together: number;
}

/** What images usually unpack to, times what they have compressed. */
export const USUAL_RATIO = 3;

/**
 * Room that images take on their way: what was fetched of one goes when the runtime has it, unless another one waits for it. `here`: bytes of a blob that were
 * fetched already; `held`: blobs that the runtime has; `ratio`: what compressed layers unpack to. Default 1, which is the least that they take.
 */
export const roomNeeded = (
  steps: readonly RoomStep[],
  { here, held, ratio = 1 }: { readonly here: (digest: string) => number; readonly held: ReadonlySet<string>; readonly ratio?: number },
): RoomNeeded => {
  const taken = new Set(held);
  const sizes = new Map<string, number>();
  let [fetched, runtime] = [0, 0];
  const most = { fetched: 0, runtime: 0, together: 0 };
  for (const [at, { blobs, loads }] of steps.entries()) {
    const missing = blobs.filter(({ digest }, index) => !taken.has(digest) && blobs.findIndex((one) => one.digest === digest) === index);
    for (const { digest, size } of missing) {
      if (sizes.has(digest)) continue;
      fetched += size - Math.min(size, here(digest));
      sizes.set(digest, size);
    }
    if (loads)
      for (const { digest, size, isUnpacked, isCompressed } of missing) {
        runtime += size + (isUnpacked ? size * (isCompressed ? ratio : 1) : 0);
        taken.add(digest);
      }
    most.fetched = Math.max(most.fetched, fetched);
    most.runtime = Math.max(most.runtime, runtime);
    most.together = Math.max(most.together, fetched + runtime);
    if (!loads) continue;
    const awaited = new Set(steps.slice(at + 1).flatMap((step) => step.blobs.map(({ digest }) => digest)));
    for (const { digest, size } of missing) {
      if (awaited.has(digest) || !sizes.delete(digest)) continue;
      fetched -= size;
    }
  }
  return most;
};
