import type { ParseManifest } from '@solo-kubelet/manifest-source';
import type { ExaminedAnswer } from '../answer/examine-answer.js';
import { wantedImages } from '../rollout/wanted-images.js';

/** Images of the answers that are at hand, by the digest of the answer. */
export interface HeldImages {
  note(digest: string, examined: ExaminedAnswer): void;
  /** Those that a node without a network would need and could not get again: what came along with any answer, and what the one at `good` names. Sorted. */
  kept(good: string | undefined): readonly string[];
  /** Forgets those of answers that are not at hand any more. */
  keepOnly(digests: ReadonlySet<string | undefined>): void;
}

export const createHeldImages = (parsing: {
  readonly path: string;
  readonly nodeName: string;
  readonly parse: ParseManifest | undefined;
}): HeldImages => {
  const images = new Map<string, { readonly wanted: readonly string[]; readonly along: readonly string[] }>();
  return {
    note: (digest, { text, prepared, imageList, images: own }) => {
      if (images.has(digest)) return;
      images.set(digest, {
        wanted: wantedImages(prepared ?? text, parsing),
        along: [...(imageList?.images ?? []), ...own].map(({ name }) => name),
      });
    },
    kept: (good) =>
      [...new Set([...images].flatMap(([digest, { wanted, along }]) => (digest === good ? [...along, ...wanted] : along)))].sort(),
    keepOnly: (digests) => {
      for (const digest of images.keys()) if (!digests.has(digest)) images.delete(digest);
    },
  };
};
