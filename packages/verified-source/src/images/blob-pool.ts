import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import type { BlobFiles } from './blob-files.js';

/** A blob that is being fetched: what is here of it survives a restart, and is gone when it turns out to be something else. */
export interface PartialBlob {
  /** Bytes that are here. */
  readonly size: number;
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  /** Forgets what is here. */
  drop(): Promise<void>;
  /** Puts it among the whole ones; false: it is not what its digest says, and nothing is left of it. */
  finish(): Promise<boolean>;
  close(): Promise<void>;
}

/** Blobs of images on their way into the runtime, by digest, in a directory of their own. A whole one was verified before it got its name. */
export interface BlobPool {
  /** Where they lie; not there before something is fetched. */
  readonly directory: string;
  /** Size of a whole blob; undefined: it is not here. */
  sizeOf(digest: string): number | undefined;
  /** Bytes that are here of a blob, whole or not. */
  bytesOf(digest: string): number;
  pathOf(digest: string): string;
  /** @throws (rejects) the error of the file system */
  open(digest: string, signal: AbortSignal): Promise<PartialBlob>;
  /** A small one that is here, verified again; undefined: what lay there can't be read, is larger than that or is something else, and is gone. */
  read(digest: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Whether one that is here is still what its digest says; false: it is gone. @throws (rejects) the error of the file system */
  verify(digest: string, signal: AbortSignal): Promise<boolean>;
  /** One of any size, verified again: its last part comes when it is known to be right, else it ends with an error and is gone. */
  stream(digest: string, signal: AbortSignal): AsyncGenerator<Uint8Array>;
  /** Removes all others. */
  keepOnly(digests: ReadonlySet<string>): Promise<void>;
  space(): Promise<{ readonly available: number; readonly capacity: number }>;
}

const PARTIAL = '.partial';
const DIRECTORY_MODE = 0o700;

/** Reads what there is. Nothing is made before something is fetched. @throws (rejects) the error of the file system */
export const openBlobPool = async (directory: string, files: BlobFiles): Promise<BlobPool> => {
  const whole = new Map<string, number>();
  const partial = new Map<string, number>();
  const pathOf = (digest: string): string => join(directory, digest.replace(':', '-'));
  for (const { name, size } of await files.list(directory)) {
    const isPartial = name.endsWith(PARTIAL);
    const digest = (isPartial ? name.slice(0, -PARTIAL.length) : name).replace('-', ':');
    if (/^sha256:[0-9a-f]{64}$/.test(digest)) (isPartial ? partial : whole).set(digest, size);
  }

  const open = async (digest: string, signal: AbortSignal): Promise<PartialBlob> => {
    const path = pathOf(digest) + PARTIAL;
    await files.makeDirectory(directory, DIRECTORY_MODE);
    const { hash, size: before } = partial.has(digest) ? await hashOf(files.parts(path, signal)) : { hash: createHash('sha256'), size: 0 };
    let [sum, size] = [hash, before];
    const file = await files.append(path);
    const note = (now: number): void => {
      size = now;
      partial.set(digest, now);
    };
    note(size);
    return {
      get size() {
        return size;
      },
      write: async (bytes) => {
        await file.write(bytes);
        sum.update(bytes);
        note(size + bytes.length);
      },
      sync: () => file.sync(),
      drop: async () => {
        await file.empty();
        sum = createHash('sha256');
        note(0);
      },
      finish: async () => {
        if (`sha256:${sum.digest('hex')}` !== digest) {
          await files.remove(path);
          partial.delete(digest);
          return false;
        }
        await file.sync();
        await files.rename(path, pathOf(digest));
        await files.syncDirectory(directory);
        partial.delete(digest);
        whole.set(digest, size);
        return true;
      },
      close: () => file.close(),
    };
  };

  const drop = async (digest: string): Promise<void> => {
    await files.remove(pathOf(digest));
    whole.delete(digest);
  };

  const read = async (digest: string, maxBytes: number): Promise<Uint8Array | undefined> => {
    const content = await files.read(pathOf(digest), maxBytes).catch(() => undefined);
    if (content !== undefined && `sha256:${createHash('sha256').update(content).digest('hex')}` === digest) return content;
    await drop(digest);
    return undefined;
  };

  const verify = async (digest: string, signal: AbortSignal): Promise<boolean> => {
    const { hash } = await hashOf(files.parts(pathOf(digest), signal));
    if (`sha256:${hash.digest('hex')}` === digest) return true;
    await drop(digest);
    return false;
  };

  async function* stream(digest: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    let held: Uint8Array | undefined;
    for await (const part of files.parts(pathOf(digest), signal)) {
      hash.update(part);
      if (held !== undefined) yield held;
      held = part;
    }
    if (`sha256:${hash.digest('hex')}` !== digest) {
      await drop(digest);
      throw new Error(`what lies on the disk as ${digest} is something else; it is fetched again`);
    }
    if (held !== undefined) yield held;
  }

  return {
    directory,
    sizeOf: (digest) => whole.get(digest),
    bytesOf: (digest) => whole.get(digest) ?? partial.get(digest) ?? 0,
    pathOf,
    open,
    read,
    verify,
    stream,
    keepOnly: async (digests) => {
      for (const [known, suffix] of [
        [whole, ''],
        [partial, PARTIAL],
      ] as const)
        for (const digest of [...known.keys()]) {
          if (digests.has(digest)) continue;
          await files.remove(pathOf(digest) + suffix);
          known.delete(digest);
        }
    },
    space: async () => {
      await files.makeDirectory(directory, DIRECTORY_MODE);
      return files.space(directory);
    },
  };
};

const hashOf = async (parts: AsyncIterable<Uint8Array>): Promise<{ readonly hash: Hash; readonly size: number }> => {
  const hash = createHash('sha256');
  let size = 0;
  for await (const part of parts) {
    hash.update(part);
    size += part.length;
  }
  return { hash, size };
};
