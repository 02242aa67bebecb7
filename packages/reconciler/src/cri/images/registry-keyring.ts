import type { RegistryAuth } from './image-credentials.js';

/** Credentials whose key covers a repository, most specific first. Upstream: pkg/credentialprovider/keyring.go. */
export const matchingAuths = (auths: Readonly<Record<string, RegistryAuth>>, repository: string): readonly RegistryAuth[] =>
  matchingEntries(Object.entries(auths), repository);

/** The same of a list, in which a key may be there more than once: then in the order of the list. */
export const matchingEntries = <Auth extends RegistryAuth>(
  entries: readonly (readonly [key: string, auth: Auth])[],
  repository: string,
): readonly Auth[] => {
  const all = entries.map(([key, auth]) => ({ key: normaliseKey(key), auth }));
  const matches = keyMatcher(repository);
  const found = all.filter(({ key }) => matches(key));
  if (found.length === 0 && repository.startsWith('docker.io/')) found.push(...all.filter(({ key }) => key === 'index.docker.io'));
  return found.sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? 1 : -1)).map(({ auth }) => auth);
};

/** `https://index.docker.io/v1/` → `index.docker.io`. */
const normaliseKey = (key: string): string => {
  const bare = key.replace(/^https?:\/\//, '').replace(/(?<!\/)\/+$/, '');
  const slash = bare.indexOf('/');
  const [host, path] = slash < 0 ? [bare, ''] : [bare.slice(0, slash), bare.slice(slash)];
  const rest = path.replace(/^\/v[12](\/|$)/, '/').replace(/^\/$/, '');
  return `${host}${rest}`;
};

/** Same port, as many host labels, each matching as a glob, and the key's path in front of the image's. */
export const keyMatches = (key: string, repository: string): boolean => keyMatcher(repository)(key);

const keyMatcher = (repository: string): ((key: string) => boolean) => {
  const actual = split(repository);
  return (key) => {
    const wanted = split(key);
    if (wanted.port !== actual.port || wanted.labels.length !== actual.labels.length || !actual.path.startsWith(wanted.path)) return false;
    return wanted.labels.every((label, index) => labelMatches(label, actual.labels[index]!));
  };
};

/** Of a host's name in DNS. A longer one is no host's, and trying globs on it would take as long as its author likes. */
const LONGEST_LABEL = 63;

const labelMatches = (pattern: string, text: string): boolean =>
  pattern === text || (text.length <= LONGEST_LABEL && globMatches(pattern, text));

const split = (name: string): { readonly labels: readonly string[]; readonly port: string; readonly path: string } => {
  const bare = name.replace(/^https?:\/\//, '');
  const slash = bare.indexOf('/');
  const [host, path] = slash < 0 ? [bare, ''] : [bare.slice(0, slash), bare.slice(slash)];
  const colon = host.lastIndexOf(':');
  const [domain, port] = colon < 0 ? [host, ''] : [host.slice(0, colon), host.slice(colon + 1)];
  return { labels: domain.split('.'), port, path };
};

/** `*` and `?` within one label. */
const globMatches = (pattern: string, text: string): boolean => {
  let [at, from] = [0, 0];
  /** Where the last `*` stands, and where the text begins that it does not stand for. */
  let [star, afterStar] = [-1, 0];
  while (at < text.length) {
    if (pattern[from] === '*') {
      star = from;
      afterStar = at;
      from += 1;
    } else if (from < pattern.length && (pattern[from] === '?' || pattern[from] === text[at])) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      afterStar += 1;
      at = afterStar;
      from = star + 1;
    } else return false;
  }
  while (pattern[from] === '*') from += 1;
  return from === pattern.length;
};
