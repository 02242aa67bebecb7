import type { SourceStatus } from '@solo-kubelet/verified-source';
import { expect, it } from 'vitest';
import { sourceEvents } from './source-events.js';

const pending: SourceStatus = { name: 'site', url: '', require: 'signature', priority: 0, state: 'Pending', sinceMs: 0, failures: 0 };
const ready: SourceStatus = {
  ...pending,
  state: 'Ready',
  revision: 3,
  digest: 'abcdef0123456789',
  verifiedBy: 'minisign X',
  appliedAtMs: 1,
};
const refused: SourceStatus = { ...ready, state: 'Stale', reason: 'KeyUnknown', message: 'who?', failures: 1 };
const told = (before: SourceStatus | undefined, now: SourceStatus) =>
  sourceEvents(before, now).map(({ type, reason, message }) => `${type} ${reason} ${message}`);

const WHAT = 'revision 3, sha256 abcdef012345, verified by minisign X';

it.each([
  ['nothing yet', undefined, pending, []],
  [
    'an unverified source',
    undefined,
    { ...pending, require: 'none' as const },
    [expect.stringMatching(/^Warning SourceUnverified site: nothing vouches/)],
  ],
  ['the first answer', pending, ready, [`Normal SourceUpdated site: ${WHAT}`]],
  ['an answer from the disk', pending, { ...ready, state: 'Pending' as const }, [`Normal SourceRestored site: ${WHAT}`]],
  ['the same again', ready, ready, []],
  ['a refusal', ready, refused, [`Warning SourceRefused site: KeyUnknown: who?; ${WHAT} runs on`]],
  ['the same refusal', refused, { ...refused, failures: 2 }, []],
  ['another refusal', refused, { ...refused, message: 'you?' }, [`Warning SourceRefused site: KeyUnknown: you?; ${WHAT} runs on`]],
  [
    'no way',
    pending,
    { ...pending, state: 'Failed' as const, reason: 'Unreachable' as const, message: 'm' },
    ['Warning SourceUnreachable site: Unreachable: m'],
  ],
  [
    'a bad file',
    undefined,
    { ...pending, state: 'Failed' as const, reason: 'SourceFileInvalid' as const, message: 'a:1:1: b' },
    ['Warning SourceFileInvalid site: SourceFileInvalid: a:1:1: b'],
  ],
  ['a recovery', refused, ready, [`Normal SourceRecovered site: ${WHAT} runs`]],
  ['a recovery with something new', refused, { ...ready, revision: 4 }, [expect.stringMatching(/^Normal SourceUpdated site: revision 4/)]],
  [
    'a trial',
    ready,
    { ...ready, revision: 4, digest: 'dd', onTrial: true as const },
    [expect.stringMatching(/^Normal SourceUpdated site: revision 4, .*, on trial$/)],
  ],
  ['a trial that is passed', { ...ready, onTrial: true as const }, ready, [`Normal SourceRolloutComplete site: ${WHAT} has come to serve`]],
  [
    'a trial that failed',
    { ...ready, revision: 4, digest: 'dd', onTrial: true as const },
    { ...ready, refusedRevision: { digest: 'dd', revision: 4, why: 'Failed' as const, message: 'no', atMs: 1 } },
    [`Warning SourceRolloutFailed site: revision 4: no; going back to ${WHAT}`, `Normal SourceUpdated site: ${WHAT}`],
  ],
  [
    'a revision that is skipped',
    ready,
    { ...ready, refusedRevision: { digest: 'dd', revision: 4, why: 'Skipped' as const, message: 'skipped by hand', atMs: 1 } },
    ['Normal SourceSkipped site: revision 4: skipped by hand'],
  ],
  [
    'what failed in an earlier process',
    pending,
    { ...ready, state: 'Pending' as const, refusedRevision: { digest: 'dd', revision: 4, why: 'Failed' as const, message: 'no', atMs: 1 } },
    [`Normal SourceRestored site: ${WHAT}`],
  ],
  [
    'a revision that waits',
    ready,
    { ...ready, rollout: { reason: 'OutsideWindow' as const, message: 'closed', revision: 4, digest: 'dd', sinceMs: 1 } },
    ['Normal SourceRolloutWaiting site: revision 4 waits: closed'],
  ],
  ['a source that is held', ready, { ...ready, rollout: { reason: 'Held' as const, message: 'held by hand', sinceMs: 1 } }, []],
  [
    'nothing new for long',
    ready,
    { ...ready, notRenewed: true as const },
    [expect.stringMatching(/^Warning SourceNotRenewed site: .*runs on$/)],
  ],
])('%s', (_what, before, now, events) => expect(told(before, now)).toEqual(events));
