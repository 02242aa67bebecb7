import { lstat, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file or directory of a program that root will run, and that somebody besides root may change. */
export interface OtherWriter {
  readonly path: string;
  readonly who: 'everybody' | { readonly uid: number } | { readonly gid: number };
}

/** What decides who may write. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

const STICKY = 0o1000;
const GROUP_WRITE = 0o020;
const OTHER_WRITE = 0o002;

/** Who besides root may change a file, or the entries of a directory. In a sticky directory, only owners rename and remove what is there. */
export const otherWriter = ({ uid, gid, mode }: Ownership, isAncestor: boolean): OtherWriter['who'] | undefined => {
  const keepsEntries = isAncestor && (mode & STICKY) !== 0;
  if ((mode & OTHER_WRITE) !== 0 && !keepsEntries) return 'everybody';
  if (uid !== 0) return { uid };
  return (mode & GROUP_WRITE) !== 0 && gid !== 0 && !keepsEntries ? { gid } : undefined;
};

/** Looks at a program, the files beside it, and every directory above. */
export const findOtherWriters = async (program: string): Promise<readonly OtherWriter[]> => {
  const path = await realpath(program);
  const directory = dirname(path);
  const beside = (await readdir(directory)).filter((name) => /\.[cm]?js$/.test(name)).map((name) => join(directory, name));
  const found: OtherWriter[] = [];
  for (const place of new Set([path, ...beside])) await look(place, false, found);
  for (let above = directory; ; above = dirname(above)) {
    await look(above, true, found);
    if (dirname(above) === above) return found;
  }
};

const look = async (path: string, isAncestor: boolean, found: OtherWriter[]): Promise<void> => {
  const facts = await lstat(path);
  // The target of a link lies elsewhere; that nobody else may put another link there is for the directory to say.
  if (facts.isSymbolicLink()) return;
  const who = otherWriter(facts, isAncestor);
  if (who !== undefined) found.push({ path, who });
};

/** In words, such as `/opt/x may be written by user 1000`. */
export const describeWriter = ({ path, who }: OtherWriter): string => {
  if (who === 'everybody') return `${path} may be written by everybody`;
  return `${path} may be written by ${'uid' in who ? `user ${who.uid}` : `group ${who.gid}`}`;
};

/** A line for each user and group: the first place, and how many more there are. */
export const describeWriters = (writers: readonly OtherWriter[]): readonly string[] => {
  const byWho = new Map<string, OtherWriter[]>();
  for (const writer of writers) byWho.set(JSON.stringify(writer.who), [...(byWho.get(JSON.stringify(writer.who)) ?? []), writer]);
  return [...byWho.values()].map((places) => {
    const more = places.length - 1;
    return `${places.slice(0, 1).map(describeWriter).join()}${more === 0 ? '' : ` (and ${more} more)`}`;
  });
};
