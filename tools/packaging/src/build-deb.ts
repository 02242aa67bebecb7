import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type DebPackage, md5Line } from './deb-package.js';

const run = promisify(execFile);

/** Writes the tree of a package below `tree` and makes the .deb of it with dpkg-deb; every file belongs to root. */
export const buildDeb = async ({ files, directories, control }: DebPackage, tree: string, output: string, date: Date): Promise<void> => {
  await rm(tree, { recursive: true, force: true });
  const makeParents = (path: string): Promise<unknown> => mkdir(dirname(path), { recursive: true, mode: 0o755 });
  for (const directory of directories) await mkdir(join(tree, directory), { recursive: true, mode: 0o755 });
  const sums: string[] = [];
  for (const { path, mode, content } of files) {
    const target = join(tree, path);
    await makeParents(target);
    if ('linkTo' in content) {
      await symlink(content.linkTo, target);
      continue;
    }
    if ('copyOf' in content) await copyFile(content.copyOf, target);
    else await writeFile(target, content);
    await chmod(target, mode);
    sums.push(md5Line(path, await readFile(target)));
  }
  const all = { ...control, md5sums: { text: sums.join(''), mode: 0o644 } };
  for (const [name, { text, mode }] of Object.entries(all)) {
    const target = join(tree, 'DEBIAN', name);
    await makeParents(target);
    await writeFile(target, text);
    await chmod(target, mode);
  }
  // dpkg-deb takes times later than this one for it, so that one commit gives one package.
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(Math.floor(date.getTime() / 1000)) };
  await run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z2', '--build', tree, output], { env });
};
