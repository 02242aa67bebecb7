import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { cacheName } from './cache-name.js';
import { codeCache } from './code-cache.js';

const uid = process.getuid!();
const name = cacheName({ command: 'run', program: 'ab', file: '', node: 'v20.0.0', arch: 'x64', v8: 1 });
const compiled = Buffer.from('what V8 compiled');

/** Not below the directory for temporary files, which everybody may write to. */
const place = (): { readonly above: string; readonly directory: string } => {
  const above = mkdtempSync(join(homedir(), '.solo-code-cache-'));
  onTestFinished(() => rmSync(above, { recursive: true, force: true }));
  return { above, directory: join(above, 'solo-kubelet') };
};
const cacheAt = (directory: string) => {
  const told: string[] = [];
  return { ...codeCache(directory, name, uid, (why) => told.push(why)), told };
};

it('keeps what was written in a directory and a file that only its user can read, and nothing beside it', () => {
  const { directory } = place();
  const cache = cacheAt(directory);
  expect(cache.read()).toBeUndefined();
  cache.write(() => compiled);
  cache.write(() => compiled);
  expect(cache.read()).toEqual(compiled);
  expect(readdirSync(directory)).toEqual([name]);
  expect([statSync(directory).mode & 0o777, statSync(join(directory, name)).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(cache.told).toHaveLength(1);
});

it('removes what is too much when it writes', () => {
  const { directory } = place();
  mkdirSync(directory, { mode: 0o700 });
  const old = ['1', '2', '3'].map((digit) => `run-${digit.repeat(32)}.v8`);
  for (const file of old) writeFileSync(join(directory, file), 'x');
  const cache = cacheAt(directory);
  cache.write(() => compiled);
  expect(readdirSync(directory)).toHaveLength(2);
  expect(cache.read()).toEqual(compiled);
});

it('takes nothing from a directory that others may write to, nor from one inside such a directory, and writes nothing there', () => {
  for (const which of ['above', 'directory'] as const) {
    const paths = place();
    const cache = cacheAt(paths.directory);
    cache.write(() => compiled);
    chmodSync(paths[which], 0o777);
    expect(cache.read()).toBeUndefined();
    rmSync(join(paths.directory, name));
    cache.write(() => expect.unreachable('asked for what cannot be kept'));
    expect(readdirSync(paths.directory)).toEqual([]);
    expect(cache.told).toEqual([expect.stringContaining('others than its user'), expect.stringContaining('others than its user')]);
  }
});

it.skipIf(uid !== 0)('takes nothing of another user: neither directory nor file (only root can make one: skipped for others)', () => {
  const { directory } = place();
  const cache = cacheAt(directory);
  cache.write(() => compiled);
  chownSync(join(directory, name), 65534, 65534);
  expect(cache.read()).toBeUndefined();
  chownSync(join(directory, name), 0, 0);
  expect(cache.read()).toEqual(compiled);
  chownSync(directory, 65534, 65534);
  expect(cache.read()).toBeUndefined();
});

it('takes no file that is a link, that others may write to, or that is none', () => {
  const { above, directory } = place();
  const cache = cacheAt(directory);
  cache.write(() => compiled);
  const path = join(directory, name);
  const content = readFileSync(path);
  chmodSync(path, 0o666);
  expect(cache.read()).toBeUndefined();
  rmSync(path);
  writeFileSync(join(above, 'elsewhere'), content);
  symlinkSync(join(above, 'elsewhere'), path);
  expect(cache.read()).toBeUndefined();
  rmSync(path);
  execFileSync('mkfifo', [path]);
  expect(cache.read()).toBeUndefined();
  rmSync(path);
  mkdirSync(path);
  expect(cache.read()).toBeUndefined();
});

it('goes without where a file is in the place of the directory, or of the one above', () => {
  const { above, directory } = place();
  writeFileSync(directory, '');
  for (const path of [directory, join(directory, 'deeper'), join(above, 'x\0y')]) {
    const cache = cacheAt(path);
    cache.write(() => compiled);
    expect(cache.read()).toBeUndefined();
    expect(cache.told).toHaveLength(2);
  }
});
