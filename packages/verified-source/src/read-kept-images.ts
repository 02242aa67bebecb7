import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { MAX_MANIFEST_BYTES } from '@solo-kubelet/manifest-source';
import { readAnswer } from './answer/read-answer.js';
import { readRevision } from './answer/read-revision.js';
import { openAnswerStore } from './answer-store.js';
import { BUNDLE_URL } from './core/bundle-url.js';
import { wantedImages } from './rollout/wanted-images.js';

/** What came in files of a directory has no images; all else is read alike, whatever its source. */
const ANY = { url: BUNDLE_URL, maxBytes: MAX_MANIFEST_BYTES };

/**
 * Names of the images that sources need to be kept, from what their kubelet left on the disk, for when none runs. `directory`: that of all sources.
 * One that can't be read has none; nothing is verified, since a name that is too many keeps an image and does no more.
 */
export const readKeptImages = async (directory: string): Promise<readonly string[]> => {
  const names = await readdir(directory).catch(() => []);
  const kept: string[] = [];
  for (const name of names) {
    const record = await openAnswerStore(join(directory, name), silentLogger)
      .load()
      .catch(() => undefined);
    for (const answer of [record?.current, record?.previous, record?.next, record?.good]) {
      const read = answer && (await readAnswer(answer.content, { prepare: undefined, source: ANY }));
      if (!read?.ok) continue;
      const revision = readRevision(read.clear);
      const own = (revision.ok && revision.revision?.images) || [];
      kept.push(...[...(read.imageList?.images ?? []), ...own].map((image) => image.name));
      if (answer === record?.good) kept.push(...wantedImages(read.clear, { path: name, nodeName: '' }));
    }
  }
  return [...new Set(kept)].sort();
};
