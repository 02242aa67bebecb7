import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rotateLog } from './rotate-log.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rotate-'));
});
afterEach(() => rm(directory, { recursive: true }));

const signal = new AbortController().signal;
const at = (minute: number) => new Date(2026, 0, 2, 3, minute, 0).getTime();
const rotate = (minute: number, reopen = async () => writeFile(join(directory, '0.log'), '')) =>
  rotateLog({ logPath: join(directory, '0.log'), maxFiles: 3, nowMs: at(minute), reopen, signal });

it('names the old log by date, compresses the one before, and keeps as many as asked', async () => {
  for (let minute = 1; minute <= 5; minute++) {
    await writeFile(join(directory, '0.log'), `log ${minute}`);
    await rotate(minute);
  }
  expect((await readdir(directory)).sort()).toEqual(['0.log', '0.log.20260102-030400.gz', '0.log.20260102-030500']);
  expect(gunzipSync(await readFile(join(directory, '0.log.20260102-030400.gz'))).toString()).toBe('log 4');
});

it('keeps the order of the names when the clock is set back', async () => {
  for (const minute of [30, 40, 1]) {
    await writeFile(join(directory, '0.log'), `log ${minute}`);
    await rotate(minute);
  }
  expect((await readdir(directory)).sort()).toEqual(['0.log', '0.log.20260102-034000.gz', '0.log.20260102-034001']);
  expect(await readFile(join(directory, '0.log.20260102-034001'), 'utf8')).toBe('log 1');
});

it('clears away what an interrupted rotation left', async () => {
  await writeFile(join(directory, '0.log'), 'now');
  for (const name of ['0.log.20260101-000000', '0.log.20260101-000000.gz', '0.log.20260101-000001.tmp'])
    await writeFile(join(directory, name), 'x');
  await rotate(1);
  expect((await readdir(directory)).sort()).toEqual(['0.log', '0.log.20260101-000000.gz', '0.log.20260102-030100']);
});

it('deletes what lies among the rotated files and is none', async () => {
  await writeFile(join(directory, '0.log'), 'now');
  await writeFile(join(directory, 'precious'), 'kept');
  execFileSync('mkfifo', [join(directory, '0.log.20260101-000000')]);
  await symlink(join(directory, 'precious'), join(directory, '0.log.20260101-000001'));
  await mkdir(join(directory, '0.log.20260101-000002', 'full'), { recursive: true });
  await rotate(1);
  expect((await readdir(directory)).sort()).toEqual(['0.log', '0.log.20260102-030100', 'precious']);
  expect(await readFile(join(directory, 'precious'), 'utf8')).toBe('kept');
});

it('gives the log its name back when the runtime does not open a new one', async () => {
  await writeFile(join(directory, '0.log'), 'kept');
  await expect(
    rotate(1, async () => {
      throw new Error('container is not running');
    }),
  ).rejects.toThrow('not running');
  expect(await readFile(join(directory, '0.log'), 'utf8')).toBe('kept');
});
