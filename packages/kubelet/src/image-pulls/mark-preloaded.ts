import { join } from 'node:path';
import type { CriClient } from '@solo-kubelet/cri-client';
import { addRepositories, repositoriesOf } from './core/preloaded-image.js';
import { recordFiles } from './record-files.js';

type Images = { readonly images: Pick<CriClient['images'], 'imageStatus'> };

/** The runtime's id of an image, by a name that it knows; undefined: it has none. */
export const imageIdOf = async (cri: Images, name: string, { signal }: { readonly signal?: AbortSignal }): Promise<string | undefined> =>
  (await cri.images.imageStatus({ image: { image: name }, verbose: false }, { signal })).image?.id;

/**
 * Has a kubelet take images for such as have come without a pull, whatever it has pulled itself: somebody has just put them on the machine by hand.
 * `rootDirectory`: the kubelet's, running or not. `names`: as the runtime knows them. @throws the error of the file system or the runtime
 */
export const markPreloaded = async (
  rootDirectory: string,
  names: readonly string[],
  { cri, wallNow, signal }: { readonly cri: Images; readonly wallNow: () => number; readonly signal?: AbortSignal },
): Promise<void> => {
  const files = recordFiles(join(rootDirectory, 'image_manager'));
  for (const name of names) {
    const imageRef = await imageIdOf(cri, name, { ...(signal && { signal }) });
    if (imageRef === undefined) continue;
    const added = addRepositories(await files.readPreloaded(imageRef), imageRef, repositoriesOf([name]), wallNow());
    if (added !== undefined) await files.writePreloaded(added);
  }
};
