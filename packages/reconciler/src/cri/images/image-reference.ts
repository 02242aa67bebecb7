/** A reference to an image as people write it. */
export interface ImageReference {
  /** What the runtime is asked for: as written, with `:latest` when neither tag nor digest is there. */
  readonly pullName: string;
  /** For credentials: `docker.io/library/busybox`, without tag or digest. */
  readonly repository: string;
}

const DOMAIN = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::\d+)?$/;
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** undefined: not the name of an image (`InvalidImageName`). The grammar of distribution/reference. */
export const parseImageReference = (image: string): ImageReference | undefined => {
  const at = image.indexOf('@');
  const digest = at < 0 ? undefined : image.slice(at + 1);
  const named = at < 0 ? image : image.slice(0, at);
  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const { domain, path } = splitDomain(hasTag ? named.slice(0, colon) : named);
  if (!DOMAIN.test(domain) || !PATH.test(path) || path.length > 255) return undefined;
  if (/^[a-f0-9]{64}$/.test(image)) return undefined;
  return { pullName: tag === undefined && digest === undefined ? `${image}:latest` : image, repository: `${domain}/${path}` };
};

/** The first part is a registry when it looks like a host; a bare name is one of Docker Hub's own. */
const splitDomain = (name: string): { readonly domain: string; readonly path: string } => {
  const slash = name.indexOf('/');
  const head = name.slice(0, Math.max(0, slash));
  const isHost = slash > 0 && (/[.:]/.test(head) || head === 'localhost' || head.toLowerCase() !== head);
  if (!isHost) return { domain: 'docker.io', path: name.includes('/') ? name : `library/${name}` };
  const path = name.slice(slash + 1);
  if (head === 'index.docker.io' || head === 'docker.io')
    return { domain: 'docker.io', path: path.includes('/') ? path : `library/${path}` };
  return { domain: head, path };
};
