import type { Pod } from '@solo-kubelet/pod-spec';
import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { say } from '../test/say.js';
import type { ManifestEvent, ManifestOrigin } from './manifest-event.js';
import { emptyManifestStates, reduceManifests } from './reduce-manifests.js';
import { shadowDuplicates } from './shadow-duplicates.js';

const at = (path: string): ManifestOrigin => ({ source: 'file', path, document: 0 });
const applied = (path: string, name: string, image = '1', uid?: string): ManifestEvent => ({
  type: 'applied',
  origin: at(path),
  warnings: [],
  pod: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid },
    spec: { containers: [{ name: 'app', image }] },
  } as unknown as Pod,
});
const removed = (path: string): ManifestEvent => ({ type: 'removed', origin: at(path) });
const rejected = (path: string, stale = true): ManifestEvent => ({
  type: 'rejected',
  origin: at(path),
  issues: [],
  apiRef: '',
  message: 'no',
  stale,
});

const through = (events: readonly ManifestEvent[]): Promise<readonly ManifestEvent[]> =>
  lastValueFrom(from(events).pipe(shadowDuplicates(), toArray()));

describe('shadowDuplicates', () => {
  it.each<[string, readonly ManifestEvent[], readonly string[]]>([
    ['lets different names pass', [applied('a', 'web'), applied('b', 'db')], ['applied a web:1', 'applied b db:1']],
    ['keeps the first claim', [applied('a', 'web'), applied('b', 'web')], ['applied a web:1', 'shadowed b by a']],
    [
      'lets the holder change its Pod',
      [applied('a', 'web'), applied('b', 'web'), applied('a', 'web', '2')],
      ['applied a web:1', 'shadowed b by a', 'applied a web:2'],
    ],
    [
      'hands over in the order of the claims when the holder goes',
      [applied('a', 'web'), applied('c', 'web', '3'), applied('b', 'web', '2'), removed('a'), removed('c')],
      ['applied a web:1', 'shadowed c by a', 'shadowed b by a', 'removed a', 'applied c web:3', 'removed c', 'applied b web:2'],
    ],
    [
      'hands over when the holder renames its Pod',
      [applied('a', 'web'), applied('b', 'web', '2'), applied('a', 'db')],
      ['applied a web:1', 'shadowed b by a', 'applied a db:1', 'applied b web:2'],
    ],
    [
      'forgets a waiting claim that goes',
      [applied('a', 'web'), applied('b', 'web'), removed('b'), removed('a')],
      ['applied a web:1', 'shadowed b by a', 'removed b', 'removed a'],
    ],
    [
      'keeps the claim of a holder that goes stale',
      [applied('a', 'web'), rejected('a'), applied('b', 'web')],
      ['applied a web:1', 'rejected a stale no', 'shadowed b by a'],
    ],
    [
      'keeps the first claim of a uid, as in a copied manifest with only the name changed',
      [applied('a', 'web', '1', 'u'), applied('b', 'db', '2', 'u'), removed('a')],
      ['applied a web:1', 'shadowed b by a', 'removed a', 'applied b db:2'],
    ],
    [
      'never takes a Pod in use away for the edit of an elder manifest',
      [applied('a', 'web', '1', 'u1'), applied('b', 'db', '2', 'u2'), applied('a', 'web', '3', 'u2'), applied('a', 'web', '4', 'u3')],
      ['applied a web:1', 'applied b db:2', 'shadowed a by b', 'applied a web:4'],
    ],
    [
      'frees the name of an origin that a policy denied',
      [applied('a', 'web'), applied('b', 'web', '2'), rejected('a', false), applied('a', 'web', '3')],
      ['applied a web:1', 'shadowed b by a', 'rejected a no', 'applied b web:2', 'shadowed a by b'],
    ],
    [
      'lets an origin that was never accepted hold no name',
      [rejected('a', false), applied('b', 'web')],
      ['rejected a no', 'applied b web:1'],
    ],
    [
      'repeats what is wrong with an heir',
      [applied('a', 'web'), applied('b', 'web'), rejected('b'), removed('a')],
      ['applied a web:1', 'shadowed b by a', 'rejected b stale no', 'removed a', 'applied b web:1', 'rejected b stale no'],
    ],
  ])('%s', async (_what, events, said) => {
    expect((await through(events)).map(say)).toEqual(said);
  });
});

