import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogFields, Logger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFiles } from './file-layer.js';
import { readState, removeDrafts, removeDurable, writeDurably } from './index.js';
import { faultyFiles } from './testing/index.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'state-files-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const decode = (text: string): number => {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'number') throw new Error('not a number');
  return value;
};
const recorder = (): { logger: Logger; records: LogFields[] } => {
  const records: LogFields[] = [];
  const log = (fields: LogFields): void => void records.push(fields);
  return { logger: { trace: log, debug: log, info: log, warn: log, error: log }, records };
};

describe('writeDurably', () => {
  it('makes the directory, keeps the mode and leaves nothing beside the file', async () => {
    const path = join(directory, 'a', 'b', 'state.json');
    await writeDurably(path, '1', { mode: 0o640, directoryMode: 0o750 });
    await writeDurably(path, '2', { mode: 0o640 });
    expect(await readFile(path, 'utf8')).toBe('2');
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect((await stat(join(directory, 'a', 'b'))).mode & 0o777).toBe(0o750);
    expect(await readdir(join(directory, 'a', 'b'))).toEqual(['state.json']);
  });

  it('leaves a draft when it is killed, which goes with its file or with all that nobody writes', async () => {
    const [gone, kept] = ['gone.json', 'kept.json'].map((name) => join(directory, name)) as [string, string];
    for (const path of [gone, kept]) await writeDurably(path, '1');
    for (const name of ['.gone.json.new', '.lost.json.new', '.hidden', 'own.new']) await writeFile(join(directory, name), '');
    await removeDurable(gone);
    expect((await readdir(directory)).sort()).toEqual(['.hidden', '.lost.json.new', 'kept.json', 'own.new']);
    const rename = async (from: string, to: string): Promise<void> => {
      await removeDrafts(directory, await readdir(directory));
      await nodeFiles.rename(from, to);
    };
    await writeDurably(kept, '2', { files: { ...nodeFiles, rename } });
    expect((await readdir(directory)).sort()).toEqual(['.hidden', 'kept.json', 'own.new']);
    expect(await readFile(kept, 'utf8')).toBe('2');
  });

  it('never writes through a link in the place of its draft', async () => {
    await writeFile(join(directory, 'victim'), 'untouched');
    await symlink(join(directory, 'victim'), join(directory, '.state.json.new'));
    await writeDurably(join(directory, 'state.json'), 'x');
    expect(await readFile(join(directory, 'victim'), 'utf8')).toBe('untouched');
  });

  it.each(['ENOSPC', 'EROFS', 'EIO', 'POWER'])('%s at any operation leaves the old or the new content', async (code) => {
    const path = join(directory, 'state.json');
    for (let at = 0; ; at += 1) {
      await writeDurably(path, '1');
      const files = faultyFiles({ at, code });
      const failed = await writeDurably(path, '2', { files }).then(
        () => false,
        () => true,
      );
      expect(['1', '2']).toContain(await readFile(path, 'utf8'));
      if (!failed) {
        expect(await readFile(path, 'utf8')).toBe('2');
        expect(at).toBeGreaterThan(2);
        break;
      }
    }
    await writeDurably(path, '3');
    expect(await readdir(directory)).toEqual(['state.json']);
  });
});

describe('readState', () => {
  it('reads what was written, and nothing where there is nothing', async () => {
    const path = join(directory, 'state.json');
    expect(await readState(path, { decode })).toBeUndefined();
    expect(await readState(join(path, 'below'), { decode })).toBeUndefined();
    await writeDurably(path, '7');
    expect(await readState(path, { decode })).toBe(7);
  });

  it.each(['', '{', '[null]', '"7"', '\u0000'])('sets %j aside with one log record and goes on', async (text) => {
    const path = join(directory, 'state.json');
    await writeFile(path, text);
    const { logger, records } = recorder();
    expect(await readState(path, { decode, logger })).toBeUndefined();
    expect(records).toEqual([expect.objectContaining({ path, movedTo: `${path}.broken` })]);
    expect(await readFile(`${path}.broken`, 'utf8')).toBe(text);
    expect(await readState(path, { decode, logger })).toBeUndefined();
    expect(records).toHaveLength(1);
  });

  it('does not wait for a FIFO, read a directory, or read more than its limit', async () => {
    const fifo = join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    expect(await readState(fifo, { decode })).toBeUndefined();
    await mkdir(join(directory, 'sub'));
    expect(await readState(join(directory, 'sub'), { decode })).toBeUndefined();
    await writeFile(join(directory, 'large'), '1'.repeat(100));
    const { logger, records } = recorder();
    expect(await readState(join(directory, 'large'), { decode, logger, maxBytes: 99 })).toBeUndefined();
    expect(records[0]?.['err']).toContain('100 bytes');
  });

  it('leaves a file in its place when the disk fails to read it', async () => {
    const path = join(directory, 'state.json');
    await writeDurably(path, '7');
    expect(await readState(path, { decode, files: faultyFiles({ at: 0, code: 'EIO', lasting: false }) })).toBeUndefined();
    expect(await readState(path, { decode })).toBe(7);
  });
});

describe('the sync of a directory', () => {
  it('is shared by the files that are written at once, all of which are there', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `${index}.json`);
    await Promise.all(names.map((name) => writeDurably(join(directory, name), name)));
    expect((await readdir(directory)).sort()).toEqual(names.sort());
  });

  it('fails for everybody who waits for it, and works again afterwards', async () => {
    const missing = join(directory, 'missing');
    const asked = await Promise.allSettled([1, 2, 3].map(() => nodeFiles.syncDirectory(missing)));
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await mkdir(missing);
    await expect(nodeFiles.syncDirectory(missing)).resolves.toBe(undefined);
  });
});
