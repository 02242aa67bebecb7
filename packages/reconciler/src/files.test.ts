import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, of } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeletEvent } from './core/kubelet-event.js';
import { podUid } from './core/pod-identity.js';
import { eventFile } from './event-file.js';
import { fileStatusStore } from './file-status-store.js';

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
  it('takes a record that cannot be read for none', async () => {
    await writeFile(join(directory, 'half.json'), '{"version":1,"podUid":"x"');
    await writeFile(join(directory, 'newer.json'), '{"version":2,"podUid":"x","status":{},"backoff":{}}');
    expect(await fileStatusStore({ directory }).load()).toEqual([]);
  });
});

describe('eventFile', () => {
  const event = (id: string, count = 1) => ({ id, reason: 'Started', count }) as KubeletEvent;
  it('keeps the last of each event, up to its bound, beside earlier ones', async () => {
    const file = eventFile({ path: join(directory, 'kubelet', 'events.json'), maxEvents: 2, writeDelayMs: 1 });
    expect(await file.load()).toEqual([]);
    await lastValueFrom(file.keep(of(event('a'), event('b'), event('a', 2)), [event('old')]), { defaultValue: undefined });
    expect(await file.load()).toEqual([event('b'), event('a', 2)]);
    expect(await readdir(join(directory, 'kubelet'))).toEqual(['events.json']);
  });
});
