import { describe, expect, it } from 'vitest';
import { say } from '../../test/say.js';
import { tinyParser } from '../../test/tiny-parser.js';
import type { ManifestEvent } from '../manifest-event.js';
import type { ListedEntry, Listing } from './listing.js';
import type { Slot } from './slot.js';
import { initialState, type SourceState } from './source-state.js';
import { type ListingRules, takeListing } from './take-listing.js';

const rules: ListingRules = {
  parse: tinyParser,
  nodeName: 'n',
  settleMs: 1_000,
  removalSettleMs: 100,
  replacementSettleMs: 5_000,
  failedRecheckMs: 1_000,
};
const OLD = -60_000;

type Files = Readonly<Record<string, string | ListedEntry['content']>>;

const text = (content: string, modifiedAtMs: number = OLD): ListedEntry['content'] => ({
  type: 'text',
  text: new TextEncoder().encode(content),
  digest: content,
  modifiedAtMs,
});

const listed = (atMs: number, files: Files, directoryId = '1:1'): Listing => ({
  type: 'listed',
  kind: 'directory',
  directoryId,
  atMs,
  entries: Object.entries(files).map(([name, content]) => ({
    path: `/m/${name}`,
    content: typeof content === 'string' ? text(content.endsWith('\n') ? content : `${content}\n`) : content,
  })),
});

/** Runs listings one after the other and returns what each says. */
const run = (listings: readonly Listing[], start: SourceState = initialState('file', '/m')) => {
  let state = start;
  const all: ManifestEvent[] = [];
  const steps = listings.map((listing) => {
    const step = takeListing(state, listing, rules);
    state = step.state;
    all.push(...step.events);
    return { said: step.events.map(say), recheckAfterMs: step.recheckAfterMs };
  });
  return { steps, said: steps.map((step) => step.said), state, all };
};

const failed = (atMs: number, message = 'EACCES'): Listing => ({ type: 'failed', atMs, message, useStored: false });
const gone = (atMs: number): Listing => ({ type: 'missing', atMs, parentMissing: false });

describe('a listing', () => {
  it('applies every Pod and is synced, then says nothing while nothing changes', () => {
    const files = { 'a.yaml': 'web 1', 'b.yaml': 'db 1' };
    expect(run([listed(0, files), listed(20_000, files)]).said).toEqual([['applied a.yaml web:1', 'applied b.yaml db:1', 'synced'], []]);
  });

  it('tells an edit, an addition and a removal apart', () => {
    const { said } = run([
      listed(0, { 'a.yaml': 'web 1', 'b.yaml': 'db 1' }),
      listed(1_000, { 'a.yaml': 'web 2', 'b.yaml': 'db 1', 'c.yaml': 'mq 1' }),
      listed(2_000, { 'a.yaml': 'web 2', 'c.yaml': 'mq 1' }),
      listed(2_100, { 'a.yaml': 'web 2', 'c.yaml': 'mq 1' }),
    ]);
    expect(said.slice(1)).toEqual([['applied a.yaml web:2', 'applied c.yaml mq:1'], [], ['removed b.yaml']]);
  });

  it('says nothing about an edit that changes no Pod', () => {
    expect(run([listed(0, { a: 'web 1' }), listed(1, { a: '  web 1' })]).said[1]).toEqual([]);
  });

  it('reports a file written again with the same content as touched', () => {
    expect(run([listed(0, { a: text('web 1\n', 5) }), listed(9_000, { a: text('web 1\n', 8_999) })]).said[1]).toEqual(['touched a']);
  });

  describe('of a file of which it is told that it was deleted and made anew', () => {
    const file = (content: string, modifiedAtMs: number): ListedEntry['content'] =>
      ({ ...text(content, modifiedAtMs), asWritten: true }) as ListedEntry['content'];
    const told = (listing: Listing): Listing =>
      listing.type === 'listed' ? { ...listing, entries: listing.entries.map((entry) => ({ ...entry, recreated: true })) } : listing;

    it('ends its Pods and starts them again', () => {
      const { said } = run([listed(0, { a: file('web 1\n', 5) }), told(listed(9_000, { a: file('web 1\n', 8_999) }))]);
      expect(said[1]).toEqual(['removed a', 'applied a web:1']);
    });

    it('does so too when the word comes after the listing that saw the new file', () => {
      const anew = { a: file('web 1\n', 8_999) };
      const { said } = run([
        listed(0, { a: file('web 1\n', 5) }),
        listed(9_000, anew),
        told(listed(9_010, anew)),
        told(listed(9_020, anew)),
      ]);
      expect(said.slice(1)).toEqual([['touched a'], ['removed a', 'applied a web:1'], []]);
    });

    it('does not when the word is of the change that has just been taken', () => {
      const changed = { a: file('web 2\n', 8_999) };
      const { said } = run([listed(0, { a: file('web 1\n', 5) }), listed(9_000, changed), told(listed(9_010, changed))]);
      expect(said.slice(1)).toEqual([['applied a web:2'], []]);
    });
  });

  it('keeps a file that is away for less than the settle time, as when an editor renames it and writes it anew', () => {
    const { steps } = run([listed(0, { a: 'web 1' }), listed(10, {}), listed(60, { a: 'web 2' }), listed(500, { a: 'web 2' })]);
    expect(steps.map((step) => step.said)).toEqual([['applied a web:1', 'synced'], [], ['applied a web:2'], []]);
    expect(steps[1]?.recheckAfterMs).toBe(100);
  });

  it('takes a renamed file in one step: the old name goes, the new one comes', () => {
    const { said } = run([listed(0, { a: 'web 1' }), listed(10, { b: 'web 1' }), listed(110, { b: 'web 1' })]);
    expect(said.slice(1)).toEqual([[], ['removed a', 'applied b web:1']]);
  });
});

