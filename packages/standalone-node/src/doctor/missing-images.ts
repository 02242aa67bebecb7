import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CriClient } from '@solo-kubelet/cri-client';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { imagesOf } from '../images/images-of-pod.js';
import { type PlannedPod, podsOfManifest } from '../images/pods-of-manifest.js';
import type { MissingImage } from './runtime-checks.js';

interface Abortable {
  readonly signal: AbortSignal;
}

/** Whether the runtime has an image. */
export const hasImage = async (cri: CriClient, image: string, signal: AbortSignal): Promise<boolean> =>
  (await cri.images.imageStatus({ image: { image } }, { signal })).image !== undefined;

/** Images that the manifests of a directory name and the runtime does not have. Manifests that are wrong are `validate`'s to tell. */
export const missingImages = async (cri: CriClient, manifestDirectory: string, { signal }: Abortable): Promise<readonly MissingImage[]> => {
  const wanted = new Map<string, MissingImage>();
  for (const pod of await podsIn(manifestDirectory)) {
    for (const one of imagesOf(pod)) if (!wanted.has(one.image) || one.neverPulled) wanted.set(one.image, one);
  }
  const present = await Promise.all([...wanted.keys()].map((image) => hasImage(cri, image, signal)));
  return [...wanted.values()].filter((_, index) => !present[index]);
};

const podsIn = async (directory: string): Promise<readonly PlannedPod[]> => {
  const names = (await readdir(directory).catch(() => [])).filter((name) => /^[^.].*\.(?:ya?ml|json)$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readManifest(join(directory, name))));
  return texts.flatMap((text, index) => podsOfManifest(text, { path: names[index]!, nodeName: 'doctor' }));
};

const MAX_MANIFEST_BYTES = 10 * 1024 * 1024;

/** Empty for what cannot be read or is no regular file. */
const readManifest = async (path: string): Promise<string> =>
  (await readRegular(path, { maxBytes: MAX_MANIFEST_BYTES, followLinks: true }).catch(() => Buffer.alloc(0))).toString();
