/** One line of /proc/self/mountinfo (proc(5)). */
export interface MountEntry {
  readonly id: number;
  readonly parentId: number;
  /** `major:minor` of the device. */
  readonly device: string;
  /** Path of the mounted directory or file inside its file system. */
  readonly root: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
  /** Whether mounts made below appear elsewhere too (the `shared:` field). */
  readonly shared: boolean;
  readonly fsType: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** All mounts in the kernel's order: a later entry on the same mount point covers an earlier one. Lines of another shape are skipped. */
export const parseMountInfo = (text: string): readonly MountEntry[] =>
  text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ', 2);
    const [id, parentId, device, root, mountPoint, options, ...tags] = (before ?? '').split(' ');
    const [fsType, source, superOptions] = (after ?? '').split(' ');
    if (!id || !parentId || !device || !root || !mountPoint || !fsType) return [];
    return [
      {
        id: Number(id),
        parentId: Number(parentId),
        device,
        root: unescapeOctal(root),
        mountPoint: unescapeOctal(mountPoint),
        options: (options ?? '').split(','),
        shared: tags.some((tag) => tag.startsWith('shared:')),
        fsType,
        source: unescapeOctal(source ?? ''),
        superOptions: (superOptions ?? '').split(','),
      },
    ];
  });

/** The mount that is visible at a path, if that path is a mount point. */
export const mountAt = (mounts: readonly MountEntry[], path: string): MountEntry | undefined =>
  mounts.findLast(({ mountPoint }) => mountPoint === path);

/** Mounts at a directory or below it, the last made first: the order to undo them in. */
export const mountsBelow = (mounts: readonly MountEntry[], directory: string): readonly MountEntry[] =>
  mounts.filter(({ mountPoint }) => mountPoint === directory || mountPoint.startsWith(`${directory}/`)).toReversed();

const unescapeOctal = (text: string): string => {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
};
