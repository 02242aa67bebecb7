import { Subject, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { virtualTime } from '../testing/index.js';
import { collectImages, type ImageCollectionActivity, type ImagePort } from './collect-images.js';

const GIB = 1024 ** 3;

/** A disk with images on it, one of them pinned, one used. */
const machine = (usedGib: number, policy: Parameters<typeof collectImages>[0]['policy'] = {}) => {
  const time = virtualTime();
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
  const subscription = collectImages({ images: port, policy, scheduler: time.scheduler })
    .pipe(tap((activity) => activities.push(activity)))
    .subscribe();
  stop$.subscribe(() => subscription.unsubscribe());
  return { time, images, used, activities };
};

describe('collectImages', () => {
  it('removes nothing below the high threshold', async () => {
    const { time, images } = machine(84);
    await time.advance(900_000);
    expect([...images.keys()]).toEqual(['used', 'pinned', 'a', 'b']);
  });

  it('frees down to the low threshold, sparing what is used, pinned or new', async () => {
    const { time, images, activities } = machine(86);
    await time.advance(301_000);
    expect(activities).toMatchObject([{ type: 'imageCollectionFailed', reason: 'FreeDiskSpaceFailed' }]); // seen for the first time: too young
    await time.advance(300_000);
    expect([...images.keys()]).toEqual(['used', 'pinned']);
    expect(activities.slice(1)).toMatchObject([
      { type: 'imageRemoved', imageId: 'a', cause: 'space' },
      { type: 'imageRemoved', imageId: 'b', cause: 'space' },
    ]);
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