describe('a file that stops being valid', () => {
  it('keeps its last good Pod, is rejected as stale, and is applied again when mended', () => {
    const { said } = run([listed(0, { a: 'web 1' }), listed(1, { a: '! oops' }), listed(2, { a: '! oops' }), listed(3, { a: 'web 1' })]);
    expect(said.slice(1)).toEqual([['rejected a stale ! oops'], [], ['applied a web:1']]);
  });

  it('is rejected without being stale when it never was valid', () => {
    expect(run([listed(0, { a: '! oops' })]).said).toEqual([['rejected a ! oops', 'synced']]);
  });

  it.each([
    ['empty', text('')],
    ['of comments only', text('# nothing\n---\n')],
    ['unreadable', { type: 'unreadable', message: '/m/a: EACCES' } as const],
    ['turned into a directory', { type: 'ignored', reason: 'a directory' } as const],
  ])('keeps its Pod when it is %s', (_what, content) => {
    const { said, all } = run([listed(0, { a: 'web 1' }), listed(5, { a: content }), listed(1_005, { a: content })]);
    expect(said.slice(1).flat()).toHaveLength(1);
    expect(all.at(-1)).toMatchObject({ type: 'rejected', stale: true });
    expect(all.some((event) => event.type === 'removed')).toBe(false);
  });

  it('is believed to be broken only after it stayed so for a second', () => {
    const { steps } = run([
      listed(0, { a: 'web 1' }),
      listed(10_000, { a: text('! hal', 9_990) }),
      listed(10_050, { a: text('web 2\n', 10_040) }),
    ]);
    expect(steps.map((step) => step.said)).toEqual([['applied a web:1', 'synced'], [], ['applied a web:2']]);
    expect(steps[1]?.recheckAfterMs).toBe(1_000);
    const slow = run([listed(0, { a: 'web 1' }), listed(10_000, { a: text('! x', 9_990) }), listed(11_000, { a: text('! x', 9_990) })]);
    expect(slow.said.slice(1)).toEqual([[], ['rejected a stale ! x']]);
  });

  it('waits for the rest of a fresh file whose last line has no end', () => {
    const files = { a: text('web 1.2', 9_999) };
    expect(run([listed(0, {}), listed(10_000, files), listed(11_000, files)]).said).toEqual([['synced'], [], ['applied a web:1.2']]);
  });

  it('is not synced while a file of the first listing may still be half-written', () => {
    const { said } = run([listed(0, { a: text('! hal', -1), b: 'db 1' }), listed(30, { a: 'web 1', b: 'db 1' })]);
    expect(said).toEqual([['applied b db:1'], ['applied a web:1', 'synced']]);
  });

  it('waits no longer for a file whose time lies in the future', () => {
    const files = { a: text('! oops', 1e12) };
    expect(run([listed(0, files), listed(1_000, files)]).said).toEqual([[], ['rejected a ! oops', 'synced']]);
  });
});

describe('several documents in a file', () => {
  it('keep their origins when another is put before them', () => {
    const { said } = run([listed(0, { a: 'web 1\n---\ndb 1' }), listed(1, { a: 'new 1\n---\nweb 1\n---\ndb 1' })]);
    expect(said).toEqual([['applied a web:1', 'applied a#1 db:1', 'synced'], ['applied a#2 new:1']]);
  });

  it('lose exactly the one that is taken out', () => {
    const { said } = run([listed(0, { a: 'web 1\n---\ndb 1\n---\nmq 1' }), listed(1, { a: 'web 1\n---\nmq 1' })]);
    expect(said[1]).toEqual(['removed a#1']);
  });

  it('reject only the broken one, and lose none while one is broken', () => {
    const { said } = run([listed(0, { a: 'web 1\n---\ndb 1\n---\nmq 1' }), listed(1, { a: 'web 2\n---\n! oops' })]);
    expect(said[1]).toEqual(['applied a web:2', 'rejected a#1 stale ! oops', 'rejected a#2 stale ! oops']);
  });

  it('match a wrong document by the name it still tells', () => {
    const { said } = run([listed(0, { a: 'web 1\n---\ndb 1' }), listed(1, { a: '?db 2\n---\nweb 2' })]);
    expect(said[1]).toEqual(['applied a web:2', 'rejected a#1 stale ?db 2']);
  });

  it('never give the place of a broken document to a new one', () => {
    const { said } = run([listed(0, { a: 'web 1\n---\ndb 1' }), listed(1, { a: 'new 1\n---\nweb 1\n---\n!' })]);
    expect(said[1]).toEqual(['rejected a#1 stale !', 'applied a#2 new:1']);
  });

  it('are all removed by an explicitly empty list', () => {
    expect(run([listed(0, { a: 'web 1\n---\ndb 1' }), listed(1, { a: 'empty list' })]).said[1]).toEqual(['removed a', 'removed a#1']);
  });
});

