import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What kubelets that were killed in the middle of a write left below their root directory: drafts of files, and older contents of volumes. */
export const leftBehind = async (rootDirectory: string): Promise<readonly string[]> => {
  const paths: string[] = [];
  for (const directory of ['pod-status', 'pods', 'manifests']) {
    // Directories of Pods come and go meanwhile.
    const inside = await readdir(join(rootDirectory, directory), { recursive: true }).catch(() => ['cannot be read']);
    paths.push(...inside.map((path) => join(directory, path)));
  }
  const contents = paths.filter((path) => /^\.\.\d{4}_/.test(basename(path)));
  return [
    ...paths.filter((path) => /^\..+\.new$/.test(basename(path)) || basename(path) === 'cannot be read'),
    ...contents.filter((path) => contents.some((other) => other !== path && dirname(other) === dirname(path))),
  ];
};
