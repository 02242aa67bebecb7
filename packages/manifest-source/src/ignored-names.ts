/** File names that editors, package managers and shells leave beside the real file; none is ever a manifest. */
const IGNORED_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^\./, 'a dot file'],
  [/~$/, 'a backup copy'],
  [/^#.*#$/, "an editor's auto-save file"],
  [/^4913$/, "vim's test for write permission"],
  [/\.sw[a-z]$/i, "an editor's swap file"],
  [/\.(bak|backup|orig|old|save|rej)(\.\d+)?$/i, 'a backup copy'],
  [/\.(tmp|temp|part|partial|crdownload|filepart)$/i, 'a temporary file'],
  [/\.(rpmnew|rpmsave|rpmorig)$/, 'left by rpm'],
  [/\.(dpkg-(new|old|dist|bak|tmp|remove|divert)|ucf-(new|old|dist))$/, 'left by dpkg'],
  [/\.(pacnew|pacsave|pacorig)$/, 'left by pacman'],
  [/^sed[A-Za-z0-9]{6}$/, "sed's temporary file"],
  [/___jb_(tmp|old)___$/, "an editor's temporary file"],
  [/\.goutputstream-[A-Z0-9]+$/, 'a temporary file'],
];

/** Why a file of this name is not read as a manifest, or undefined when it is. */
export const ignoredName = (name: string): string | undefined => IGNORED_NAMES.find(([pattern]) => pattern.test(name))?.[1];
