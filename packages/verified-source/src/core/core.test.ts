import { describe, expect, it } from 'vitest';
import { readRevision } from '../answer/read-revision.js';
import { judgeRevision } from './judge-revision.js';
import { firstCheckMs, nextCheckMs } from './next-check.js';
import { parsePinnedHash } from './pinned-hash.js';
import { isRefusal, reduceStatus, type SourceStatus } from './source-status.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const said = (text: string) => {
  const read = readRevision(bytes(text));
  return read.ok ? { ...read, body: new TextDecoder().decode(read.body) } : read;
};
const REVISION = 'apiVersion: solo-kubelet.dev/v1alpha1\nkind: SourceRevision\nspec:\n  revision: 7\n';

describe('a SourceRevision', () => {
  it('is taken off the front, and leaves every line where it was', () => {
    const pod = 'apiVersion: v1\nkind: Pod\n';
    const read = said(`# ä comment\n---\n${REVISION}---\n${pod}`);
    expect(read).toMatchObject({ ok: true, revision: { revision: 7 } });
    const { body } = read as { readonly body: string };
    expect(body.split('\n').slice(-4)).toEqual(['---', 'apiVersion: v1', 'kind: Pod', '']);
    expect(body.split('\n')[0]).toBe('# ä comment');
    expect(body.slice(0, -pod.length)).not.toMatch(/revision/i);
    expect(body.length).toBe(`# ä comment\n---\n${REVISION}---\n${pod}`.length);
  });

  it('says when it expires, for whom it is, and what it may take back', () => {
    const more = '  expires: "2027-01-31T00:00:00Z"\n  source: a\n  rollbackFrom: 9\n';
    expect(said(`${REVISION}${more}---\nx: 1\n`)).toMatchObject({
      revision: { revision: 7, expiresMs: Date.UTC(2027, 0, 31), source: 'a', rollbackFrom: 9 },
    });
  });

  it.each([
    ['kind: Pod\nmetadata: {}\n'],
    ['kind: Pod\n---\nkind: SourceRevision\n'],
    ['kind: ConfigMap\ndata:\n  a: |\n    kind: SourceRevision\n'],
    ['{"kind": "List"}'],
    [''],
  ])('is not seen in %j', (text) => expect(said(text)).toEqual({ ok: true, revision: undefined, body: text }));

  it.each([
    ['kind: SourceRevision\n', /apiVersion: want/],
    [REVISION.replace('7', '-1'), /spec\.revision: want a whole number/],
    [REVISION.replace('7', '1.5'), /spec\.revision: want a whole number/],
    [REVISION.replace('7', '90071992547409930'), /spec\.revision: want a whole number/],
    [`${REVISION}  expire: x\n`, /expire: there is no such field/],
    [`${REVISION}  expires: tomorrow\n`, /spec\.expires: want a time/],
    [`${REVISION}  revision: 8\n`, /unique/],
    [`${REVISION}  rollout: ${'['.repeat(99)}`, /it nests deeper than 100 levels/],
    ['apiVersion: &a solo-kubelet.dev/v1alpha1\nkind: SourceRevision\nspec: { revision: 1, source: *a }\n', /aliases/],
  ])('is refused as %j', (text, message) => expect(said(text)).toMatchObject({ ok: false, message: expect.stringMatching(message) }));
});

describe('a revision', () => {
  const source = { name: 'a', require: 'signature', revisions: 'required' } as const;
  const judge = (more: Partial<Parameters<typeof judgeRevision>[0]>) =>
    judgeRevision({ source, said: { revision: 5 }, digest: 'd', kept: { revision: 5, digest: 'd' }, nowMs: 0, ...more });

  it.each([
    ['the same again', {}, true],
    ['a later one', { said: { revision: 6 }, digest: 'e' }, true],
    ['the first one', { kept: undefined }, true],
    ['the time of signing', { said: undefined, impliedRevision: 6 }, true],
    ['a lower one that may take the later back', { said: { revision: 4, rollbackFrom: 5 } }, true],
    ['none, where none is wanted', { said: undefined, source: { ...source, revisions: 'optional' as const } }, true],
    ['what a hash names', { source: { ...source, require: 'hash' as const }, said: { revision: 1 } }, true],
    ['what nobody vouches for', { source: { ...source, require: 'none' as const }, said: { revision: 1 } }, true],
    ['a lower one', { said: { revision: 4 } }, 'RevisionTooOld'],
    ['a lower one that took back another', { said: { revision: 3, rollbackFrom: 4 } }, 'RevisionTooOld'],
    ['another one of the same number', { digest: 'e' }, 'RevisionReused'],
    ['none', { said: undefined }, 'RevisionMissing'],
    ["another source's", { said: { revision: 9, source: 'b' } }, 'WrongSource'],
    ['an expired one', { said: { revision: 9, expiresMs: 10 }, nowMs: 10 }, 'Expired'],
  ])('%s is judged', (_name, more, verdict) =>
    expect(judge(more)).toMatchObject(verdict === true ? { ok: true } : { ok: false, reason: verdict }),
  );
});

