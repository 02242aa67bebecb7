import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Payload } from '../core/object-payload.js';
import { temporaryDirectory } from '../testing/as-root.js';
import { writeAtomically } from './atomic-writer.js';

let temporary: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  temporary = temporaryDirectory();
});
afterEach(() => temporary.remove());

const payload = (files: Readonly<Record<string, string>>, mode = 0o644): Payload =>
  new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode }]));
const nowMs = Date.UTC(2026, 0, 2, 15, 4, 5);
const visible = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory)).filter((name) => !name.startsWith('..')).sort();

describe('writeAtomically', () => {
  it('shows files through ..data in a directory named after the time', async () => {
    expect(await writeAtomically(temporary.path, payload({ labels: 'a="b"', 'etc/deep/x': '1' }), { nowMs })).toBe(true);
    const data = await readlink(join(temporary.path, '..data'));
    expect(data).toMatch(/^\.\.2026_01_02_15_04_05\.\w+$/);
    expect((await stat(join(temporary.path, data))).mode & 0o777).toBe(0o755);
    expect(await visible(temporary.path)).toEqual(['etc', 'labels']);
    expect(await readlink(join(temporary.path, 'labels'))).toBe('..data/labels');
    expect(await readFile(join(temporary.path, 'etc/deep/x'), 'utf8')).toBe('1');
  });

  it('gives every file its exact mode', async () => {
    await writeAtomically(temporary.path, payload({ key: 'k' }, 0o7), { nowMs });
    expect((await stat(join(temporary.path, 'key'))).mode & 0o777).toBe(0o7);
  });

  it('writes nothing when the bytes are the same, whatever the modes', async () => {
    await writeAtomically(temporary.path, payload({ a: '1' }), { nowMs });
    const before = await readlink(join(temporary.path, '..data'));
    expect(await writeAtomically(temporary.path, payload({ a: '1' }, 0o600), { nowMs: nowMs + 5_000 })).toBe(false);
    expect(await readlink(join(temporary.path, '..data'))).toBe(before);
  });

  it('replaces all at once, drops what is gone and keeps no old directory', async () => {
    await writeAtomically(temporary.path, payload({ a: '1', b: '1', 'dir/c': '1' }), { nowMs });
    await writeAtomically(temporary.path, payload({ a: '2', d: '2' }), { nowMs: nowMs + 1_000 });
    expect(await visible(temporary.path)).toEqual(['a', 'd']);
    expect(await readFile(join(temporary.path, 'a'), 'utf8')).toBe('2');
    expect((await readdir(temporary.path)).filter((name) => name.startsWith('..2026'))).toHaveLength(1);
  });

  it('removes what a killed process left of a switch, also when nothing changes, and no other name', async () => {
    await writeAtomically(temporary.path, payload({ token: 'old' }), { nowMs });
    const left = '..2026_01_02_15_04_00.aB3dE6';
    for (const name of [left, '..2026_not_ours', '..other']) await mkdir(join(temporary.path, name));
    await writeFile(join(temporary.path, left, 'token'), 'older');
    const shown = await readlink(join(temporary.path, '..data'));
    expect(await writeAtomically(temporary.path, payload({ token: 'old' }), { nowMs })).toBe(false);
    expect((await readdir(temporary.path)).sort()).toEqual([shown, '..2026_not_ours', '..data', '..other', 'token'].sort());
    expect(await readFile(join(temporary.path, 'token'), 'utf8')).toBe('old');
  });

  it('leaves a nested mount point beside its links alone', async () => {
    await mkdir(join(temporary.path, 'nested'));
    await writeAtomically(temporary.path, payload({ a: '1' }), { nowMs });
    expect((await lstat(join(temporary.path, 'nested'))).isDirectory()).toBe(true);
  });

  it('runs the ownership step before the new files show', async () => {
    await writeAtomically(temporary.path, payload({ a: '1' }), { nowMs });
    let seen = '';
    await writeAtomically(temporary.path, payload({ a: '2' }), {
      nowMs: nowMs + 1_000,
      beforeSwitch: async () => {
        seen = await readFile(join(temporary.path, 'a'), 'utf8');
      },
    });
    expect(seen).toBe('1');
  });

  it('keeps the old files and no scraps when the step before the switch fails', async () => {
    await writeAtomically(temporary.path, payload({ a: '1' }), { nowMs });
    const failing = writeAtomically(temporary.path, payload({ a: '2' }), { nowMs, beforeSwitch: () => Promise.reject(new Error('no')) });
    await expect(failing).rejects.toThrow('no');
    expect(await readFile(join(temporary.path, 'a'), 'utf8')).toBe('1');
    expect((await readdir(temporary.path)).filter((name) => name.startsWith('..2026'))).toHaveLength(1);
  });

  it('recovers from a crash that left a half-made switch behind', async () => {
    await mkdir(join(temporary.path, '..2025_01_01_00_00_00.x'));
    await writeFile(join(temporary.path, '..data_tmp'), '');
    await writeAtomically(temporary.path, payload({ a: '1' }), { nowMs });
    expect(await readFile(join(temporary.path, 'a'), 'utf8')).toBe('1');
    await chmod(temporary.path, 0o777);
  });

  it.each(['/abs', '../up', 'a/../b', '', '..data', `${'x'.repeat(256)}`])('refuses the path "%s"', async (path) => {
    await expect(writeAtomically(temporary.path, payload({ [path]: '' }), { nowMs })).rejects.toThrow('invalid path');
  });
});
