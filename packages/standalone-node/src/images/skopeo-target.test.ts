import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { CriClient } from '@solo-kubelet/cri-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { skopeoTarget, storeOf, storeSpecifier } from './skopeo-target.js';

it.each([
  ['/var/lib/containers/storage/overlay-images', ''],
  ['/srv/crio/storage/overlay-images', '[overlay@/srv/crio/storage+/tmp/x]'],
  ['/srv/crio/vfs-images', '[vfs@/srv/crio+/tmp/x]'],
  ['/', ''],
  ['', ''],
])('the store that CRI-O measures at %s is %j to skopeo', (mountpoint, expected) => {
  expect(storeSpecifier(storeOf(mountpoint), '/tmp/x')).toBe(expected);
});

describe('an import into the store of a CRI-O', () => {
  const { signal } = new AbortController();
  const cri = { images: { imageFsInfo: async () => ({ imageFilesystems: [] }) } } as unknown as CriClient;
  let scratch = '';
  const place = async (): Promise<string> => {
    scratch = await mkdtemp(join(tmpdir(), 'skopeo-target-'));
    vi.stubEnv('TMPDIR', scratch);
    return scratch;
  };
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(scratch, { recursive: true });
  });

  it('goes by a file where large ones may lie, has a second more for each megabyte, and leaves nothing', async () => {
    const root = await place();
    const copies: unknown[] = [];
    const run = async (program: string, args: readonly string[], { timeout }: { readonly timeout: number }): Promise<void> => {
      const path = /^docker-archive:(.*):registry\.invalid\/a:1$/.exec(args[4] ?? '')?.[1] ?? '';
      copies.push([program, dirname(dirname(path)), (await stat(path)).size, args[5], timeout]);
    };
    const target = await skopeoTarget(cri, 'unix:///none', { signal, run });
    await target.load(Readable.from([Buffer.alloc(5_000_000)]), ['registry.invalid/a:1'], { signal });
    expect(copies).toEqual([['skopeo', root, 5_000_000, 'containers-storage:registry.invalid/a:1', 605_000]]);
    expect(await readdir(root)).toEqual([]);
  });

  it('ends before the disk of its scratch file is short, so that no Pod is evicted for it', async () => {
    const root = await place();
    const run = vi.fn();
    const readSpace = async () => ({ available: 1_400_000, capacity: 10_000_000 });
    const target = await skopeoTarget(cri, 'unix:///none', { signal, run, readSpace });
    const bomb = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(100_000)));
    await expect(target.load(bomb, ['a:1'], { signal })).rejects.toThrow(
      /needs more than 400000 bytes in .*solo-import-.*TMPDIR names another/,
    );
    expect(bomb.destroyed).toBe(true);
    expect(run).not.toHaveBeenCalled();
    expect(await readdir(root)).toEqual([]);
  });

  it('leaves nothing where it fails, nor where it is given up while the archive comes', async () => {
    const root = await place();
    const run = () => Promise.reject(Object.assign(new Error('failed'), { stderr: 'a\nno space left on device\n' }));
    const target = await skopeoTarget(cri, 'unix:///none', { signal, run });
    await expect(target.load(Readable.from([Buffer.alloc(5)]), ['a:1'], { signal })).rejects.toThrow(/^no space left on device$/);
    const gaveUp = new AbortController();
    const silent = new Readable({ read: () => gaveUp.abort() });
    await expect(target.load(silent, ['a:1'], { signal: gaveUp.signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(silent.destroyed).toBe(true);
    expect(await readdir(root)).toEqual([]);
  });
});
