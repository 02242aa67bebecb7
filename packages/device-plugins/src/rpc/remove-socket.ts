import { unlink } from 'node:fs/promises';

/** Removes a socket file, if it is there. Not by `rm`: what that finds out of a socket makes the next `import()` of Node.js 20 forget links (findings). */
export const removeSocket = async (path: string): Promise<void> => {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
};
