import { expect, it } from 'vitest';
import { storeOf, storeSpecifier } from './skopeo-target.js';

it.each([
  ['/var/lib/containers/storage/overlay-images', ''],
  ['/srv/crio/storage/overlay-images', '[overlay@/srv/crio/storage+/tmp/x]'],
  ['/srv/crio/vfs-images', '[vfs@/srv/crio+/tmp/x]'],
  ['/', ''],
  ['', ''],
])('the store that CRI-O measures at %s is %j to skopeo', (mountpoint, expected) => {
  expect(storeSpecifier(storeOf(mountpoint), '/tmp/x')).toBe(expected);
});
