import { access, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { removeTree } from '@solo-kubelet/untrusted-files';
import type { PodUid } from '../core/pod-identity.js';

export interface PodLogOptions {
  /** `/var/log/pods`. */
  readonly podLogsDir: string;
  /** `/var/log/containers`; empty: no links. */
  readonly containerLogsDir: string;
}

export interface PodLogs {
  /** Makes the directory of a log: CRI-O does not, and creates no container without. */
  makeDirectory(logPath: string): Promise<void>;
  /** Links a container's log where log collectors look for it, if the log is there. */
  link(container: {
    readonly podName: string;
    readonly namespace: string;
    readonly containerName: string;
    readonly containerId: string;
    readonly logPath: string;
  }): Promise<void>;
  /** Deletes a pod's logs and the links to them. */
  removePod(uid: PodUid): Promise<void>;
  /** Deletes one container's log, rotated ones too, and its link. */
  removeContainer(container: { readonly containerId: string; readonly logPath: string }): Promise<void>;
}

/** Longest name of a file, bytes. */
const MAX_NAME = 255;

export const createPodLogs = ({ podLogsDir, containerLogsDir }: PodLogOptions): PodLogs => {
  const removeLinks = async (isOurs: (target: string, name: string) => boolean): Promise<void> => {
    if (containerLogsDir === '') return;
    for (const name of await readdir(containerLogsDir).catch(() => [])) {
      const link = join(containerLogsDir, name);
      const target = await readlink(link).catch(() => undefined);
      if (target !== undefined && isOurs(target, name)) await rm(link, { force: true });
    }
  };
  return {
    makeDirectory: async (logPath) => {
      await mkdir(dirname(logPath), { recursive: true, mode: 0o755 });
    },
    link: async ({ podName, namespace, containerName, containerId, logPath }) => {
      if (containerLogsDir === '') return;
      try {
        await access(logPath);
        await mkdir(containerLogsDir, { recursive: true, mode: 0o755 });
        const end = `-${containerId}.log`;
        const stem = `${podName}_${namespace}_${containerName}`.slice(0, MAX_NAME - end.length);
        await symlink(logPath, join(containerLogsDir, `${stem}${end}`));
      } catch {
        // A convenience for log collectors: nothing depends on it.
      }
    },
    removePod: async (uid) => {
      for (const name of await readdir(podLogsDir).catch(() => [])) {
        // `<namespace>_<name>_<uid>`; neither namespaces nor names hold an underscore, so nobody's UID can end like another one.
        if (name.split('_').slice(2).join('_') !== uid) continue;
        const directory = join(podLogsDir, name);
        await removeLinks((target) => target.startsWith(`${directory}/`));
        await removeAny(directory);
      }
    },
    removeContainer: async ({ containerId, logPath }) => {
      await removeLinks((_target, name) => name.endsWith(`-${containerId}.log`));
      const slash = logPath.lastIndexOf('/');
      const [directory, file] = [logPath.slice(0, slash), logPath.slice(slash + 1)];
      // A directory is no log: the files in it whose names begin with a point would be taken for rotated ones.
      if (!isAbsolute(logPath) || file === '') return;
      for (const name of await readdir(directory).catch(() => [])) {
        if (name === file || name.startsWith(`${file}.`)) await removeAny(join(directory, name));
      }
    },
  };
};

/** Whatever it is: somebody may have put a directory in the place of a log. */
const removeAny = async (path: string): Promise<void> => {
  await removeTree(path);
  await rm(path, { force: true });
};