describe('a source that fails', () => {
  it('is never taken for an empty one', () => {
    const { said } = run([listed(0, { a: 'web 1' }), failed(1), failed(2), listed(3, { a: 'web 1' })]);
    expect(said.slice(1)).toEqual([['sourceFailed'], [], ['sourceRecovered']]);
  });

  it('is not synced by a failure', () => {
    expect(run([failed(0), listed(1, {})]).said).toEqual([['sourceFailed'], ['sourceRecovered', 'synced']]);
  });

  it('is empty when there was nothing from the start', () => {
    const { steps } = run([gone(0), listed(1_000, { a: 'web 1' })]);
    expect(steps.map((step) => step.said)).toEqual([['synced'], ['applied a web:1']]);
    expect(steps[0]?.recheckAfterMs).toBe(1_000);
  });

  it('keeps everything while its directory is gone, and gives a returned one five seconds to be filled', () => {
    const { said } = run([
      listed(0, { a: 'web 1', b: 'db 1' }),
      gone(1_000),
      listed(60_000, {}, '1:2'),
      listed(61_000, { a: 'web 1' }, '1:2'),
      listed(65_000, { a: 'web 1' }, '1:2'),
    ]);
    expect(said.slice(1)).toEqual([['sourceFailed'], ['sourceRecovered'], [], ['removed b']]);
  });

  it('gives a directory put in the place of another the same five seconds, as when a mount goes away', () => {
    const { said } = run([listed(0, { a: 'web 1' }), listed(100, {}, '2:2'), listed(300, {}, '2:2'), listed(5_100, {}, '2:2')]);
    expect(said.slice(1)).toEqual([[], [], ['removed a']]);
  });

  it('takes the removal of a single manifest for what it is', () => {
    const file = (atMs: number): Listing => ({ type: 'listed', kind: 'file', atMs, entries: [{ path: '/m', content: text('web 1\n') }] });
    expect(run([file(0), gone(1_000), gone(1_100)]).said).toEqual([['applied m web:1', 'synced'], [], ['removed m']]);
  });

  it('reports and forgets entries that are no manifests', () => {
    const swap: ListedEntry['content'] = { type: 'ignored', reason: 'a swap file' };
    expect(run([listed(0, { 'a.swp': swap }), listed(1, { 'a.swp': swap }), listed(2, {})]).said).toEqual([
      ['ignored a.swp', 'synced'],
      [],
      ['removed a.swp'],
    ]);
  });
});

describe('stored last good versions', () => {
  const stored = run([listed(0, { a: 'web 1', b: 'db 1' })]).state;
  const slots = new Map([...stored.files].map(([path, file]): [string, readonly Slot[]] => [path, file.slots]));
  const restarted = (): SourceState => initialState('file', '/m', slots);

  it('stand in for a manifest that is broken at the start', () => {
    expect(run([listed(0, { a: '! oops', b: 'db 2' })], restarted()).said).toEqual([
      ['applied a web:1', 'rejected a stale ! oops', 'applied b db:2', 'synced'],
    ]);
  });

  it('do not bring back a file that was removed meanwhile', () => {
    expect(run([listed(0, { b: 'db 1' })], restarted()).said).toEqual([['applied b db:1', 'synced']]);
  });

  it('stand in for a directory that is gone', () => {
    expect(run([gone(0)], restarted()).said).toEqual([['sourceFailed', 'applied a web:1', 'applied b db:1', 'synced']]);
  });

  it('keep their names when the clock was set back since they claimed them', () => {
    const later = run([listed(1_000_000, { z: 'web 1' })]).state;
    const { state } = run([listed(1_000, { a: 'web 1', z: 'web 1' })], later);
    const claims = ['/m/z', '/m/a'].map((path) => state.files.get(path)?.slots[0]?.good?.claimedAtMs ?? 0);
    expect(claims[1]).toBeGreaterThan(claims[0]!);
  });

  it('are announced eldest claim first, so that the holder of a name stays the same', () => {
    const late = run([listed(0, { b: 'web 1' }), listed(5, { a: 'web 2', b: 'web 1' })]).state;
    const kept = new Map([...late.files].map(([path, file]): [string, readonly Slot[]] => [path, file.slots]));
    expect(run([listed(0, { a: 'web 2', b: 'web 1' })], initialState('file', '/m', kept)).said).toEqual([
      ['applied b web:1', 'applied a web:2', 'synced'],
    ]);
  });
});
