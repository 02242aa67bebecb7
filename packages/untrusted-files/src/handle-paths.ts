import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** Linux's O_PATH: a handle that only names a file, without opening it. Node has no constant for it. */
export const O_PATH = 0o10000000;

/** For a directory: not through a link, and without waiting for anybody. */
export const OPEN_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The file that a handle holds, as a path: opening it opens that very file, whatever has happened to its name. */
export const handlePath = (handle: FileHandle): string => `/proc/self/fd/${handle.fd}`;

/**
 * A name inside an open directory: what openat(2) takes as two arguments. A container may use any bytes as a name; they are kept in a string of
 * one character a byte (latin1), which takes a fraction of a Buffer's memory.
 */
export const childPath = (directory: FileHandle, name: string): Buffer =>
  Buffer.concat([Buffer.from(`${handlePath(directory)}/`), Buffer.from(name, 'latin1')]);
