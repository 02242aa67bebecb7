/** The released versions of the CNI spec, oldest first. */
export const CNI_VERSIONS = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;

/** The newest version this library speaks. */
export const LATEST_CNI_VERSION = '1.1.0';

/** What a configuration without `cniVersion` means. */
export const OLDEST_CNI_VERSION = '0.1.0';

/** Major, minor and micro; missing parts count as 0. Undefined when the text is no version. */
export const parseVersion = (text: string): readonly [number, number, number] | undefined => {
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(text);
  return match ? [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)] : undefined;
};

/** Below, at or above zero as `a` is older than, equal to or newer than `b`. A text that is no version sorts first. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [parseVersion(a) ?? [-1, 0, 0], parseVersion(b) ?? [-1, 0, 0]];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
};

export const versionAtLeast = (version: string, minimum: string): boolean => compareVersions(version, minimum) >= 0;

/**
 * The version a list is run with: the highest of `cniVersions` and `cniVersion` that this library speaks, else `cniVersion`
 * (spec section 1; newer entries are ignored so that one file can serve older runtimes).
 */
export const selectVersion = (cniVersion: string, cniVersions: readonly string[]): string => {
  if (cniVersions.length === 0) return cniVersion;
  const usable = [...cniVersions, cniVersion].filter((version) => compareVersions(version, LATEST_CNI_VERSION) <= 0);
  return usable.sort(compareVersions).at(-1) ?? cniVersion;
};
