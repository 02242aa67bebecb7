import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readlink, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { LayerEntry } from '@solo-kubelet/standalone-node/images';

const run = promisify(execFile);

/**
 * Downloads Debian packages with the machine's own apt and unpacks them together into `<cacheDir>/<name>`, once.
 * Nothing is installed and no package script runs.
 */
export const unpackPackages = async (cacheDir: string, name: string, packages: readonly string[]): Promise<string> => {
  const root = join(cacheDir, name);
  if (await exists(root)) return root;
  await mkdir(cacheDir, { recursive: true });
  const draft = await mkdtemp(`${root}-`);
  try {
    const downloads = join(draft, 'packages');
    const tree = join(draft, 'tree');
    await mkdir(downloads);
    await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', ...packages], { cwd: downloads, timeout: 300_000 });
    for (const file of await readdir(downloads)) await run('dpkg', ['-x', join(downloads, file), tree], { timeout: 60_000 });
    await rename(tree, root).catch(async (error: unknown) => {
      if (!(await exists(root))) throw error;
    });
    return root;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
};

/** Layer entries for files of an unpacked root, at the same paths, links as links; `paths` are relative to the root. */
export const filesOf = async (root: string, paths: readonly string[]): Promise<readonly LayerEntry[]> => {
  const entries = new Map<string, LayerEntry>();
  for (const path of paths) await collect(root, path, entries);
  return [...entries.values()];
};

/** The shared libraries of these names and what their links lead to, wherever they lie under the root. */
export const librariesOf = async (root: string, names: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = [];
  const walk = async (directory: string): Promise<void> => {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (names.includes(entry.name)) found.push(relative(root, path));
    }
  };
  await walk(root);
  const missing = names.filter((name) => !found.some((path) => path.endsWith(`/${name}`)));
  if (missing.length > 0) throw new Error(`no ${missing.join(', ')} in ${root}: have the packages changed?`);
  return found;
};

const collect = async (root: string, path: string, entries: Map<string, LayerEntry>): Promise<void> => {
  const parent = dirname(path);
  if (parent !== '.' && !entries.has(parent)) {
    await collectParents(parent, entries);
  }
  const target = await readlink(join(root, path)).catch(() => undefined);
  if (target !== undefined) {
    entries.set(path, { type: 'symlink', path, target });
    const next = relative(root, target.startsWith('/') ? join(root, target) : resolve(join(root, parent), target));
    if (!entries.has(next)) await collect(root, next, entries);
    return;
  }
  const facts = await stat(join(root, path));
  if (!facts.isDirectory()) {
    entries.set(path, { type: 'file', path, mode: facts.mode & 0o7777, copyOf: join(root, path) });
    return;
  }
  entries.set(path, { type: 'directory', path, mode: facts.mode & 0o7777 });
  for (const name of (await readdir(join(root, path))).sort()) await collect(root, join(path, name), entries);
};

const collectParents = async (path: string, entries: Map<string, LayerEntry>): Promise<void> => {
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const directory = parts.slice(0, depth).join('/');
    if (!entries.has(directory)) entries.set(directory, { type: 'directory', path: directory });
  }
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
