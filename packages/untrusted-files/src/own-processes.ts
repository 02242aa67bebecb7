import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface OwnProcessesOptions {
  /** Default `/proc`. */
  readonly procDirectory?: string;
  /** Which of them is asking. Default `self`. */
  readonly self?: string;
}

/**
 * Processes whose memory may be read, which is where `environ` and `cmdline` come from: those of this user and this user namespace that
 * are in this mount namespace or in this cgroup, as children of this process are, also when it has ended. No container is among them,
 * nor anything that a local user started. One of those could have its memory in a file system of its own and answer never: whoever reads
 * is held for as long, and nothing ends that. What is looked at here the kernel keeps itself.
 */
export const ownProcesses = async ({ procDirectory = '/proc', self = 'self' }: OwnProcessesOptions = {}): Promise<readonly number[]> => {
  const own = await marksOf(join(procDirectory, self));
  const pids = (await readdir(procDirectory)).filter((name) => /^\d+$/.test(name));
  const marks = await Promise.all(pids.map((pid) => marksOf(join(procDirectory, pid))));
  return pids.filter((_, index) => isOwn(own, marks[index])).map(Number);
};

interface Marks {
  /** Real user: a program that only runs with the rights of another is the user's who started it. */
  readonly user: string;
  readonly userNamespace: string;
  readonly mountNamespace: string;
  readonly cgroup: string;
}

const isOwn = (own: Marks | undefined, other: Marks | undefined): boolean =>
  own !== undefined &&
  other !== undefined &&
  other.user === own.user &&
  other.userNamespace === own.userNamespace &&
  (other.mountNamespace === own.mountNamespace || other.cgroup === own.cgroup);

/** Undefined for a process that has gone meanwhile, or that may not be looked at. */
const marksOf = async (directory: string): Promise<Marks | undefined> => {
  try {
    const [status, userNamespace, mountNamespace, cgroup] = await Promise.all([
      readFile(join(directory, 'status'), 'utf8'),
      readlink(join(directory, 'ns/user')),
      readlink(join(directory, 'ns/mnt')),
      readFile(join(directory, 'cgroup'), 'utf8'),
    ]);
    // The name of a program, in the first line, has its breaks escaped.
    const user = /^Uid:\t(\d+)\t/m.exec(status)?.[1];
    return user === undefined ? undefined : { user, userNamespace, mountNamespace, cgroup };
  } catch {
    return undefined;
  }
};
