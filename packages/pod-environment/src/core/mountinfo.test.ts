import { describe, expect, it } from 'vitest';
import { mountAt, mountsBelow, parseMountInfo } from './mountinfo.js';

const text = [
  '20 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard',
  '21 20 0:30 / /pods/a\\040b rw - tmpfs tmpfs rw,size=4k',
  '22 21 0:31 /sub /pods/a\\040b/v rw,nosuid master:3 - nfs4 server:/x rw',
  '23 20 0:32 / /pods2 rw - tmpfs tmpfs rw',
  '24 20 0:33 / /pods2 ro - tmpfs tmpfs ro',
  'nonsense',
].join('\n');

describe('parseMountInfo', () => {
  it('reads escaped paths, propagation and both sets of options', () => {
    expect(parseMountInfo(text)[2]).toEqual({
      id: 22,
      parentId: 21,
      device: '0:31',
      root: '/sub',
      mountPoint: '/pods/a b/v',
      options: ['rw', 'nosuid'],
      shared: false,
      fsType: 'nfs4',
      source: 'server:/x',
      superOptions: ['rw'],
    });
    expect(parseMountInfo(text)[0]?.shared).toBe(true);
    expect(parseMountInfo(text)).toHaveLength(5);
  });

  it('finds the mount on top and, for undoing, the last one first', () => {
    const mounts = parseMountInfo(text);
    expect(mountAt(mounts, '/pods2')?.id).toBe(24);
    expect(mountAt(mounts, '/pods')).toBeUndefined();
    expect(mountsBelow(mounts, '/pods').map(({ id }) => id)).toEqual([22, 21]);
  });
});
