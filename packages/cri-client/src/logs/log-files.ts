import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { openRegular } from '@solo-kubelet/untrusted-files';

/** A rotated log file: `0.log.20260102-150405`, perhaps compressed. `name` is without `.gz`, so it stays the same when the file is compressed. */
export interface RotatedLog {
  readonly name: string;
  readonly path: string;
  readonly compressed: boolean;
}

/** The rotated files of a log, oldest first. None when the directory is gone. */
export const listRotatedLogs = async (path: string): Promise<readonly RotatedLog[]> => {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  const byName = new Map<string, RotatedLog>();
  for (const file of names) {
    if (!file.startsWith(prefix) || file.endsWith('.tmp')) continue;
    const compressed = file.endsWith('.gz');
    const name = compressed ? file.slice(0, -3) : file;
    // While a file is being compressed both forms exist for a moment; the plain one is complete.
    if (compressed && byName.has(name)) continue;
    byName.set(name, { name, path: join(dirname(path), file), compressed });
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
};

const CHUNK_BYTES = 1 << 18;

/** The bytes of a rotated file. A file that was removed meanwhile is empty: its lines are past what is kept. */
export async function* readRotatedLog(log: RotatedLog, signal: AbortSignal): AsyncGenerator<Buffer> {
  let file: Readable | undefined;
  try {
    file = (await openRegular(log.path, { signal })).createReadStream({ highWaterMark: CHUNK_BYTES, signal });
    const stream: Readable = log.compressed
      ? file.on('error', (error) => stream.destroy(error)).pipe(createGunzip({ chunkSize: CHUNK_BYTES }))
      : file;
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // No log but something that somebody has put among them.
    if (code === 'EFTYPE' || code === 'ELOOP') return;
    if (code !== 'ENOENT') throw error;
    // Compressed between the listing and now.
    if (!log.compressed) yield* readRotatedLog({ ...log, path: `${log.path}.gz`, compressed: true }, signal);
  } finally {
    file?.destroy();
  }
}
