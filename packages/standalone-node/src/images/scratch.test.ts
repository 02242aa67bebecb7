import { lutimes, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makeScratch } from './scratch.js';

const PREFIX = 'solo-import-';
const DAY_MS = 86_400_000;
let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'scratch-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

it('lies in TMPDIR, or in /var/tmp where that is none', async () => {
  vi.stubEnv('TMPDIR', root);
  const one = await makeScratch(PREFIX);
  expect(dirname(one)).toBe(root);
  expect((await stat(one)).mode & 0o777).toBe(0o700);
  for (const none of ['', join(root, 'none')]) {
    vi.stubEnv('TMPDIR', none);
    const other = await makeScratch(PREFIX);
    await rm(other, { recursive: true });
    expect(dirname(other)).toBe('/var/tmp');
  }
});

it('says why it can be nowhere', async () => {
  await expect(makeScratch(PREFIX, { places: [join(root, 'a'), join(root, 'b')] })).rejects.toThrow(/ENOENT.*\/b\/solo-import-/);
});

it('removes what was left a day ago, whoever has the number of the process that left it by now, and nothing else', async () => {
  const gone = 4_194_305; // more than any process has
  const nowMs = Date.now();
  const make = async (name: string, ageMs: number): Promise<string> => {
    await mkdir(join(root, name));
    await writeFile(join(root, name, 'archive.tar'), 'large');
    await utimes(join(root, name), (nowMs - ageMs) / 1_000, (nowMs - ageMs) / 1_000);
    return name;
  };
  for (const pid of [gone, process.pid, 1]) await make(`${PREFIX}${pid}-left`, 2 * DAY_MS);
  const kept = [
    await make(`${PREFIX}${gone}-young`, DAY_MS / 2),
    await make(`${PREFIX}${process.pid}-young`, DAY_MS / 2),
    await make(`${PREFIX}else`, 2 * DAY_MS),
    await make(`other-${gone}-x`, 2 * DAY_MS),
  ];
  const link = join(root, `${PREFIX}${gone}-link`);
  await symlink(join(root, kept[3] ?? ''), link);
  await lutimes(link, 0, 0);
  const made = await makeScratch(PREFIX, { places: [root], nowMs });
  expect((await readdir(root)).sort()).toEqual([...kept, basename(link), basename(made)].sort());
  expect(await readdir(join(root, kept[3] ?? ''))).toEqual(['archive.tar']);
});
