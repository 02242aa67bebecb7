import { type FileLayer, nodeFiles } from '../file-layer.js';

/** What befalls the disk at one operation. */
export interface Fault {
  /** Counts operations from 0, over the lifetime of the layer. */
  readonly at: number;
  /**
   * ENOSPC, EROFS, EIO, …: that operation fails, and so do later ones when `lasting` (default true).
   * `POWER`: that operation and all later ones fail, and whatever the first one would have done is not done.
   */
  readonly code: string;
  readonly lasting?: boolean;
}

/** A file system on top of the real one (or of `below`) that fails where it is told to, and counts what is asked of it. */
export const faultyFiles = (fault: Fault | undefined, below: FileLayer = nodeFiles): FileLayer & { readonly operations: () => number } => {
  let count = 0;
  const step = <T>(change: boolean, run: () => Promise<T>): Promise<T> => {
    const at = count++;
    const fails = fault !== undefined && (at === fault.at || (at > fault.at && (fault.lasting ?? true)));
    // A full or read-only disk can still be read.
    if (!fails || (!change && fault.code !== 'POWER' && fault.code !== 'EIO')) return run();
    return Promise.reject(Object.assign(new Error(`${fault.code}: injected at operation ${at}`), { code: fault.code }));
  };
  return {
    makeDirectory: (path, mode) => step(true, () => below.makeDirectory(path, mode)),
    writeSynced: (path, data, mode) => step(true, () => below.writeSynced(path, data, mode)),
    rename: (from, to) => step(true, () => below.rename(from, to)),
    syncDirectory: (path) => step(true, () => below.syncDirectory(path)),
    // Freeing space works on a full disk.
    remove: (path) => step(fault?.code !== 'ENOSPC', () => below.remove(path)),
    read: (path, maxBytes) => step(false, () => below.read(path, maxBytes)),
    operations: () => count,
  };
};