it.each([
  [0, 0, 270_000],
  [0, 0.5, 300_000],
  [0, 1, 330_000],
  [1, 0.5, 5_000],
  [3, 0.5, 20_000],
  [60, 0.5, 300_000],
])('after %i failures, with the die at %d, it waits %i ms', (failures, random, ms) =>
  expect(nextCheckMs({ intervalMs: 300_000, jitter: 0.1 }, failures, random)).toBe(ms),
);

it('a thousand boxes that come up at once with something to run ask over half a minute; one that has nothing asks at once', () => {
  expect([0, 0.5, 1].map((random) => firstCheckMs({ intervalMs: 300_000 }, true, random))).toEqual([0, 15_000, 30_000]);
  expect(firstCheckMs({ intervalMs: 300_000 }, false, 1)).toBe(0);
});

it("reads hashes in Ignition's form and in that of images", () => {
  const hex = 'AB'.repeat(32);
  expect(parsePinnedHash(`sha256-${hex}`)).toEqual({ algorithm: 'sha256', hex: hex.toLowerCase() });
  expect(parsePinnedHash(`sha256:${hex}`)?.algorithm).toBe('sha256');
  expect([`sha512-${hex}`, `md5-${hex}`, hex, `sha256-${hex}0`].map(parsePinnedHash)).toEqual([undefined, undefined, undefined, undefined]);
});

describe('the status of a source', () => {
  const pending: SourceStatus = { name: 'a', url: '', require: 'signature', priority: 0, state: 'Pending', sinceMs: 0, failures: 0 };
  const running = { revision: 3, digest: 'd', verifiedBy: 'minisign X', appliedAtMs: 100 };
  const times = (nowMs: number) => ({ nowMs, renewWithinMs: 1_000 });

  it('goes from pending to ready, stale with a reason, and ready again', () => {
    const ready = reduceStatus(pending, { type: 'applied', running }, times(100));
    expect(ready).toMatchObject({ state: 'Ready', revision: 3, sinceMs: 100, checkedAtMs: 100 });
    const stale = reduceStatus(ready, { type: 'failed', reason: 'RevisionTooOld', message: 'm' }, times(200));
    expect(stale).toMatchObject({ state: 'Stale', revision: 3, reason: 'RevisionTooOld', failures: 1, sinceMs: 200 });
    expect(reduceStatus(stale, { type: 'failed', reason: 'Unreachable', message: 'm' }, times(300))).toMatchObject({
      failures: 2,
      sinceMs: 200,
    });
    const again = reduceStatus(stale, { type: 'unchanged' }, times(300));
    expect(again).toMatchObject({ state: 'Ready', failures: 0 });
    expect(again).not.toHaveProperty('reason');
    expect(reduceStatus(again, { type: 'applied', running: { ...running, revision: undefined } }, times(400))).not.toHaveProperty(
      'revision',
    );
  });

  it('is failed where nothing runs', () =>
    expect(reduceStatus(pending, { type: 'failed', reason: 'Unreachable', message: 'm' }, times(1))).toMatchObject({ state: 'Failed' }));

  it('says when nothing new came for too long, and takes it back', () => {
    const ready = reduceStatus(pending, { type: 'applied', running }, times(100));
    const late = reduceStatus(ready, { type: 'unchanged' }, times(1_101));
    expect(late.notRenewed).toBe(true);
    expect(reduceStatus(late, { type: 'applied', running: { ...running, appliedAtMs: 1_200 } }, times(1_200))).not.toHaveProperty(
      'notRenewed',
    );
    expect(reduceStatus(ready, { type: 'unchanged' }, { nowMs: 9e12, renewWithinMs: 0 })).not.toHaveProperty('notRenewed');
  });

  it('tells the way from what came by it', () => {
    expect(isRefusal('SignatureInvalid')).toBe(true);
    expect(isRefusal('Unreachable')).toBe(false);
  });
});
