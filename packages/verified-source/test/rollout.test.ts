import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseMixedManifest } from '@solo-kubelet/object-spec';
import { BehaviorSubject, concat, defer, NEVER, type Observable, of, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { SourceCommand, SourceDefinition, SourceHealth } from '../src/index.js';
import { definition, follow, pod, revision, useSite } from './bed.js';

const site = useSite();

const FILE = '/site.yaml';
const HOUR_MS = 3_600_000;
const FAILED: SourceHealth = { type: 'failed', message: 'container app ended 5 times' };
const publish = (number: number, more = ''): void => void site.server.files.set(FILE, revision(number, more) + pod('web', `web:${number}`));

/** Revision 1 serves; how others are says the test. */
const box = (source: Partial<SourceDefinition> = {}, options: Partial<Parameters<typeof follow>[1]> = {}) => {
  const health$ = new BehaviorSubject<SourceHealth>({ type: 'unknown' });
  const command$ = new Subject<SourceCommand>();
  const images: string[][] = [];
  const watched: ReturnType<typeof follow> = follow(
    definition({ url: site.server.url + FILE, require: 'none', ...source }),
    {
      directory: join(site.root, 'state'),
      health$: defer(
        (): Observable<SourceHealth> => (watched.running()['web-n'] === 'web:1' ? concat(of({ type: 'ready' as const }), NEVER) : health$),
      ),
      command$,
      ...options,
    },
    (kept) => images.push([...kept]),
  );
  site.stops.push(watched.stop);
  return {
    ...watched,
    health: (health: SourceHealth) => health$.next(health),
    images,
    command: (command: SourceCommand['command']) =>
      new Promise<{ readonly ok: boolean; readonly message: string }>((resolve) => command$.next({ command, done: resolve })),
    runs: (number: number) => watched.until(`web:${number}`, () => watched.running()['web-n'] === `web:${number}`),
    reason: (reason: string) => watched.until(reason, () => watched.last()?.rollout?.reason === reason),
    settled: (number: number) =>
      watched.until(`revision ${number} for good`, () => watched.last()?.revision === number && watched.last()?.rollout === undefined),
  };
};
const TRIAL = { rollout: { windows: [], progressDeadlineMs: HOUR_MS, minReadyMs: 1 } };

describe('a revision on trial', () => {
  it('stays where its Pods come to serve, and keeps the images of the one before until then', async () => {
    publish(1);
    const one = box(TRIAL);
    await one.settled(1);
    expect(one.images).toEqual([]);
    publish(2);
    await one.reason('Progressing');
    expect(one.running()).toEqual({ 'web-n': 'web:2' });
    expect(one.last()).toMatchObject({ state: 'Ready', revision: 2, rollout: { revision: 2 } });
    expect(one.images).toEqual([['web:1']]);
    one.health({ type: 'ready' });
    await one.settled(2);
    expect(one.images).toEqual([['web:1'], []]);
  });

  it('is left for the last good one where they do not, and tried again by hand or when it is a new one alone', async () => {
    publish(1);
    const one = box(TRIAL);
    await one.settled(1);
    publish(2);
    await one.reason('Progressing');
    one.health(FAILED);
    await one.runs(1);
    expect(one.last()).toMatchObject({
      state: 'Ready',
      revision: 1,
      rollout: { reason: 'RolledBack', revision: 2, message: FAILED.message },
      refusedRevision: { revision: 2, why: 'Failed' },
    });
    const asked = site.server.requests.length;
    await one.until('some checks', () => site.server.requests.length > asked + 3);
    expect(one.running()).toEqual({ 'web-n': 'web:1' });
    one.health({ type: 'unknown' });
    expect(await one.command('retry')).toEqual({ ok: true, message: 'revision 2 is begun now' });
    await one.runs(2);
    one.health(FAILED);
    await one.runs(1);
    one.health({ type: 'unknown' });
    publish(3);
    await one.runs(3);
    one.health({ type: 'ready' });
    await one.settled(3);
  });

  it('is left at once when it is skipped by hand', async () => {
    publish(1);
    const one = box(TRIAL);
    await one.settled(1);
    publish(2);
    await one.reason('Progressing');
    await one.runs(2);
    expect(await one.command('skip')).toEqual({ ok: true, message: 'revision 2 is skipped, going back to revision 1' });
    await one.runs(1);
    expect(one.last()).toMatchObject({ state: 'Ready', revision: 1, rollout: { reason: 'Skipped', revision: 2 } });
    await one.command('retry');
    await one.runs(2);
  });

  it.each(['RolledBack', 'Progressing', 'Held'])('goes on after a restart without a network: %s', async (phase) => {
    publish(1);
    const one = box(TRIAL);
    await one.settled(1);
    if (phase === 'Held') await one.command('hold');
    publish(2);
    await one.until('revision 2', () => one.last()?.rollout?.revision === 2);
    if (phase === 'RolledBack') {
      one.health(FAILED);
      await one.reason(phase);
    }
    const running = phase === 'Progressing' ? 2 : 1;
    await one.runs(running);
    one.stop();
    site.server.files.clear();
    const again = box(TRIAL);
    await again.runs(running);
    await again.reason(phase);
    await again.until('a check', () => again.last()?.state === 'Stale');
    if (phase === 'Progressing') {
      again.health(FAILED);
      await again.runs(1);
      await again.reason('RolledBack');
      // What went wrong with the way to the source is still known.
      expect(again.last()).toMatchObject({ state: 'Stale', reason: 'NotFound' });
    }
    if (phase === 'Held') {
      await again.command('resume');
      await again.runs(2);
    }
    if (phase === 'RolledBack') {
      await again.command('retry');
      await again.runs(2);
    }
  });

  it('ends when the node was started again and again during it', async () => {
    publish(1);
    let one = box(TRIAL);
    await one.settled(1);
    publish(2);
    await one.reason('Progressing');
    await one.runs(2);
    for (let count = 0; count < 4; count += 1) {
      one.stop();
      one = box(TRIAL);
      await one.runs(2);
    }
    one.stop();
    one = box(TRIAL);
    await one.runs(1);
    expect(one.last()?.rollout).toMatchObject({ reason: 'RolledBack', message: expect.stringMatching(/^the kubelet was started 6 times/) });
    // It never came to run in this process.
    expect(one.events.some((event) => event.type === 'applied' && event.pod.spec.containers[0]?.image === 'web:2')).toBe(false);
  });

  it('comes to its deadline by a clock that nobody sets', async () => {
    publish(1);
    const one = box({ rollout: { windows: [], progressDeadlineMs: 50, minReadyMs: HOUR_MS } }, { wallNow: () => 0 });
    await one.settled(1);
    publish(2);
    await one.reason('RolledBack');
    await one.runs(1);
    expect(one.last()?.rollout?.message).toBe('not all of it was ready within 0.05 s');
  });
});

describe('a revision that waits', () => {
  it('for a window begins in it, and the first one does not wait', async () => {
    let wallMs = Date.UTC(2026, 10, 30, 12);
    publish(1);
    const one = box({ rollout: { windows: [{ schedule: '0 2 * * *', durationMs: HOUR_MS }] } }, { wallNow: () => wallMs });
    await one.settled(1);
    publish(2);
    await one.reason('OutsideWindow');
    expect(one.last()?.rollout).toMatchObject({ revision: 2, message: expect.stringContaining('2026-12-01T02:00:00Z') });
    expect(one.running()).toEqual({ 'web-n': 'web:1' });
    wallMs = Date.UTC(2026, 11, 1, 2);
    await one.runs(2);
  });

  it('for a window begins in it, though the clock was years ahead for a while', async () => {
    let wallMs = Date.UTC(2039, 0, 1, 12);
    publish(1);
    const one = box({ rollout: { windows: [{ schedule: '0 2 * * *', durationMs: HOUR_MS }] } }, { wallNow: () => wallMs });
    await one.settled(1);
    wallMs = Date.UTC(2026, 10, 30, 12);
    publish(2);
    await one.reason('OutsideWindow');
    expect(one.last()?.rollout?.message).toContain('2026-12-01T02:00:00Z');
    wallMs = Date.UTC(2026, 11, 1, 2);
    await one.runs(2);
  });

  it('for its turn begins when it is published for more nodes, and the publisher says so in what is signed', async () => {
    publish(1);
    const one = box();
    await one.settled(1);
    publish(2, '  rollout: { percent: 0 }\n');
    await one.reason('NotSelected');
    publish(3, '  rollout: { percent: 0, nodeSelector: "canary=true" }\n');
    await one.until('revision 3', () => one.last()?.rollout?.revision === 3);
    expect(one.running()).toEqual({ 'web-n': 'web:1' });
    one.stop();
    const canary = box({}, { nodeLabels: { canary: 'true' } });
    await canary.runs(3);
    await canary.reason('Progressing');
  });

  it('is not used where it is not what its source requires any more, and is asked for again', async () => {
    publish(1);
    const one = box();
    await one.settled(1);
    await one.command('hold');
    publish(2);
    await one.reason('Held');
    one.stop();
    // As after an update of the kubelet that knows better.
    const again = box(
      {},
      {
        parse: (text, options) => {
          const refuses = Buffer.from(text).toString().includes('web:2');
          return parseMixedManifest(refuses ? 'kind: Nothing\napiVersion: v1\n' : text, options);
        },
      },
    );
    await again.until('the refusal', () => again.last()?.reason === 'ManifestInvalid');
    expect(again.running()).toEqual({ 'web-n': 'web:1' });
    expect(again.last()?.rollout).toMatchObject({ reason: 'Held' });
    expect(again.last()?.rollout).not.toHaveProperty('revision');
  });
});

describe('commands', () => {
  it('say what they did, and what they could not do', async () => {
    const one = box();
    expect(await one.command('hold')).toEqual({ ok: false, message: 'nothing of it runs yet' });
    publish(1);
    await one.settled(1);
    expect(await one.command('skip')).toMatchObject({ ok: false });
    expect(await one.command('hold')).toMatchObject({ ok: true });
    expect(one.last()?.rollout).toMatchObject({ reason: 'Held' });
    publish(2);
    await one.until('revision 2', () => one.last()?.rollout?.revision === 2);
    expect(await one.command('skip')).toEqual({ ok: true, message: 'revision 2 is skipped' });
    expect(await one.command('resume')).toMatchObject({ ok: true });
    await one.reason('Skipped');
    expect(one.running()).toEqual({ 'web-n': 'web:1' });
    const kept = JSON.parse(await readFile(join(site.root, 'state', 'last-good.json'), 'utf8'));
    expect(kept).toMatchObject({ rollout: { refused: [{ revision: 2, why: 'Skipped' }] } });
    publish(3);
    await one.runs(3);
  });
});
