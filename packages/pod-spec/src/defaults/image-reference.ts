const alphanumeric = '[a-z0-9]+';
const pathComponent = `${alphanumeric}(?:(?:[._]|__|-+)${alphanumeric})*`;
const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const referenceForm = new RegExp(`^((?:${domain}/)?${pathComponent}(?:/${pathComponent})*)(?::([\\w][\\w.-]{0,127}))?(?:@(${digest}))?$`);
const digestForm = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;
const identifierForm = /^[a-f0-9]{64}$/;
/** Longest name of a repository, without its host. */
const maxPathLength = 255;
/** Longer text is no image reference, and matching it would take long. */
const maxReferenceLength = 2_048;

/** An image reference taken apart. */
export interface ImageReference {
  /** Without tag or digest, as credentials are looked up by: `docker.io/library/busybox`. */
  readonly repository: string;
  /** `latest` where there is neither tag nor digest. */
  readonly tag: string;
  readonly digest: string;
  /** What a runtime is asked for: as written, with `:latest` when neither tag nor digest is there. */
  readonly pullName: string;
}

const splitDomain = (image: string): [host: string, remainder: string] => {
  const slash = image.indexOf('/');
  const first = image.slice(0, Math.max(slash, 0));
  const isHost = slash !== -1 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  const [host, remainder] = isHost ? [first, image.slice(slash + 1)] : ['docker.io', image];
  const normal = host === 'index.docker.io' ? 'docker.io' : host;
  return [normal, normal === 'docker.io' && !remainder.includes('/') ? `library/${remainder}` : remainder];
};

/** Takes an image reference apart as container tools do; undefined if it is none. */
export const parseImageReference = (image: string): ImageReference | undefined => {
  if (image.length > maxReferenceLength || identifierForm.test(image)) return undefined;
  const [host, remainder] = splitDomain(image);
  const path = remainder.split(':', 1)[0]!;
  if (path.toLowerCase() !== path) return undefined;
  const match = referenceForm.exec(`${host}/${remainder}`);
  if (match === null) return undefined;
  const [, name = '', tag = '', found = ''] = match;
  if (name.length - host.length - 1 > maxPathLength || (found !== '' && !digestForm.test(found))) return undefined;
  const isBare = tag === '' && found === '';
  return { repository: name, tag: isBare ? 'latest' : tag, digest: found, pullName: isBare ? `${image}:latest` : image };
};

/** The pull policy of an image that has none: images that change under their name are pulled each time. */
export const defaultPullPolicy = (image: string): 'Always' | 'IfNotPresent' =>
  parseImageReference(image)?.tag === 'latest' ? 'Always' : 'IfNotPresent';
