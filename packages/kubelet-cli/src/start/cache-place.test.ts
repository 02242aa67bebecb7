import { expect, it } from 'vitest';
import { cachePlace, isOwn, upwards } from './cache-place.js';

it('root has one place, whatever the environment says; others have theirs', () => {
  const env = { XDG_CACHE_HOME: '/home/eve/cache', HOME: '/home/eve' };
  expect(cachePlace({ uid: 0, env, home: '/home/eve' })).toBe('/var/cache/solo-kubelet');
  expect(cachePlace({ uid: 1000, env, home: '/home/eve' })).toBe('/home/eve/cache/solo-kubelet');
  expect(cachePlace({ uid: 1000, env: {}, home: '/home/eve' })).toBe('/home/eve/.cache/solo-kubelet');
  expect(cachePlace({ uid: 1000, env: { XDG_CACHE_HOME: 'relative' }, home: '/home/eve' })).toBe('/home/eve/.cache/solo-kubelet');
  expect(cachePlace({ uid: 1000, env: {}, home: '' })).toBeUndefined();
});

it('there is none where it is switched off', () => {
  for (const uid of [0, 1000]) expect(cachePlace({ uid, env: { SOLO_KUBELET_CODE_CACHE: 'off' }, home: '/root' })).toBeUndefined();
});

it('only what its user and root alone can change is taken', () => {
  expect(isOwn({ uid: 1000, mode: 0o700 }, 1000)).toBe(true);
  expect(isOwn({ uid: 0, mode: 0o755 }, 1000)).toBe(true);
  expect(isOwn({ uid: 1001, mode: 0o700 }, 1000)).toBe(false);
  expect(isOwn({ uid: 1000, mode: 0o700 }, 0)).toBe(false);
  expect(isOwn({ uid: 0, mode: 0o775 }, 0)).toBe(false);
  // As /tmp: others can't rename what is in it, but could have made it first.
  expect(isOwn({ uid: 0, mode: 0o1777 }, 0)).toBe(false);
});

it('a directory is judged with all that it is in', () => {
  expect(upwards('/var/cache/solo-kubelet')).toEqual(['/var/cache/solo-kubelet', '/var/cache', '/var', '/']);
  expect(upwards('/')).toEqual(['/']);
});
