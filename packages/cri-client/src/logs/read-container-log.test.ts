import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listRotatedLogs, readRotatedLog } from './log-files.js';
import { type ReadContainerLogOptions, readContainerLog } from './read-container-log.js';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-log-'));
  path = join(directory, '0.log');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const line = (text: string, { stream = 'stdout', tag = 'F', second = 0 } = {}): string =>
  `2026-01-02T03:04:${String(second).padStart(2, '0')}.5Z ${stream} ${tag} ${text}\n`;

const readAll = async (options: Partial<ReadContainerLogOptions> = {}): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of readContainerLog({ path, ...options })) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
};

describe('readContainerLog', () => {
  it('prints what the container wrote, both streams in order', async () => {
    await writeFile(path, line('one') + line('two', { stream: 'stderr' }) + line(''));
    expect(await readAll()).toBe('one\ntwo\n\n');
  });

  it('joins the pieces of a long line', async () => {
    await writeFile(path, line('a'.repeat(10), { tag: 'P' }) + line('b', { tag: 'P' }) + line('c'));
    expect(await readAll()).toBe(`${'a'.repeat(10)}bc\n`);
  });

  it('breaks a long line where the other stream comes between, and keeps the order of the file', async () => {
    await writeFile(path, line('out-', { tag: 'P' }) + line('err', { stream: 'stderr' }) + line('end') + line('next'));
    expect(await readAll()).toBe('out-\nerr\nend\nnext\n');
  });

  it('keeps the order of the file however long a line without an end grows', async () => {
    const lines: string[] = [];
    for (let index = 0; index < 3_000; index += 1) lines.push(line('.'.repeat(1_000), { stream: 'stderr', tag: 'P' }), line(`n${index}`));
    await writeFile(path, lines.join(''));
    const text = await readAll();
    expect(text.replaceAll(/\.+\n/g, '')).toBe(Array.from({ length: 3_000 }, (_, index) => `n${index}\n`).join(''));
    expect(text.match(/\.\n/g)).toHaveLength(3_000);
  });

  it('shows what one stream writes while the other is within a line', async () => {
    await writeFile(path, line('10 %', { stream: 'stderr', tag: 'P' }));
    const reading = readContainerLog({ path, follow: true });
    const next = async (): Promise<string> => String((await reading.next()).value);
    expect(await next()).toBe('10 %');
    await appendFile(path, line('hello'));
    expect(await next()).toBe('\nhello\n');
    await appendFile(path, line('20 %', { stream: 'stderr', tag: 'P' }));
    expect(await next()).toBe('20 %');
    await reading.return();
  });

  it('gives a line that was broken the time of each part, and drops all of one that began too early', async () => {
    await writeFile(
      path,
      line('a', { tag: 'P', second: 1 }) + line('e', { stream: 'stderr', second: 2 }) + line('b', { second: 3 }) + line('c', { second: 4 }),
    );
    expect(await readAll({ timestamps: true })).toBe(
      ['01.500000000Z a', '02.500000000Z e', '03.500000000Z b', '04.500000000Z c'].map((text) => `2026-01-02T03:04:${text}\n`).join(''),
    );
    expect(await readAll({ sinceMs: Date.parse('2026-01-02T03:04:02Z') })).toBe('e\nc\n');
  });

  it.each([
    ['a named pipe', () => void execFileSync('mkfifo', [path]), 'EFTYPE'],
    ['a directory', () => mkdir(path), 'EFTYPE'],
    ['a link to a file of the host', () => symlink('/etc/hostname', path), 'ELOOP'],
  ])('refuses what stands in the place of the log and is no file: %s', async (_, make, code) => {
    await make();
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => readAll({ follow: true })));
    expect(attempts).toEqual(attempts.map(() => ({ status: 'rejected', reason: expect.objectContaining({ code }) })));
  });

  it('passes over what lies among the rotated files and is none', async () => {
    execFileSync('mkfifo', [`${path}.20260101-000000`, `${path}.20260101-000001.gz`]);
    await writeFile(path, line('kept'));
    expect(await readAll()).toBe('kept\n');
    expect(await readAll({ tailLines: 5 })).toBe('kept\n');
  });

  it('drops what is no log line', async () => {
    await writeFile(path, `garbage\n${line('kept')}2026 bad F x\n\n`);
    expect(await readAll()).toBe('kept\n');
  });

  it('leaves a line that is still being written for later', async () => {
    await writeFile(path, `${line('whole')}2026-01-02T03:04:05Z stdout F hal`);
    expect(await readAll()).toBe('whole\n');
  });

  it('prints times with nine digits, at the start of a logical line only', async () => {
    await writeFile(path, line('a', { tag: 'P' }) + line('b') + line('c', { second: 7 }));
    expect(await readAll({ timestamps: true })).toBe('2026-01-02T03:04:00.500000000Z ab\n2026-01-02T03:04:07.500000000Z c\n');
  });

  it.each([
    [0, ''],
    [1, 'three\n'],
    [2, 'two\nthree\n'],
    [9, 'one\ntwo\nthree\n'],
  ])('gives the last %i lines', async (tailLines, expected) => {
    await writeFile(path, line('one') + line('two', { stream: 'stderr' }) + line('three'));
    expect(await readAll({ tailLines })).toBe(expected);
  });

  it('finds the tail of a file far larger than a block', async () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => line(`${index} ${'x'.repeat(index % 200)}`));
    await writeFile(path, lines.join(''));
    expect((await readAll({ tailLines: 1_234 })).split('\n')[0]).toMatch(/^3766 x+$/);
  });

  it('gives one stream, also in the tail', async () => {
    await writeFile(path, line('o1') + line('e1', { stream: 'stderr' }) + line('o2') + line('e2', { stream: 'stderr' }));
    expect(await readAll({ stream: 'stderr' })).toBe('e1\ne2\n');
    expect(await readAll({ stream: 'stdout', tailLines: 1 })).toBe('o2\n');
  });

  it('drops what is older than sinceMs', async () => {
    await writeFile(path, line('old', { second: 1 }) + line('new', { second: 5 }));
    expect(await readAll({ sinceMs: Date.parse('2026-01-02T03:04:03Z') })).toBe('new\n');
  });

  it('stops after limitBytes, in the middle of a line', async () => {
    await writeFile(path, line('12345') + line('67890'));
    expect(await readAll({ limitBytes: 8 })).toBe('12345\n67');
  });

  it('reads across rotated and compressed files', async () => {
    await writeFile(`${path}.20260101-000000.gz`, gzipSync(line('first')));
    await writeFile(`${path}.20260101-000100`, line('second'));
    await writeFile(`${path}.20260101-000100.gz.tmp`, 'half');
    await writeFile(path, line('third'));
    expect(await readAll()).toBe('first\nsecond\nthird\n');
    expect(await readAll({ tailLines: 2 })).toBe('second\nthird\n');
    expect(await readAll({ tailLines: 3 })).toBe('first\nsecond\nthird\n');
  });

  it('reads a file that is compressed while it is about to be read', async () => {
    await writeFile(`${path}.20260101-000000`, line('first'));
    await writeFile(path, line('second'));
    expect(await readAll()).toBe('first\nsecond\n');
    const [listed] = await listRotatedLogs(path);
    await writeFile(`${path}.20260101-000000.gz`, gzipSync(line('first')));
    await rm(`${path}.20260101-000000`);
    const bytes: Buffer[] = [];
    for await (const chunk of readRotatedLog(listed!, new AbortController().signal)) bytes.push(chunk);
    expect(Buffer.concat(bytes).toString()).toBe(line('first'));
  });

  it('waits for a current file that a rotation has just moved away', async () => {
    await writeFile(`${path}.20260101-000000`, line('first'));
    const reading = readAll();
    await writeFile(path, line('second'));
    expect(await reading).toBe('first\nsecond\n');
  });

  it('says ENOENT when there is no log', async () => {
    await expect(readAll()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('follows through ten rotations without losing or doubling a line', async () => {
    const total = 20_000;
    let running = true;
    await writeFile(path, '');
    const write = async (): Promise<void> => {
      for (let index = 0; index < total; index += 100) {
        await appendFile(path, Array.from({ length: 100 }, (_, offset) => line(`n${index + offset}`)).join(''));
        if (index % 2_000 === 1_900) {
          // As the kubelet does it: rename first; the runtime writes on into the renamed file until it is told to reopen.
          const rotated = `${path}.20260101-0000${String(index / 100).padStart(3, '0')}`;
          await rename(path, rotated);
          await appendFile(rotated, line(`r${index}`));
          await writeFile(path, '');
        }
      }
      running = false;
    };
    const [text] = await Promise.all([readAll({ follow: true, isRunning: async () => running }), write()]);
    const expected = Array.from({ length: total }, (_, index) => (index % 2_000 === 1_999 ? `n${index}\nr${index - 99}` : `n${index}`));
    expect(text).toBe(`${expected.join('\n')}\n`);
  });

  it('stops following when told to', async () => {
    await writeFile(path, line('one'));
    const controller = new AbortController();
    const seen: string[] = [];
    for await (const chunk of readContainerLog({ path, follow: true, signal: controller.signal })) {
      seen.push(chunk.toString());
      controller.abort();
    }
    expect(seen).toEqual(['one\n']);
  });
});
