import { bytesText } from '../core/images/progress-text.js';
import { type RoomNeeded, type RoomStep, roomNeeded, USUAL_RATIO } from '../core/images/room-needed.js';
import type { BlobPool } from './blob-pool.js';

type Abortable = { readonly signal: AbortSignal };

/** Bytes of a file system. */
export interface DiskSpace {
  readonly available: number;
  readonly capacity: number;
}

/** The disks that images come to lie on, and whoever makes room there. */
export interface ImageRoom {
  /** The file system that the runtime keeps images on; `isShared`: it is that of `directory`. Undefined: the runtime does not tell. */
  read(options: { readonly directory: string } & Abortable): Promise<(DiskSpace & { readonly isShared: boolean }) | undefined>;
  /** Bytes of a file system of this capacity that have to stay free: below, Pods are evicted. 0: nobody has said so. */
  reserved(disk: 'nodefs' | 'imagefs', capacity: number): number;
  /** Removes images that nothing needs, the longest unused first, until so many bytes more are free where images lie, or none is left. */
  makeRoom(bytes: number, options: Abortable): Promise<void>;
}

export interface RequireRoomOptions {
  /** What is still to be done, in this order. */
  readonly steps: readonly RoomStep[];
  /** What the runtime holds already. */
  readonly held: ReadonlySet<string>;
  readonly pool: BlobPool;
  /** Default: nobody makes room, and the disk of the runtime is not looked at. */
  readonly room: ImageRoom | undefined;
  readonly signal: AbortSignal;
}

/** Part of a file system that is left free for others: the kubelet's defaults evict Pods below a tenth. */
const RESERVED_PART = 0.1;

/**
 * Why there is no room for images; undefined: there is. Where there is less than images usually take, room is made first; what they take at the least has
 * to be there then.
 */
export const lackOfRoom = async ({ steps, held, pool, room, signal }: RequireRoomOptions): Promise<string | undefined> => {
  const facts = { here: pool.bytesOf, held };
  const least = roomNeeded(steps, facts);
  if (least.fetched === 0 && (room === undefined || least.runtime === 0)) return undefined;
  const usual = roomNeeded(steps, { ...facts, ratio: USUAL_RATIO });
  let disks = await readDisks(pool, room, signal);
  const short = Math.max(0, ...lacks(usual, disks).flatMap(({ bytes, hasImages }) => (hasImages ? [bytes] : [])));
  if (room !== undefined && short > 0) {
    await room.makeRoom(short, { signal });
    disks = await readDisks(pool, room, signal);
  }
  const [worst] = lacks(least, disks);
  return worst?.message;
};

interface Disks {
  readonly own: DiskSpace & { readonly reserved: number };
  /** Of the runtime, where it is another one. */
  readonly images?: DiskSpace & { readonly reserved: number };
  /** Whether images lie on `own`. */
  readonly isShared: boolean;
}

const readDisks = async (pool: BlobPool, room: ImageRoom | undefined, signal: AbortSignal): Promise<Disks> => {
  // Makes the directory.
  const space = await pool.space();
  const images = await room?.read({ directory: pool.directory, signal });
  const tenth = Math.ceil(space.capacity * RESERVED_PART);
  const own = Math.max(tenth, room?.reserved('nodefs', space.capacity) ?? 0);
  const ofImages = images === undefined ? 0 : (room?.reserved('imagefs', images.capacity) ?? 0);
  if (images?.isShared === true) return { own: { ...space, reserved: Math.max(own, ofImages) }, isShared: true };
  return {
    own: { ...space, reserved: own },
    isShared: false,
    ...(images && { images: { ...images, reserved: Math.max(Math.ceil(images.capacity * RESERVED_PART), ofImages) } }),
  };
};

interface Lack {
  readonly bytes: number;
  /** Whether removing images helps. */
  readonly hasImages: boolean;
  readonly message: string;
}

const lacks = ({ fetched, runtime, together }: RoomNeeded, { own, images, isShared }: Disks): readonly Lack[] => {
  const lackOn = (disk: Disks['own'], needed: number, where: string, hasImages: boolean): readonly Lack[] => {
    const free = Math.max(0, disk.available - disk.reserved);
    if (needed <= free) return [];
    const message = `its images need ${bytesText(needed)} more ${where}, where ${bytesText(free)} can be had (${bytesText(disk.reserved)} stay free)`;
    return [{ bytes: needed - free, hasImages, message: hasImages ? `${message}; no image is left there that nothing needs` : message }];
  };
  if (isShared) return lackOn(own, together, 'on the disk of the root directory and of the runtime', true);
  return [
    ...lackOn(own, fetched, 'below the root directory', false),
    ...(images === undefined ? [] : lackOn(images, runtime, 'on the disk of the runtime', true)),
  ];
};

/** Whether an error, or what a program said of one, is that of a disk without room. */
export const isNoSpace = (error: unknown): boolean =>
  error instanceof Error &&
  (['ENOSPC', 'EDQUOT'].includes(String((error as NodeJS.ErrnoException).code)) ||
    /no space left on device|disk quota exceeded/i.test(error.message));
