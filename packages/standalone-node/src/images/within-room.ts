import { statfs } from 'node:fs/promises';
import { Transform } from 'node:stream';

/** Of the disk, which stays free: a node short of it ends Pods (`nodefs.available` of evictionHard is a tenth by default). */
const RESERVED_PART = 0.1;

/** What a file system has, bytes. */
export type ReadSpace = (directory: string) => Promise<{ readonly available: number; readonly capacity: number }>;

const spaceOf: ReadSpace = async (directory) => {
  const { bavail, bsize, blocks } = await statfs(directory);
  return { available: bavail * bsize, capacity: blocks * bsize };
};

/** Passes bytes on, as many as `directory` has room for now. @throws (the stream) Error that says where there is no room */
export const withinRoom = async (directory: string, readSpace: ReadSpace = spaceOf): Promise<Transform> => {
  const { available, capacity } = await readSpace(directory);
  const room = Math.max(0, available - Math.ceil(capacity * RESERVED_PART));
  let passed = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      passed += chunk.length;
      if (passed <= room) done(null, chunk);
      else
        done(
          new Error(
            `it needs more than ${room} bytes in ${directory}, which is all that can be had there (a tenth of the disk stays free); TMPDIR names another place`,
          ),
        );
    },
  });
};
