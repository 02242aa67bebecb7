export const BUNDLE_ACTIONS = ['create', 'sign', 'content', 'verify', 'apply'] as const;

/** What `bundle` can do. */
export type BundleAction = (typeof BUNDLE_ACTIONS)[number];
