import { expect, it } from 'vitest';
import type { Mounter } from '../mounts/mounter.js';
import { prepareNfs } from './nfs.js';

it('refuses a server that mount(8) would take for an option, and mounts nothing', async () => {
  const mounted: string[] = [];
  const mounter: Mounter = { list: async () => [], mount: async ({ source }) => void mounted.push(source), unmount: async () => {} };
  await expect(prepareNfs(mounter, { server: '--fstab=/a', path: '/' }, '/nowhere/v')).rejects.toMatchObject({
    code: 'VOLUME_SETUP_FAILED',
    retryable: false,
    message: '"--fstab=/a" is not the name of an NFS server',
  });
  expect(mounted).toEqual([]);
});
