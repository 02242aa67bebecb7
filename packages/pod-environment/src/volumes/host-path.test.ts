import { mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../testing/as-root.js';
import { prepareHostPath } from './host-path.js';

let temporary: ReturnType<typeof temporaryDirectory>;
let at: (name: string) => string;
beforeEach(async () => {
  temporary = temporaryDirectory();
  at = (name) => join(temporary.path, name);
  await mkdir(at('directory'));
  await writeFile(at('file'), '');
});
afterEach(() => temporary.remove());

describe('prepareHostPath', () => {
  it.each([
    ['', 'missing'],
    ['Directory', 'directory'],
    ['DirectoryOrCreate', 'directory'],
    ['DirectoryOrCreate', 'made/deep'],
    ['File', 'file'],
    ['FileOrCreate', 'file'],
    ['FileOrCreate', 'made-file'],
  ] as const)('type "%s" takes %s', async (type, name) => {
    expect(await prepareHostPath({ path: at(name), type })).toBe(at(name));
  });

  it.each([
    ['Directory', 'missing', 'is not a directory: it does not exist'],
    ['Directory', 'file', 'is not a directory: it is a file'],
    ['DirectoryOrCreate', 'file', 'is not a directory'],
    ['File', 'missing', 'is not a file'],
    ['FileOrCreate', 'missing/file', 'cannot create'],
    ['FileOrCreate', 'directory', 'is not a file: it is a directory'],
    ['Socket', 'file', 'is not a socket file: it is a file'],
    ['CharDevice', 'file', 'is not a character device'],
    ['BlockDevice', 'file', 'is not a block device'],
  ] as const)('type %s refuses %s', async (type, name, message) => {
    await expect(prepareHostPath({ path: at(name), type })).rejects.toMatchObject({
      reason: 'FailedMount',
      retryable: true,
      message: expect.stringMatching(`hostPath type check failed: .*${message}`),
    });
  });

  it('makes directories 0755 and files 0644', async () => {
    await prepareHostPath({ path: at('d'), type: 'DirectoryOrCreate' });
    await prepareHostPath({ path: at('f'), type: 'FileOrCreate' });
    expect((await stat(at('d'))).mode & 0o777).toBe(0o755);
    expect((await stat(at('f'))).mode & 0o777).toBe(0o644);
  });

  it('knows sockets and character devices', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at('s'), resolve));
    await prepareHostPath({ path: at('s'), type: 'Socket' });
    await new Promise((resolve) => server.close(resolve));
    await prepareHostPath({ path: '/dev/null', type: 'CharDevice' });
  });

  it('refuses a path that climbs', async () => {
    await expect(prepareHostPath({ path: '/var/../etc' })).rejects.toMatchObject({ retryable: false });
  });
});
