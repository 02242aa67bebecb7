import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pod } from '../../testing/index.js';
import { allSynced, byTurn } from '../desired-state.js';
import { podKey } from '../pod-identity.js';
import { emptyKubeletState, type KubeletState } from './kubelet-state.js';
import { originText, waitsForAdmission } from './pod-index.js';
import { takeManifest } from './take-manifest.js';

const origin = (path: string) => ({ source: 'file', path, document: 0 }) as const;
const applied = (path: string, uid: string): ManifestEvent => ({
  type: 'applied',
  origin: origin(path),
  pod: pod('web', {}, { uid }),
  warnings: [],
});
const take = (kubeletState: KubeletState, event: ManifestEvent): KubeletState =>
  takeManifest(kubeletState, event, { steadyMs: 0, wallMs: 0 });
/** In the order in which they were asked for. */
const uids = (events: readonly ManifestEvent[]) => {
  const wanted = [...events.reduce(take, emptyKubeletState).pods].flatMap(
    ([
      uid,
      {
        inputs: { desired },
      },
    ]) => (desired ? [{ uid, desired }] : []),
  );
  return byTurn(wanted).map(({ uid }) => uid);
};

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
  const one = take(emptyKubeletState, { type: 'synced', source: 'file', path: '/m' });
  expect(allSynced(one.syncedSources, sources)).toBe(false);
  expect(allSynced(take(one, { type: 'synced', source: 'http', path: 'http://x' }).syncedSources, sources)).toBe(true);
  expect(allSynced(new Set(), [])).toBe(true);
});

it('puts a pod that is edited at its origin behind the others, and lets one that another origin takes over keep its place', () => {
  expect(uids([applied('/a', '1'), applied('/b', '2'), applied('/a', '1')])).toEqual(['2', '1']);
  expect(uids([applied('/a', '1'), applied('/b', '2'), applied('/c', '1')])).toEqual(['1', '2']);
  expect(uids([applied('/a', '1'), applied('/b', '1'), { type: 'removed', origin: origin('/a') }])).toEqual(['1']);
});

it('finds the same pods by name and origin, and those that wait, as a look at every record would', () => {
  const event = fc.oneof(
    fc
      .record({ path: fc.constantFrom('/a', '/b', '/c'), uid: fc.constantFrom('1', '2', '3'), name: fc.constantFrom('x', 'y') })
      .map(({ path, uid, name }): ManifestEvent => ({ type: 'applied', origin: origin(path), pod: pod(name, {}, { uid }), warnings: [] })),
    fc.constantFrom('/a', '/b', '/c').map((path): ManifestEvent => ({ type: 'removed', origin: origin(path) })),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const { pods, index } = events.reduce(take, emptyKubeletState);
      const wanted = [...pods].flatMap(([uid, { inputs }]) => (inputs.desired ? [{ uid, inputs, desired: inputs.desired }] : []));
      for (const name of ['default/x', 'default/y']) {
        const bearers = wanted.filter(({ desired }) => podKey(desired.pod) === name).map(({ uid }) => uid);
        expect([...(index.byName.get(name) ?? [])].sort()).toEqual(bearers.sort());
        expect(index.byName.has(name)).toBe(bearers.length > 0);
      }
      expect([...index.byOrigin].sort()).toEqual(wanted.map(({ uid, desired }) => [originText(desired.origin), uid]).sort());
      expect([...index.undecided.keys()].sort()).toEqual(
        wanted
          .filter(({ inputs }) => waitsForAdmission(inputs))
          .map(({ uid }) => uid)
          .sort(),
      );
    }),
  );
});
