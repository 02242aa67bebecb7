import type { ImagePort } from '@solo-kubelet/reconciler';
import { virtualTime } from '@solo-kubelet/reconciler/testing';
import { lastValueFrom, Subject, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type ImageCollectionActivity, imageCollector } from './image-collector.js';

const GIB = 1024 ** 3;

/** A disk with images on it, one of them pinned, one used. */
const machine = (usedGib: number, policy: Parameters<typeof imageCollector>[0]['policy'] = {}, startMs?: number) => {
  const time = virtualTime(startMs);
  const images = new Map(['used', 'pinned', 'a', 'b'].map((id) => [id, { id, sizeBytes: 4 * GIB, pinned: id === 'pinned' }]));
  const used = new Set(['used']);
  let usedBytes = usedGib * GIB;
  const port: ImagePort = {
    list: async () => [...images.values()],
    listUsed: async () => used,
    filesystem: async () => ({ capacityBytes: 100 * GIB, availableBytes: 100 * GIB - usedBytes }),
    remove: async (id) => {
      usedBytes -= images.get(id)!.sizeBytes;
      images.delete(id);
    },
  };
  const activities: ImageCollectionActivity[] = [];
  const stop$ = new Subject<void>();
  const collector = imageCollector({ images: port, policy, scheduler: time.scheduler });
  const subscription = collector.run$.pipe(tap((activity) => activities.push(activity))).subscribe();
  stop$.subscribe(() => subscription.unsubscribe());
  return { time, images, used, activities, collector };
};

describe('imageCollector', () => {
  it('removes nothing below the high threshold', async () => {
    const { time, images } = machine(84);
    await time.advance(900_000);
    expect([...images.keys()]).toEqual(['used', 'pinned', 'a', 'b']);
  });

  it('frees down to the low threshold, sparing what is used, pinned or new', async () => {
    const { time, images, activities } = machine(86);
    await time.advance(299_000);
    images.set('fresh', { id: 'fresh', sizeBytes: 4 * GIB, pinned: false });
    await time.advance(2_000);
    expect([...images.keys()]).toEqual(['used', 'pinned', 'fresh']);
    expect(activities).toMatchObject([
      { type: 'imageRemoved', imageId: 'a', cause: 'space' },
      { type: 'imageRemoved', imageId: 'b', cause: 'space' },
    ]);
  });

  it('frees as much as it is asked for, by what the disk says, and no more than there is', async () => {
    const { time, images, collector, activities } = machine(50);
    await time.advance(1_000);
    const freed = async (bytes: number): Promise<void> => {
      const done = lastValueFrom(collector.free(bytes).pipe(tap((activity) => activities.push(activity))), { defaultValue: undefined });
      await time.advance(1_000);
      await done;
    };
    await freed(3 * GIB);
    expect([...images.keys()]).toEqual(['used', 'pinned', 'b']);
    await freed(100 * GIB);
    expect([...images.keys()]).toEqual(['used', 'pinned']);
    await freed(100 * GIB);
    expect(activities.map(({ type }) => type)).toEqual(['imageRemoved', 'imageRemoved']);
  });

  it('frees nothing for others where the threshold is off', async () => {
    const { time, images, collector } = machine(50, { highThresholdPercent: 100 });
    await time.advance(1_000);
    const done = lastValueFrom(collector.free(GIB), { defaultValue: undefined });
    await time.advance(1_000);
    await done;
    expect(images.size).toBe(4);
  });

  it('takes what is there when it begins for old, also where the clock began in 1970 with the machine', async () => {
    const { time, images, collector } = machine(50, {}, 0);
    await time.advance(1_000);
    images.set('fresh', { id: 'fresh', sizeBytes: 4 * GIB, pinned: false });
    const done = lastValueFrom(collector.removeUnused$, { defaultValue: undefined });
    await time.advance(1_000);
    await done;
    expect([...images.keys()]).toEqual(['used', 'pinned', 'fresh']);
  });

  it('removes on demand whatever nothing uses, however empty the disk is, but nothing that has only just come', async () => {
    const { time, images, collector, used } = machine(10);
    await time.advance(1_000);
    images.set('fresh', { id: 'fresh', sizeBytes: 4 * GIB, pinned: false });
    await lastValueFrom(collector.removeUnused$);
    expect([...images.keys()]).toEqual(['used', 'pinned', 'fresh']);
    used.delete('used');
    await time.advance(121_000);
    await lastValueFrom(collector.removeUnused$);
    expect([...images.keys()]).toEqual(['pinned']);
  });

  it('removes the longest unused first', async () => {
    const { time, images, used } = machine(81, { highThresholdPercent: 81, lowThresholdPercent: 80 });
    used.add('a');
    await time.advance(301_000);
    used.delete('a');
    await time.advance(300_000);
    expect([...images.keys()]).toEqual(['used', 'pinned', 'a']);
  });

  it('removes by age only what it has watched for so long', async () => {
    const { time, images } = machine(10, { maxAgeMs: 1_000_000 });
    await time.advance(900_000);
    expect(images.size).toBe(4);
    await time.advance(301_000);
    expect([...images.keys()]).toEqual(['used', 'pinned']);
  });
});

it('tells after each round which images are left', async () => {
  const time = virtualTime();
  const images = new Map(['a', 'b'].map((id) => [id, { id, sizeBytes: GIB, pinned: id === 'a' }]));
  const told: (readonly [readonly string[], number])[] = [];
  const { removeUnused$, run$ } = imageCollector({
    images: {
      list: async () => [...images.values()],
      listUsed: async () => new Set(),
      filesystem: async () => ({ capacityBytes: 0, availableBytes: 0 }),
      remove: async () => {}, // the runtime lists it once more
    },
    scheduler: time.scheduler,
    wallNow: () => 7,
    onRemaining: async (ids, listedAtMs) => void told.push([[...ids], listedAtMs]),
  });
  const subscription = run$.subscribe();
  await time.advance(1);
  await lastValueFrom(removeUnused$, { defaultValue: undefined });
  subscription.unsubscribe();
  expect(told).toEqual([
    [['a', 'b'], 7],
    [['a'], 7],
  ]);
});
