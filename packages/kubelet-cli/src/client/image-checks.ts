/** What `ctr images check` says of an image. */
export interface ImageCheck {
  /** Of its index or manifest. */
  readonly digest: string;
  /** Whether all of it is there: its blobs, or what was unpacked of them. */
  readonly isWhole: boolean;
}

/**
 * Reads the table of `ctr images check` (`REF TYPE DIGEST STATUS SIZE UNPACKED`, where a status is `complete (4/4)` or `incomplete (2/4)`). A runtime that
 * drops layers once they are unpacked has images that are incomplete, and unpacked.
 */
export const parseImageChecks = (text: string): ReadonlyMap<string, ImageCheck> => {
  const checks = new Map<string, ImageCheck>();
  for (const line of text.split('\n')) {
    const [name, , digest, status] = line.split(/\s+/);
    if (name === undefined || digest === undefined || !digest.startsWith('sha256:')) continue;
    checks.set(name, { digest, isWhole: status === 'complete' || line.trimEnd().endsWith('true') });
  }
  return checks;
};
