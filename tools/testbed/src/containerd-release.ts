import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type ContainerdBinaries, findContainerdBinaries } from '@solo-kubelet/standalone-node/containerd';
import { cacheDirectory } from './cache-directory.js';

const run = promisify(execFile);

/** The containerds that tests run against: the machine's own 1.6, and newer ones from later Debian suites. */
export type ContainerdRelease = '1.6' | '1.7' | '2.1';

const SUITES = { '1.7': 'trixie', '2.1': 'sid' } as const;

/**
 * The programs of a release. 1.6 is whatever is installed; the others are Debian packages unpacked in the cache directory, from
 * the mirror that the machine's own apt uses. runc stays the machine's: later suites' one needs a newer C library.
 */
export const containerdOfRelease = async (release: ContainerdRelease): Promise<ContainerdBinaries> => {
  const installed = await installedBinaries();
  if (release === '1.6') return installed;
  const prefix = await unpackedSuite(SUITES[release], ['containerd', 'containernetworking-plugins']);
  const bin = join(prefix, 'usr/bin');
  return {
    containerd: join(bin, 'containerd'),
    ctr: join(bin, 'ctr'),
    shimDirectory: bin,
    runc: installed.runc,
    cniPluginDirectory: join(prefix, 'usr/lib/cni'),
  };
};

const installedBinaries = async (): Promise<ContainerdBinaries> => {
  const search = await findContainerdBinaries({ path: process.env['PATH'] ?? '', osRelease: 'ID=debian' });
  if (search.type === 'missing') throw new Error(`not installed: ${search.missing.join(', ')} (${search.installCommand})`);
  return search.binaries;
};

/** Unpacks a suite's packages once; a second caller or an interrupted run never sees half of them. */
const unpackedSuite = async (suite: string, packages: readonly string[]): Promise<string> => {
  const prefix = join(cacheDirectory(), 'debian', suite);
  if (await exists(prefix)) return prefix;
  await mkdir(dirname(prefix), { recursive: true });
  const draft = await mkdtemp(`${prefix}-`);
  try {
    const options = await privateApt(join(draft, 'apt'), suite);
    await run('apt-get', [...options, 'update'], { timeout: 300_000, maxBuffer: 16 * 1024 * 1024 });
    const downloads = join(draft, 'apt', 'downloads');
    await mkdir(downloads);
    await run('apt-get', [...options, 'download', ...packages], { cwd: downloads, timeout: 300_000 });
    const tree = join(draft, 'tree');
    for (const file of await readdir(downloads)) await run('dpkg', ['-x', join(downloads, file), tree], { timeout: 60_000 });
    await rename(tree, prefix).catch(async (error: unknown) => {
      if (!(await exists(prefix))) throw error;
    });
    return prefix;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
};

/** Options that make apt-get use one suite and directories of its own, and leave the machine's configuration alone. */
const privateApt = async (directory: string, suite: string): Promise<readonly string[]> => {
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(ORIGIN)|$(LABEL)|$(REPO_URI)', 'Created-By: Packages']);
  const mirror = stdout
    .split('\n')
    .find((line) => line.startsWith('Debian|Debian|'))
    ?.split('|')[2];
  if (mirror === undefined) throw new Error('no Debian mirror in the apt configuration of this machine');
  for (const path of ['state/lists/partial', 'cache/archives/partial']) await mkdir(join(directory, path), { recursive: true });
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  await writeFile(join(directory, 'sources.list'), `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
  return Object.entries({
    'Dir::State': join(directory, 'state'),
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': join(directory, 'cache'),
    'Dir::Etc::sourcelist': join(directory, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'APT::Sandbox::User': 'root',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
