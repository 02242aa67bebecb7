import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROGRAMS } from '../../../packages/kubelet-cli/src/start/which-program.js';

const run = promisify(execFile);

/** An empty project outside the workspace into which the packed tarballs of all packages are installed, as a stranger would do. */
export interface StrangerProject extends AsyncDisposable {
  readonly directory: string;
  readonly tarballs: ReadonlyMap<string, string>;
}

/** Programs that pack at the same time. */
const PACKERS = 2;

/** The packages' names without scope, in order. */
export const packageNames = async (root: string): Promise<readonly string[]> => (await readdir(join(root, 'packages'))).sort();

/** Packs one package, by its name without scope; gives the tarball. */
export const packOne = async (root: string, name: string, into: string): Promise<string> => {
  const { stdout } = await run('pnpm', ['pack', '--pack-destination', into], { cwd: join(root, 'packages', name), timeout: 60_000 });
  const file = stdout.trim().split('\n').pop() ?? '';
  return file.startsWith('/') ? file : join(into, file);
};

/** Packs every package; gives the tarballs by the packages' names without scope. Fails where one has not been built. */
export const packAll = async (root: string, into: string): Promise<ReadonlyMap<string, string>> => {
  const names = await packageNames(root);
  const unbuilt = names.filter((name) => !existsSync(join(root, 'packages', name, 'dist', 'index.js')));
  if (unbuilt.length > 0) throw new Error(`not built: ${unbuilt.join(', ')} (run: pnpm build)`);
  const programs = Object.values(PROGRAMS).filter((file) => !existsSync(join(root, 'packages/kubelet-cli/dist', file)));
  if (programs.length > 0) throw new Error(`not built: ${programs.join(', ')} (run: pnpm build:programs)`);
  const tarballs = new Map<string, string>();
  const left = [...names];
  const packOneByOne = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      tarballs.set(name, await packOne(root, name, into));
    }
  };
  await Promise.all(Array.from({ length: PACKERS }, packOneByOne));
  return tarballs;
};

/** Packs every package and installs all tarballs with npm in an empty directory. */
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
