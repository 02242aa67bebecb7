import type { Route } from './route.js';

export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** What a path leads to: a route, or the fact that another method would find one. */
type Matched = RouteMatch | 'otherMethod' | undefined;

const MAX_PARAM_LENGTH = 300;

/**
 * Looks the segments of a clean path up among a few fixed routes. `:name` matches one non-empty segment, a last segment `*` matches the
 * rest, even an empty one; a slash at the end does not matter. The first route that matches wins. Written for some thirty routes: a router
 * package costs every kubelet 10 MiB.
 */
export const routeMatcher = (routes: readonly Route[]): ((method: string, segments: readonly string[]) => Matched) => {
  const compiled = routes.map((route) => ({ route, pattern: withoutLastSlash(route.path.split('/').slice(1)) }));
  return (method, asked) => {
    const segments = withoutLastSlash(asked);
    let otherMethod = false;
    for (const { route, pattern } of compiled) {
      const params = matchSegments(pattern, segments);
      if (params === undefined) continue;
      if (route.methods.some((one) => one === method)) return { route, params };
      otherMethod = true;
    }
    return otherMethod ? 'otherMethod' : undefined;
  };
};

const withoutLastSlash = (segments: readonly string[]): readonly string[] =>
  segments.length > 1 && segments.at(-1) === '' ? segments.slice(0, -1) : segments;

const matchSegments = (pattern: readonly string[], segments: readonly string[]): Readonly<Record<string, string>> | undefined => {
  const hasRest = pattern.at(-1) === '*';
  const fixed = hasRest ? pattern.slice(0, -1) : pattern;
  if (hasRest ? segments.length < fixed.length : segments.length !== fixed.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of fixed.entries()) {
    const segment = segments[index] ?? '';
    if (!expected.startsWith(':')) {
      if (segment !== expected) return undefined;
      continue;
    }
    const value = decode(segment);
    if (value === undefined || value === '' || value.length > MAX_PARAM_LENGTH) return undefined;
    params[expected.slice(1)] = value;
  }
  if (!hasRest) return params;
  const rest = decode(segments.slice(fixed.length).join('/'));
  return rest === undefined ? undefined : { ...params, '*': rest };
};

const decode = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
};
