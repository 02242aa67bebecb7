import { execFile } from 'node:child_process';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { patient } from './patience.js';

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const BUILD_LIMIT_MS = patient(10 * 60_000);

/** Sorts before every release. */
const OLDER_VERSION = '0.0.1~older';

/**
 * Puts `newer.deb`, which `pnpm package` makes of these sources, and `older.deb` into a directory. The older one is `SOLO_VM_OLDER_DEB`, such as the package of
 * the last release; default: of these sources as well, under a version that comes before.
 */
export const buildDebs = async (directory: string, scratch: string): Promise<void> => {
  await buildDeb(scratch, join(directory, 'newer.deb'));
  const older = process.env['SOLO_VM_OLDER_DEB'];
  if (older !== undefined) await copyFile(older, join(directory, 'older.deb'));
  else await buildDeb(scratch, join(directory, 'older.deb'), OLDER_VERSION);
};

/** Puts the package of these sources at `deb`; `scratch` then has the single executable, too. */
export const buildDeb = async (scratch: string, deb: string, version?: string): Promise<void> => {
  const program = ['tsx', '--conditions=@solo-kubelet/source', join(REPOSITORY, 'tools/packaging/src/bin.ts')];
  const options = ['--arch', process.arch === 'arm64' ? 'arm64' : 'amd64', '--out', scratch, ...(version ? ['--version', version] : [])];
  await run('npx', [...program, ...options], { cwd: REPOSITORY, timeout: BUILD_LIMIT_MS });
  const [built] = (await readdir(scratch)).filter((name) => name.endsWith('.deb'));
  if (built === undefined) throw new Error(`no package in ${scratch}`);
  await copyFile(join(scratch, built), deb);
};
