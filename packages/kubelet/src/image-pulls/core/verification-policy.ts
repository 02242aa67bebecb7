import { parseImageReference } from '@solo-kubelet/pod-spec';

/** Values of `imagePullCredentialsVerificationPolicy`. */
export const VERIFICATION_POLICIES = ['NeverVerify', 'NeverVerifyPreloadedImages', 'NeverVerifyAllowlistedImages', 'AlwaysVerify'] as const;
export type VerificationPolicy = (typeof VERIFICATION_POLICIES)[number];

/**
 * Whether a Pod has to show credentials for an image that is on the machine. `image` is what its container says; `pulledByKubelet` that a record or an
 * intent of it is there. Upstream: pkg/kubelet/images/pullmanager/image_pull_policies.go.
 */
export type RequiresVerification = (image: string, pulledByKubelet: boolean) => boolean;

/** `allowlist`: patterns without a fault, see `allowlistFault`. */
export const verificationRule = (policy: VerificationPolicy, allowlist: readonly string[]): RequiresVerification => {
  switch (policy) {
    case 'NeverVerify':
      return () => false;
    case 'NeverVerifyPreloadedImages':
      return (_, pulledByKubelet) => pulledByKubelet;
    case 'NeverVerifyAllowlistedImages':
      return allowlistRule(allowlist);
    case 'AlwaysVerify':
      return () => true;
  }
};

const allowlistRule = (patterns: readonly string[]): RequiresVerification => {
  const names = new Set(patterns.filter((pattern) => !isWildcard(pattern)));
  const prefixes = patterns.filter(isWildcard).map((pattern) => pattern.slice(0, -1));
  return (image) => {
    const name = withoutTagAndDigest(image) ?? image;
    return !names.has(name) && !prefixes.some((prefix) => name.startsWith(prefix));
  };
};

const isWildcard = (pattern: string): boolean => pattern.endsWith('/*');

/** What is wrong with a pattern of `preloadedImagesVerificationAllowlist`, in upstream's words; undefined: nothing. */
export const allowlistFault = (pattern: string): string | undefined => {
  if (pattern !== pattern.trim()) return `leading/trailing spaces are not allowed: ${pattern}`;
  if (pattern === '') return `the supplied pattern is too short: ${pattern}`;
  const name = isWildcard(pattern) ? pattern.slice(0, -1) : pattern;
  if (name.includes('*')) return `not a valid wildcard pattern, only patterns ending with '/*' are allowed: ${pattern}`;
  if (isWildcard(pattern)) return name.length === 1 ? 'at least registry hostname is required' : undefined;
  const bare = withoutTagAndDigest(name);
  if (bare === undefined) return 'failed to parse as an image name: invalid reference format';
  return bare === name ? undefined : `neither tag nor digest is accepted in an image reference: ${pattern}`;
};

/** An image as a container says it, without its tag and digest, and nothing added; undefined: it is no image's name. */
export const withoutTagAndDigest = (image: string): string | undefined => {
  if (parseImageReference(image) === undefined) return undefined;
  const name = image.split('@', 1)[0]!;
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
};
