import type { ParseManifest } from '@solo-kubelet/manifest-source';
import type { ExaminedAnswer } from '../examine-answer.js';
import { wantedImages } from '../rollout/wanted-images.js';

/** Images of the answers that are at hand, by the digest of the answer. */
export interface HeldImages {
  note(digest: string, examined: ExaminedAnswer): void;
  /** Those that the documents of an answer name. */
  wantedBy(digest: string): readonly string[];
  /** Those that came along with any of them, sorted. */
  along(): readonly string[];
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
    note: (digest, { text, prepared, imageList }) => {
      if (images.has(digest)) return;
      images.set(digest, {
        wanted: wantedImages(prepared ?? text, parsing),
        along: imageList?.images.map(({ name }) => name) ?? [],
      });
    },
    wantedBy: (digest) => images.get(digest)?.wanted ?? [],
    along: () => [...new Set([...images.values()].flatMap(({ along }) => along))].sort(),
    keepOnly: (digests) => {
      for (const digest of images.keys()) if (!digests.has(digest)) images.delete(digest);
    },
  };
};
