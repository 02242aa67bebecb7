/** What a request line asks for, parsed once. */
export type RequestTarget =
  | {
      readonly type: 'path';
      /** The raw segments after the first slash; `%` escapes are not decoded. A slash at the end leaves an empty last one. */
      readonly segments: readonly string[];
      readonly query: URLSearchParams;
    }
  /** Double slashes or dot segments: the clean spelling of the same path. */
  | { readonly type: 'unclean'; readonly location: string }
  | { readonly type: 'malformed' };

/** The absolute form, as proxies send it: the authority says nothing about the path. */
const ABSOLUTE_FORM = /^https?:\/\/[^/?#\\]*(?=\/)/i;

/** The characters of a path in RFC 3986. A backslash is none of them: parsers for browsers take it for a slash. */
const PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;

/**
 * Parses a request target. Only a path in its one clean spelling is looked up, so that what is authorized is what is served: upstream's mux
 * redirects double slashes and dot segments (net/http cleanPath); those that hide behind escapes are malformed.
 */
export const parseRequestTarget = (target: string): RequestTarget => {
  const withoutAuthority = target.replace(ABSOLUTE_FORM, '');
  const questionMark = withoutAuthority.indexOf('?');
  const path = questionMark < 0 ? withoutAuthority : withoutAuthority.slice(0, questionMark);
  const query = questionMark < 0 ? '' : withoutAuthority.slice(questionMark + 1);
  if (!PATH.test(path) || query.includes('#')) return { type: 'malformed' };
  const segments = path.split('/').slice(1);
  if (segments.some(hidesDots)) return { type: 'malformed' };
  const clean = cleanSegments(segments);
  if (clean.length === segments.length && clean.every((segment, index) => segment === segments[index]))
    return { type: 'path', segments, query: new URLSearchParams(query) };
  return { type: 'unclean', location: `/${clean.join('/')}${questionMark < 0 ? '' : `?${asHeaderText(query)}`}` };
};

/** node:http gives raw bytes as Latin-1. */
const asHeaderText = (query: string): string =>
  query.replace(/[^!-~]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** An escape that decodes to nothing, to a byte that ends a path, or to dots or slashes that change where it leads. */
const hidesDots = (segment: string): boolean => {
  if (!segment.includes('%')) return false;
  try {
    const parts = decodeURIComponent(segment).split(/[/\\]/);
    return parts.some((part) => part === '.' || part === '..' || part.includes('\0'));
  } catch {
    return true;
  }
};

/** Go's path.Clean over segments, which keeps a slash at the end. */
const cleanSegments = (segments: readonly string[]): readonly string[] => {
  const clean: string[] = [];
  for (const segment of segments) {
    if (segment === '..') clean.pop();
    else if (segment !== '' && segment !== '.') clean.push(segment);
  }
  const last = segments.at(-1);
  return clean.length === 0 || last === '' || last === '.' || last === '..' ? [...clean, ''] : clean;
};