describe('shadowDuplicates with priorities', () => {
  const priorityOf = ({ path }: ManifestOrigin): number => (path.startsWith('high') ? 1 : 0);
  const said = async (events: readonly ManifestEvent[]): Promise<readonly string[]> =>
    (await lastValueFrom(from(events).pipe(shadowDuplicates({ priorityOf }), toArray()))).map(say);

  it.each<[string, readonly ManifestEvent[], readonly string[]]>([
    [
      'gives the name to the higher one that comes later',
      [applied('low', 'web'), applied('high', 'web', '2')],
      ['applied low web:1', 'shadowed low by high', 'applied high web:2'],
    ],
    [
      'and back when that goes',
      [applied('low', 'web'), applied('high', 'web', '2'), removed('high')],
      ['applied low web:1', 'shadowed low by high', 'applied high web:2', 'removed high', 'applied low web:1'],
    ],
    ['keeps it from a lower one', [applied('high', 'web'), applied('low', 'web', '2')], ['applied high web:1', 'shadowed low by high']],
    [
      'keeps it from an equal one, and hands it over by priority and then age',
      [applied('low', 'web'), applied('high', 'web'), applied('high2', 'web', '2'), applied('low2', 'web'), removed('high')],
      [
        'applied low web:1',
        'shadowed low by high',
        'applied high web:1',
        'shadowed high2 by high',
        'shadowed low2 by high',
        'removed high',
        'applied high2 web:2',
      ],
    ],
    [
      'lets what was shadowed change meanwhile',
      [applied('low', 'web'), applied('high', 'web'), applied('low', 'web', '3'), removed('high')],
      ['applied low web:1', 'shadowed low by high', 'applied high web:1', 'shadowed low by high', 'removed high', 'applied low web:3'],
    ],
    [
      'takes nothing where a name and a uid lead to two holders, of which one is not lower',
      [applied('low', 'web'), applied('high', 'db', '1', 'u'), applied('high2', 'web', '2', 'u')],
      ['applied low web:1', 'applied high db:1', 'shadowed high2 by high'],
    ],
  ])('%s', async (_what, events, expected) => expect(await said(events)).toEqual(expected));
});

describe('reduceManifests', () => {
  const states = async (events: readonly ManifestEvent[]) => (await through(events)).reduce(reduceManifests, emptyManifestStates);

  it('tells the state of every manifest', async () => {
    const { manifests } = await states([
      applied('a', 'web'),
      applied('b', 'web'),
      applied('c', 'db'),
      rejected('c'),
      { type: 'rejected', origin: at('d'), issues: [], apiRef: '', message: 'bad', stale: false },
      { type: 'ignored', origin: at('e~'), reason: 'a backup copy' },
      applied('f', 'mq'),
      removed('f'),
    ]);
    expect([...manifests.values()].map(({ origin, state, podKey, message }) => [origin.path, state, podKey, message])).toEqual([
      ['a', 'accepted', 'default/web', ''],
      ['b', 'shadowed', 'default/web', 'its name or uid is already taken by a'],
      ['c', 'stale', 'default/db', 'no'],
      ['d', 'rejected', undefined, 'bad'],
      ['e~', 'ignored', undefined, 'a backup copy'],
    ]);
  });

  it('tells whether a source is synced and why it fails', async () => {
    const place = { source: 'file', path: '/m' } as const;
    const { sources } = await states([
      { type: 'synced', ...place },
      { type: 'sourceFailed', ...place, message: 'EIO' },
    ]);
    expect(sources.get('file:/m')).toEqual({ ...place, synced: true, failure: 'EIO' });
    const recovered = await states([
      { type: 'sourceFailed', ...place, message: 'EIO' },
      { type: 'sourceRecovered', ...place },
    ]);
    expect(recovered.sources.get('file:/m')?.failure).toBeUndefined();
  });
});
