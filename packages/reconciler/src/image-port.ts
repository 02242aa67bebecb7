import type { Abortable } from './runtime-port.js';

/** What the collector needs of an image service. */
export interface ImagePort {
  list(options: Abortable): Promise<readonly { readonly id: string; readonly sizeBytes: number; readonly pinned: boolean }[]>;
  /** Ids of images that any container, dead or alive and whoever's, was made from or mounts. */
  listUsed(options: Abortable): Promise<ReadonlySet<string>>;
  filesystem(options: Abortable): Promise<FilesystemUse>;
  remove(imageId: string, options: Abortable): Promise<void>;
}

/** Room of the file system that images are on. */
export interface FilesystemUse {
  readonly capacityBytes: number;
  readonly availableBytes: number;
}
