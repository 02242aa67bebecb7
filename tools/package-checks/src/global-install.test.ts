import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { packAll } from './packed.js';

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const example = join(root, 'examples/run-once.yaml');

/**
 * Tarballs beside each other are what a machine without a registry of ours gets, and the hardest case: a package that is global itself shares nothing with
 * its neighbours, so that each finds only what it asks for.
 */
describe('the packed packages, installed with npm install --global', () => {
  let directory: string;
  const bin = (name: string): string => join(directory, 'bin', name);
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-global-'));
    const packs = join(directory, 'packs');
    await mkdir(packs);
    const tarballs = [...(await packAll(root, packs)).values()];
    const options = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
    await run('npm', ['install', '--global', '--prefix', directory, ...options, ...tarballs], { timeout: 1_200_000 });
    await symlink('kubelet-cli', bin('kubelet'));
  }, 1_800_000);
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('bring a command line that judges a manifest', async () => {
    expect((await run(bin('kubelet-cli'), ['validate', example])).stdout).toContain('can run');
  });

  it('bring a kubelet, under that name, that tells its flags', async () => {
    expect((await run(bin('kubelet'), ['--help'])).stdout).toContain('--config');
  });

  it('bring all that a kubelet needs to run a Pod', async () => {
    const manifests = join(directory, 'manifests');
    await mkdir(manifests);
    await copyFile(example, join(manifests, 'run-once.yaml'));
    const child = spawn(bin('kubelet-cli'), ['up', '--runtime', 'memory', manifests], { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let printed = '';
    const shown = new Promise<void>((resolve, reject) => {
      for (const output of [child.stdout, child.stderr]) {
        output.setEncoding('utf8').on('data', (text: string) => {
          printed += text;
          if (/run-once-\S+ +\d\/1 +(Running|Completed)/.test(printed)) resolve();
        });
      }
      child.once('exit', () => reject(new Error(`it ended:\n${printed}`)));
    });
    await shown;
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });
});
