/** In the place of a URL: the source has no server, its answers come as bundles that somebody brings. */
export const BUNDLE_URL = 'bundle:';

export const isBundleUrl = (url: string): boolean => url === BUNDLE_URL;
