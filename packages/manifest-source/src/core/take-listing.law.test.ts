import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tinyParser } from '../../test/tiny-parser.js';
import { originKey } from '../manifest-event.js';
import type { Listing } from './listing.js';
import { initialState, type SourceState } from './source-state.js';
import { takeListing } from './take-listing.js';

const rules = {
  parse: tinyParser,
  nodeName: 'n',
  settleMs: 1_000,
  removalSettleMs: 100,
  replacementSettleMs: 5_000,
  failedRecheckMs: 1_000,
};

/** What may befall a manifest without anybody asking for its Pods to go. */
const accident = fc.oneof(
  fc.record({
    type: fc.constant('text' as const),
    text: fc.constantFrom('web 1\n', 'web 2\n', 'web 3', '! oops\n', '?web 4\n', '', '# nothing\n', 'web 1\n---\n! x\n'),
  }),
  fc.record({ type: fc.constantFrom('unreadable' as const, 'pipe' as const, 'failed' as const, 'gone' as const) }),
);

it('whatever befalls a manifest that once was good, its Pod stays in use', () => {
  const histories = fc.array(fc.tuple(accident, fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 0, max: 5_000 })), { maxLength: 30 });
  fc.assert(
    fc.property(histories, (history) => {
      let state: SourceState = initialState('file', '/m');
      const inUse = new Set<string>();
      let nowMs = 10_000;
      const take = (listing: Listing): void => {
        const step = takeListing(state, listing, rules);
        state = step.state;
        for (const event of step.events) {
          if (event.type === 'applied') inUse.add(originKey(event.origin));
          if (event.type === 'removed') inUse.delete(originKey(event.origin));
          if (event.type === 'rejected') expect(event.stale).toBe(inUse.has(originKey(event.origin)));
        }
      };
      const listed = (text: string, ageMs: number): Listing => {
        const content = { type: 'text' as const, text: new TextEncoder().encode(text), digest: text, modifiedAtMs: nowMs - ageMs };
        return { type: 'listed', kind: 'directory', directoryId: '1', atMs: nowMs, entries: [{ path: '/m/a', content }] };
      };
      const odd = (content: { type: 'unreadable'; message: string } | { type: 'ignored'; reason: string }): Listing => ({
        type: 'listed',
        kind: 'directory',
        directoryId: '1',
        atMs: nowMs,
        entries: [{ path: '/m/a', content }],
      });
      take(listed('web 1\n', 60_000));
      for (const [what, afterMs, ageMs] of history) {
        nowMs += afterMs;
        if (what.type === 'text') take(listed(what.text, ageMs));
        else if (what.type === 'unreadable') take(odd({ type: 'unreadable', message: 'EACCES' }));
        else if (what.type === 'pipe') take(odd({ type: 'ignored', reason: 'a named pipe' }));
        else if (what.type === 'failed') take({ type: 'failed', atMs: nowMs, message: 'EIO', useStored: false });
        else take({ type: 'missing', atMs: nowMs, parentMissing: false });
        expect(inUse.has('file:/m/a#0')).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});
