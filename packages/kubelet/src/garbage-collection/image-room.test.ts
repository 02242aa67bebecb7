import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CriClient } from '@solo-kubelet/cri-client';
import { NEVER, of } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ImageRoomOptions, imageRoom } from './image-room.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'room-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const { signal } = new AbortController();
const room = (mountpoint: string | undefined, options: Partial<ImageRoomOptions> = {}) =>
  imageRoom({
    cri: {
      images: {
        imageFsInfo: async () => ({
          imageFilesystems: mountpoint === undefined ? [] : [{ fsId: { mountpoint } }],
          containerFilesystems: [],
        }),
      },
    } as unknown as Pick<CriClient, 'images'>,
    thresholds: [],
    collector: () => ({ free: () => of() }),
    tell: () => {},
    ...options,
  });

it('says what is free where images lie, and whether that is the disk of a directory', async () => {
  const own = await room(directory).read({ directory, signal });
  expect(own).toMatchObject({ isShared: true });
  expect(own?.capacity).toBeGreaterThan(own?.available ?? 0);
  expect(await room('/proc').read({ directory, signal })).toMatchObject({ isShared: false });
  expect(await room(undefined).read({ directory, signal })).toBeUndefined();
});

it('keeps free what thresholds want that somebody wrote', () => {
  const { reserved } = room(directory, {
    thresholds: [
      { signal: 'nodefs.available', value: { quantity: '1Ki' }, gracePeriodMs: 0, minReclaim: { quantity: '24' } },
      { signal: 'nodefs.available', value: { fraction: 0.5 }, gracePeriodMs: 60_000 },
      { signal: 'imagefs.available', value: { fraction: 0.15 }, gracePeriodMs: 0, reportOnly: true },
      { signal: 'nodefs.inodesFree', value: { quantity: '5' }, gracePeriodMs: 0 },
    ],
  });
  expect([reserved('nodefs', 1_000), reserved('nodefs', 10_000), reserved('imagefs', 1_000)]).toEqual([1_048, 5_000, 0]);
});

it('tells of what the collector does, and waits for it no longer than it may', async () => {
  const told: unknown[] = [];
  const removed = { type: 'imageRemoved', imageId: 'i', sizeBytes: 1, cause: 'space' } as const;
  const asked: number[] = [];
  const free = (bytes: number) => {
    asked.push(bytes);
    return of(removed);
  };
  await room(directory, { collector: () => ({ free }), tell: (activity) => told.push(activity) }).makeRoom(7, { signal });
  expect([asked, told]).toEqual([[7], [removed]]);
  const abort = new AbortController();
  const endless = room(directory, { collector: () => ({ free: () => NEVER }) }).makeRoom(7, { signal: abort.signal });
  abort.abort();
  await expect(endless).rejects.toThrow();
});
