import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An empty project outside the workspace into which the packed tarballs of all packages are installed, as a stranger would do. */
export interface StrangerProject extends AsyncDisposable {
  readonly directory: string;
  readonly tarballs: ReadonlyMap<string, string>;
}

/** Packs every package, which must have been built; gives the tarballs by the packages' names without scope. */
export const packAll = async (root: string, into: string): Promise<ReadonlyMap<string, string>> => {
  const tarballs = new Map<string, string>();
  for (const name of (await readdir(join(root, 'packages'))).sort()) {
    const { stdout } = await run('pnpm', ['pack', '--pack-destination', into], { cwd: join(root, 'packages', name), timeout: 60_000 });
    const file = stdout.trim().split('\n').pop() ?? '';
    tarballs.set(name, file.startsWith('/') ? file : join(into, file));
  }
  return tarballs;
};

/** Packs every package and installs all tarballs with npm in an empty directory. The packages must have been built. */
export const installPacked = async (root: string): Promise<StrangerProject> => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-packed-'));
  const packs = join(directory, 'packs');
  await mkdir(packs);
  const tarballs = await packAll(root, packs);
  const dependencies = Object.fromEntries([...tarballs].map(([name, file]) => [`@solo-kubelet/${name}`, `file:${file}`]));
  const manifest = { name: 'stranger', private: true, type: 'module', dependencies: { ...dependencies, rxjs: '^7.8.0' } };
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest, null, 2));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'], { cwd: directory, timeout: 240_000 });
  return { directory, tarballs, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
};
