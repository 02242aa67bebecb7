import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { packOne } from './packed.js';

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const isRoot = process.getuid?.() === 0;
/** Who runs the installed package: root's caches are those of the machine. */
const NOBODY = 65534;

/** The packed package itself; what it depends on is the workspace's, as built. */
describe('the packed command line', () => {
  let place = '';
  let home = '';
  let example: string;
  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'solo-kubelet-cli-'));
    await run('tar', ['-xzf', await packOne(root, 'kubelet-cli', place), '-C', place]);
    symlinkSync(join(root, 'packages/kubelet-cli/node_modules'), join(place, 'package/node_modules'));
    // Not below the directory for temporary files, in which no cache is trusted.
    home = mkdtempSync(isRoot ? '/home/solo-code-cache-' : join(homedir(), '.solo-code-cache-'));
    example = join(home, 'pod.yaml');
    copyFileSync(join(root, 'examples/run-once.yaml'), example);
    chmodSync(example, 0o644);
    if (!isRoot) return;
    chmodSync(place, 0o755);
    chownSync(home, NOBODY, NOBODY);
  });
  afterAll(() => {
    for (const directory of [home, place]) if (directory !== '') rmSync(directory, { recursive: true, force: true });
  });

  const cache = (): string => join(home, '.cache/solo-kubelet');
  const cacheOf = (command: string): string | undefined => {
    try {
      return readdirSync(cache()).find((name) => name.startsWith(`${command}-`) && name.endsWith('.v8'));
    } catch {
      return undefined;
    }
  };
  const bin = (): string => join(place, 'package/dist/bin.js');
  const settings = (env: Readonly<Record<string, string>>) => ({
    cwd: '/',
    env: { PATH: process.env['PATH'], HOME: home, SOLO_KUBELET_CODE_CACHE: 'debug', ...env },
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
  });
  /** What a judgement of the example tells about its code cache. */
  const told = async (env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { stdout, stderr } = await run(process.execPath, [bin(), 'validate', example], { ...settings(env), timeout: 60_000 });
    expect(stdout).toContain('can run');
    return stderr.trim();
  };
  const clean = (): void => rmSync(cache(), { recursive: true, force: true });

  it('takes what V8 compiled when it ran before', async () => {
    clean();
    expect(await told()).toMatch(/^no code cache: ENOENT/);
    expect(await told()).toBe('code cache: taken');
  });

  it('says nothing of it unless it is asked', async () => {
    clean();
    expect(await told({ SOLO_KUBELET_CODE_CACHE: '' })).toBe('');
    expect(await told({ SOLO_KUBELET_CODE_CACHE: '' })).toBe('');
  });

  it('neither takes nor keeps any where it is switched off, nor where the modules run', async () => {
    clean();
    expect(await told({ SOLO_KUBELET_CODE_CACHE: 'off' })).toBe('');
    expect(await told({ SOLO_KUBELET_BUNDLE: 'off' })).toBe('');
    expect(await told({ NODE_OPTIONS: '--enable-source-maps' })).toBe('');
    expect(cacheOf('validate')).toBeUndefined();
  });

  it('starts without one that is changed or cut off, and has a whole one the next time', async () => {
    await told();
    for (const damage of [(whole: Buffer) => whole.fill(7, 1_000, 1_100), (whole: Buffer) => whole.subarray(0, whole.length >> 1)]) {
      const path = join(cache(), cacheOf('validate')!);
      writeFileSync(path, damage(readFileSync(path)));
      expect(await told()).toMatch(/^no code cache: .* is not whole$/);
      expect(await told()).toBe('code cache: taken');
    }
  });

  it('keeps one more for other flags of V8, and takes neither for the other', async () => {
    clean();
    await told();
    expect(await told({ NODE_OPTIONS: '--stack-trace-limit=20' })).toMatch(/^no code cache: ENOENT/);
    expect(await told({ NODE_OPTIONS: '--stack-trace-limit=20' })).toBe('code cache: taken');
    expect(await told()).toBe('code cache: taken');
  });

  it('starts where nothing can be written', async () => {
    clean();
    mkdirSync(cache(), { recursive: true, mode: 0o555 });
    if (isRoot) chownSync(cache(), NOBODY, NOBODY);
    expect(await told()).toMatch(/^no code cache: ENOENT.*\nno code cache: EACCES/s);
  });

  it('takes none from a directory that others may write to, and puts none there', async () => {
    clean();
    await told();
    chmodSync(cache(), 0o777);
    expect(await told()).toMatch(/^(no code cache: others than its user may write to [^\n]*\n?){2}$/);
  });

  it.skipIf(!isRoot)("takes none from another user's directory (only root can make one: skipped for others)", async () => {
    clean();
    await told();
    chownSync(cache(), 1, 1);
    chmodSync(cache(), 0o755);
    expect(await told()).toMatch(/^(no code cache: others than its user may write to [^\n]*\n?){2}$/);
  });

  it('keeps that of a kubelet once it rests, under the flags that a kubelet sets', async () => {
    clean();
    const up = (): ChildProcess & { told: string } => {
      const args = [bin(), 'up', '--runtime', 'memory', '--kube-api', 'off', example];
      const child = Object.assign(spawn(process.execPath, args, { ...settings({}), stdio: ['ignore', 'ignore', 'pipe'] }), { told: '' });
      child.stderr!.setEncoding('utf8').on('data', (text: string) => {
        child.told += text;
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    };
    const until = async (child: { readonly told: string }, isSo: () => boolean): Promise<void> => {
      for (let turn = 0; !isSo(); turn += 1) {
        if (turn > 1_200) throw new Error(`not within two minutes:\n${child.told}`);
        await delay(100);
      }
    };
    const end = async (child: ChildProcess): Promise<void> => {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    };
    const first = up();
    await until(first, () => cacheOf('up') !== undefined);
    await end(first);
    const second = up();
    await until(second, () => second.told.includes('code cache: '));
    expect(second.told).toContain('code cache: taken');
    await end(second);
  });

  it('imports nothing late: what comes from a code cache could not, with Node.js 20', () => {
    for (const program of ['kubelet.program.cjs', 'client.program.cjs'])
      expect(readFileSync(join(dirname(bin()), program), 'latin1')).not.toMatch(/\bimport\(["'`]/);
  });

  it('brings the licences of the libraries that are in its bundles', () => {
    const licences = readFileSync(join(dirname(bin()), 'LICENSES-of-libraries.txt'), 'utf8');
    for (const name of ['rxjs', '@grpc/grpc-js', 'mqtt-packet', 'yaml']) expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });
});
