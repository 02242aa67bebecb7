import { isAbsolute, join } from 'node:path';

/** Whose process it is. */
export interface CacheUser {
  /** Effective user id. */
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Home directory. */
  readonly home: string;
}

/** Root's directory of code caches. */
export const ROOTS_PLACE = '/var/cache/solo-kubelet';

/** The directory of a user's code caches; undefined where there is to be none. Root's does not depend on the environment, which `sudo` may have from another user. */
export const cachePlace = ({ uid, env, home }: CacheUser): string | undefined => {
  if (env['SOLO_KUBELET_CODE_CACHE'] === 'off') return undefined;
  if (uid === 0) return ROOTS_PLACE;
  const { XDG_CACHE_HOME: given = '' } = env;
  if (isAbsolute(given)) return join(given, 'solo-kubelet');
  return isAbsolute(home) ? join(home, '.cache', 'solo-kubelet') : undefined;
};

/** What is known of a file or directory. */
export interface Owned {
  readonly uid: number;
  readonly mode: number;
}

const GROUP_OR_OTHERS_WRITE = 0o022;

/** Whether only this user and root can change a file, or what a directory holds. What is in a code cache is executed. */
export const isOwn = ({ uid, mode }: Owned, user: number): boolean => (uid === 0 || uid === user) && (mode & GROUP_OR_OTHERS_WRITE) === 0;

/** A directory and all that it is in, from itself up. `path` is absolute and without links. */
export const upwards = (path: string): readonly string[] => {
  const parts = path.split('/').filter((part) => part !== '');
  return [...parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`), '/'];
};
