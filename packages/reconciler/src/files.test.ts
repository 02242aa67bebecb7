import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { faultyFiles } from '@solo-kubelet/state-files/testing';
import { lastValueFrom, of, Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_BACKOFF, growBackoff } from './core/crash-backoff.js';
import type { KubeletEvent } from './core/kubelet-event.js';
import { podUid } from './core/pod-identity.js';
import { eventFile } from './event-file.js';
import { fileStatusStore } from './file-status-store.js';

/** On a busy machine, too. */
const SOON = { timeout: 15_000, interval: 10 };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('fileStatusStore', () => {
  const record = {
    podUid: podUid('uid-web'),
    status: { phase: 'Running' as const },
    backoff: { app: { delayMs: 10_000, updatedAtMs: 1 } },
  };
  it('gives back what was saved, and nothing of what was removed', async () => {
    const store = fileStatusStore({ directory: join(directory, 'pods') });
    expect(await store.load()).toEqual([]);
    await store.save(record);
    await store.save({ ...record, podUid: podUid('../other') });
    expect(await store.load()).toEqual(expect.arrayContaining([record]));
    await store.remove(record.podUid);
    expect((await store.load()).map(({ podUid: uid }) => uid)).toEqual(['../other']);
  });
  it('gives back the back-off of a container that was restarted', async () => {
    const store = fileStatusStore({ directory });
    const restarted = { ...record, backoff: { app: growBackoff(undefined, DEFAULT_BACKOFF, 5, 'container-1') } };
    await store.save(restarted);
    expect(await store.load()).toEqual([restarted]);
  });
  it('keeps nothing of a write that a kill cut short', async () => {
    const store = fileStatusStore({ directory });
    await store.save(record);
    await writeFile(join(directory, '.uid-web.json.new'), '{');
    await writeFile(join(directory, '.uid-other.json.new'), '{');
    expect(await store.load()).toEqual([record]);
    expect(await readdir(directory)).toEqual(['uid-web.json']);
  });
  it('takes a record that cannot be read for none', async () => {
    await writeFile(join(directory, 'half.json'), '{"version":1,"podUid":"x"');
    await writeFile(join(directory, 'newer.json'), '{"version":2,"podUid":"x","status":{},"backoff":{}}');
    expect(await fileStatusStore({ directory }).load()).toEqual([]);
  });
});

describe('fileStatusStore on a failing disk', () => {
  const recordOf = (restarts: number) => ({
    podUid: podUid('uid-web'),
    status: { phase: 'Running' as const },
    backoff: { app: { delayMs: restarts, updatedAtMs: 1 } },
  });

  it.each(['ENOSPC', 'EROFS', 'EIO', 'POWER'])('%s at any operation leaves the old or the new record', async (code) => {
    for (let at = 0; at < 5; at += 1) {
      await fileStatusStore({ directory }).save(recordOf(1));
      await fileStatusStore({ directory, files: faultyFiles({ at, code }) })
        .save(recordOf(2))
        .catch(() => {});
      expect([[recordOf(1)], [recordOf(2)]]).toContainEqual(await fileStatusStore({ directory }).load());
    }
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', [null]],
    ['a null status', { status: null }],
    ['conditions of null', { status: { conditions: [null] } }],
    ['container statuses that are an object', { status: { containerStatuses: {} } }],
    ['a container without a name', { status: { containerStatuses: [{}] } }],
    ['a state of text', { status: { containerStatuses: [{ name: 'a', state: { running: 'yes' } }] } }],
    ['a restart count of text', { status: { initContainerStatuses: [{ name: 'a', restartCount: '3' }] } }],
    ['a phase of numbers', { status: { phase: 4 } }],
    ['a back-off of null', { backoff: { app: null } }],
    ['a back-off of text', { backoff: { app: { delayMs: 'long' } } }],
    ['a back-off without its time', { backoff: { app: { delayMs: 1 } } }],
    ['a back-off of a numbered container', { backoff: { app: { delayMs: 1, updatedAtMs: 1, grantedTo: 7 } } }],
    ['a list as back-off', { backoff: [] }],
    ['a uid of numbers', { podUid: 7 }],
  ])('sets a record with %s aside', async (_what, change) => {
    const record =
      typeof change === 'object' && change !== null && !Array.isArray(change) ? { version: 1, ...recordOf(1), ...change } : change;
    await writeFile(join(directory, 'uid-web.json'), JSON.stringify(record));
    expect(await fileStatusStore({ directory }).load()).toEqual([]);
    expect(await readdir(directory)).toEqual(['uid-web.json.broken']);
  });
});

describe('eventFile', () => {
  const event = (id: string, count = 1): KubeletEvent => ({
    id,
    type: 'Normal',
    reason: 'Started',
    message: 'Container started',
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'web', uid: 'u' },
    count,
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    source: { component: 'kubelet' },
  });

  it.each(['[null]', 'null', '{"version":1,"events":[null]}', '{"version":1,"events":[{"id":1}]}', '{"version":1,"events":{}}'])(
    'sets a file that holds %s aside',
    async (text) => {
      const path = join(directory, 'events.json');
      await writeFile(path, text);
      expect(await eventFile({ path }).load()).toEqual([]);
      expect(await readdir(directory)).toEqual(['events.json.broken']);
    },
  );

  it.each(['ENOSPC', 'EROFS', 'EIO', 'POWER'])('%s at any operation loses no event that was on disk', async (code) => {
    const path = join(directory, 'events.json');
    const keep = (events: readonly KubeletEvent[], at?: number): Promise<unknown> =>
      lastValueFrom(
        eventFile({ path, writeDelayMs: 1, ...(at === undefined ? {} : { files: faultyFiles({ at, code }) }) }).keep(of(...events), []),
        { defaultValue: undefined },
      );
    for (let at = 0; at < 5; at += 1) {
      await keep([event('a')]);
      await keep([event('a'), event('b')], at).catch(() => {});
      expect((await eventFile({ path }).load())[0]).toEqual(event('a'));
    }
  });

  it('loses nothing of what comes between a write that failed and the next one', async () => {
    const path = join(directory, 'events.json');
    const events$ = new Subject<KubeletEvent>();
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
    const file = eventFile({
      path,
      writeDelayMs: 1,
      retryDelayMs: 20,
      logger,
      files: faultyFiles({ at: 0, code: 'ENOSPC', lasting: false }),
    });
    const keeping = file.keep(events$, [event('old')]).subscribe();
    events$.next(event('a'));
    await expect.poll(() => warnings, SOON).toEqual(['Cannot keep events on disk; trying again later']);
    events$.next(event('b'));
    await expect.poll(() => eventFile({ path }).load(), SOON).toEqual([event('old'), event('a'), event('b')]);
    keeping.unsubscribe();
  });

  it('keeps the last of each event, up to its bound, beside earlier ones', async () => {
    const file = eventFile({ path: join(directory, 'kubelet', 'events.json'), maxEvents: 2, writeDelayMs: 1 });
    expect(await file.load()).toEqual([]);
    await lastValueFrom(file.keep(of(event('a'), event('b'), event('a', 2)), [event('old')]), { defaultValue: undefined });
    expect(await file.load()).toEqual([event('b'), event('a', 2)]);
    expect(await readdir(join(directory, 'kubelet'))).toEqual(['events.json']);
  });
});
