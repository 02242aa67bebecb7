import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRegular } from './open-regular.js';
import { readRegular, readRegularTail } from './read-regular.js';
import { temporaryDirectory } from './testing/as-root.js';

let temporary: ReturnType<typeof temporaryDirectory>;
let at: (name: string) => string;
beforeEach(async () => {
  temporary = temporaryDirectory();
  at = (name) => join(temporary.path, name);
  await writeFile(at('file'), 'content');
});
afterEach(() => temporary.remove());

describe('openRegular', () => {
  it('opens a regular file', async () => {
    const file = await openRegular(at('file'));
    expect(await file.readFile('utf8')).toBe('content');
    await file.close();
  });

  it.each([
    ['a named pipe', (path: string) => execFileSync('mkfifo', [path])],
    ['a directory', (path: string) => mkdir(path)],
    ['a device', (path: string) => symlink('/dev/zero', path)],
  ])('refuses %s without waiting, however often', async (kind, make) => {
    await make(at('other'));
    // More attempts than the process has threads for files: none may be left behind in open(2).
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => openRegular(at('other'), { followLinks: true })));
    const reason = expect.objectContaining({ code: 'EFTYPE', message: `cannot read ${at('other')}: it is ${kind}, not a regular file` });
    expect(attempts).toEqual(attempts.map(() => ({ status: 'rejected', reason })));
    expect((await readRegular(at('file'), { maxBytes: 100 })).toString()).toBe('content');
  });

  it('refuses a socket', async () => {
    const server = createServer().listen(at('socket'));
    await expect(openRegular(at('socket'))).rejects.toMatchObject({ code: 'EFTYPE' });
    server.close();
  });

  it('follows a link only if told so', async () => {
    await symlink(at('file'), at('link'));
    await expect(openRegular(at('link'))).rejects.toMatchObject({ code: 'ELOOP' });
    expect((await readRegular(at('link'), { maxBytes: 100, followLinks: true })).toString()).toBe('content');
  });

  it('says what a missing file is', async () => {
    await expect(openRegular(at('missing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('opens nothing for a caller who has given up', async () => {
    await expect(openRegular(at('file'), { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('readRegular', () => {
  it('refuses a file that is larger than the limit', async () => {
    await expect(readRegular(at('file'), { maxBytes: 6 })).rejects.toMatchObject({ code: 'EFBIG' });
    expect((await readRegular(at('file'), { maxBytes: 7 })).toString()).toBe('content');
  });

  it('reads the end of a file', async () => {
    expect((await readRegularTail(at('file'), 4)).toString()).toBe('tent');
    expect((await readRegularTail(at('file'), 100)).toString()).toBe('content');
  });
});
