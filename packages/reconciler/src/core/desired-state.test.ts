import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { expect, it } from 'vitest';
import { pod } from '../testing/index.js';
import { allSynced, emptyDesired, reduceDesired } from './desired-state.js';

const origin = (path: string) => ({ source: 'file', path, document: 0 }) as const;
const applied = (path: string, uid: string): ManifestEvent => ({
  type: 'applied',
  origin: origin(path),
  pod: pod('web', {}, { uid }),
  warnings: [],
});
const uids = (events: readonly ManifestEvent[]) => [...events.reduce(reduceDesired, emptyDesired).pods.keys()];

it('holds one pod for each origin', () => expect(uids([applied('/a', '1'), applied('/b', '2'), applied('/a', '3')])).toEqual(['2', '3']));
it('keeps the last good pod of a file that was rejected', () =>
  expect(uids([applied('/a', '1'), { type: 'rejected', origin: origin('/a'), issues: [], apiRef: '', message: '', stale: true }])).toEqual([
    '1',
  ]));
it('ends the pod of an origin that was rejected without a last good version, as a policy does it', () =>
  expect(uids([applied('/a', '1'), { type: 'rejected', origin: origin('/a'), issues: [], apiRef: '', message: '', stale: false }])).toEqual(
    [],
  ));
it('keeps every pod of a source that fails', () =>
  expect(uids([applied('/a', '1'), { type: 'sourceFailed', source: 'file', path: '/', message: 'gone' }])).toEqual(['1']));
it('lets go of what is removed or shadowed', () => {
  expect(uids([applied('/a', '1'), { type: 'removed', origin: origin('/a') }])).toEqual([]);
  expect(uids([applied('/a', '1'), { type: 'shadowed', origin: origin('/a'), by: origin('/b'), podKey: 'default/web' }])).toEqual([]);
});
it('is synced when every source has said so', () => {
  const sources = [
    { source: 'file', path: '/m' },
    { source: 'http', path: 'http://x' },
  ];
  const one = reduceDesired(emptyDesired, { type: 'synced', source: 'file', path: '/m' });
  expect(allSynced(one, sources)).toBe(false);
  expect(allSynced(reduceDesired(one, { type: 'synced', source: 'http', path: 'http://x' }), sources)).toBe(true);
  expect(allSynced(emptyDesired, [])).toBe(true);
});
