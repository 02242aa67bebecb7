import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { irregularKind } from '@solo-kubelet/untrusted-files';
import type { EventSink } from './core/parse-event-sink.js';
import type { SinkPort } from './sink-port.js';

const LINE_FEED = 0x0a;

/** Appends events to a file (mode 0600), one a line. At its size it is renamed to PATH.1, that to PATH.2 and so on. */
export const fileSink = ({ path, maxBytes, maxFiles }: EventSink & { readonly type: 'file' }): SinkPort => ({
  deliver: async (events) => {
    await mkdir(dirname(path), { recursive: true });
    let file = await openLog(path);
    try {
      let { size } = await file.stat();
      if (size >= maxBytes) {
        await file.close();
        await rotate(path, maxFiles);
        file = await openLog(path);
        size = (await file.stat()).size;
      }
      // A line that a loss of power cut off stays by itself.
      const isCut = size > 0 && (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] !== LINE_FEED;
      try {
        await file.appendFile(`${isCut ? '\n' : ''}${events.join('\n')}\n`);
      } catch (error) {
        // Of a disk that was full in the middle of it nothing is left: all of it is written again.
        await file.truncate(size).catch(() => {});
        throw error;
      }
    } finally {
      await file.close();
    }
  },
  close: () => {},
});

/** Never through a link, and never into a pipe or a device that would hold the kubelet up. */
const openLog = async (path: string): Promise<FileHandle> => {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const kind = irregularKind(await file.stat());
  if (kind === undefined) return file;
  await file.close();
  throw new Error(`${path} is ${kind}, not a regular file`);
};

const rotate = async (path: string, maxFiles: number): Promise<void> => {
  const nameOf = (number: number): string => (number === 0 ? path : `${path}.${number}`);
  await rm(nameOf(maxFiles - 1), { force: true });
  for (let number = maxFiles - 2; number >= 0; number -= 1) {
    await rename(nameOf(number), nameOf(number + 1)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
};
