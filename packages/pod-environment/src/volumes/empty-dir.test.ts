import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mounter, MountRequest } from '../mounts/mounter.js';
import { temporaryDirectory } from '../testing/as-root.js';
import { type EmptyDirRequest, prepareEmptyDir } from './empty-dir.js';

let temporary: ReturnType<typeof temporaryDirectory>;
let request: EmptyDirRequest;
beforeEach(() => {
  temporary = temporaryDirectory();
  request = { directory: join(temporary.path, 'volumes/v'), readyMarker: join(temporary.path, 'plugins/v/ready') };
});
afterEach(() => temporary.remove());

/** Records mounts; `refuses` makes one with that option fail, as a kernel that does not know it. */
const recording = (refuses = ''): { readonly mounter: Mounter; readonly mounts: MountRequest[] } => {
  const mounts: MountRequest[] = [];
  return {
    mounts,
    mounter: {
      list: async () => [],
      mount: async (mount) => {
        mounts.push(mount);
        if (mount.options?.includes(refuses)) throw new Error(`unknown option ${refuses}`);
      },
      unmount: async () => {},
    },
  };
};
const tmpfs = { fsType: 'tmpfs', options: ['size=4096'] } as const;

describe('prepareEmptyDir', () => {
  it('opens the directory to every user whatever the umask', async () => {
    await prepareEmptyDir(recording().mounter, request);
    expect((await stat(request.directory)).mode & 0o7777).toBe(0o777);
  });

  it('leaves what is mounted its own mode', async () => {
    const mounter: Mounter = { ...recording().mounter, mount: ({ target }) => chmod(target, 0o1777) };
    await prepareEmptyDir(mounter, { ...request, fileSystem: tmpfs });
    expect((await stat(request.directory)).mode & 0o7777).toBe(0o1777);
    await rm(request.readyMarker);
    await prepareEmptyDir(recording().mounter, { ...request, fileSystem: tmpfs });
    expect((await stat(request.directory)).mode & 0o7777).toBe(0o1777);
  });

  it('keeps swap away from tmpfs, or does without on a kernel that cannot', async () => {
    const modern = recording();
    await prepareEmptyDir(modern.mounter, { ...request, fileSystem: tmpfs });
    expect(modern.mounts.map(({ options }) => options)).toEqual([['size=4096', 'noswap']]);
    await rm(request.readyMarker);
    const old = recording('noswap');
    await prepareEmptyDir(old.mounter, { ...request, fileSystem: tmpfs });
    expect(old.mounts.map(({ options }) => options)).toEqual([['size=4096', 'noswap'], ['size=4096']]);
  });

  it('mounts huge pages', async () => {
    const { mounter, mounts } = recording();
    await prepareEmptyDir(mounter, { ...request, fileSystem: { fsType: 'hugetlbfs', options: ['pagesize=2Mi'] } });
    expect(mounts).toEqual([{ source: 'nodev', target: request.directory, fsType: 'hugetlbfs', options: ['pagesize=2Mi'] }]);
  });

  it('mounts again after a reboot, when marker and directory are there but the tmpfs is gone', async () => {
    await prepareEmptyDir(recording().mounter, { ...request, fileSystem: tmpfs });
    const { mounter, mounts } = recording();
    await prepareEmptyDir(mounter, { ...request, fileSystem: tmpfs });
    expect(mounts).toHaveLength(1);
  });

  it('gives the directory to the group once, and anew when the directory had gone', async () => {
    let owned = 0;
    const own = async (): Promise<void> => {
      owned++;
    };
    await prepareEmptyDir(recording().mounter, { ...request, own });
    await prepareEmptyDir(recording().mounter, { ...request, own });
    expect(owned).toBe(1);
    await rm(request.directory, { recursive: true });
    await prepareEmptyDir(recording().mounter, { ...request, own });
    expect(owned).toBe(2);
  });

  it('is not complete when a crash came before the group', async () => {
    const failing = prepareEmptyDir(recording().mounter, { ...request, own: () => Promise.reject(new Error('crash')) });
    await expect(failing).rejects.toThrow('crash');
    await expect(stat(request.readyMarker)).rejects.toThrow('ENOENT');
    await mkdir(join(request.directory, 'left'));
    await writeFile(join(request.directory, 'left/over'), '');
    await prepareEmptyDir(recording().mounter, request);
    expect((await stat(request.readyMarker)).isFile()).toBe(true);
  });
});
