import { parseImageReference } from '@solo-kubelet/pod-spec';
import type { ImageRewrite } from './admission-policy.js';

/** Of the longest repository that anything is put before. */
const PROBE = 'x';

/** A prefix of images as rules compare it: registry first, no slash at the end; undefined if it is none. */
export const normalPrefix = (text: string): string | undefined => {
  const prefix = text.endsWith('/') ? text.slice(0, -1) : text;
  const [host = '', ...path] = prefix.split('/');
  const isHost = host === 'localhost' || host.includes('.') || host.includes(':');
  if (!isHost || parseImageReference(`${prefix}/${PROBE}`) === undefined) return undefined;
  return [host === 'index.docker.io' ? 'docker.io' : host, ...path].join('/');
};

/** Whether the repository of an image, as the runtime asks for it, lies under a prefix. `nginx` is `docker.io/library/nginx`. */
export const isUnder = (repository: string, prefix: string): boolean => repository === prefix || repository.startsWith(`${prefix}/`);

/** An image where the first rewrite that fits sends it; an image that none fits stays as it is written. Tag and digest stay. */
export const rewriteImage = (image: string, rewrites: readonly ImageRewrite[]): string => {
  const reference = parseImageReference(image);
  const rewrite = reference && rewrites.find(({ from }) => isUnder(reference.repository, from));
  if (reference === undefined || rewrite === undefined) return image;
  return rewrite.to + reference.repository.slice(rewrite.from.length) + image.slice(nameLength(image));
};

/** Up to the tag or digest. */
const nameLength = (image: string): number => {
  const end = image.indexOf('@');
  const name = end === -1 ? image : image.slice(0, end);
  const tag = name.indexOf(':', name.lastIndexOf('/') + 1);
  return tag === -1 ? name.length : tag;
};
