import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { describeError } from '@solo-kubelet/diagnostics';
import { hasControls } from '@solo-kubelet/diagnostics/text';
import { IMAGE_LIST_FILE, type ImageList, parseImageList } from '../core/image-list.js';

/** A file of an archive. */
export interface ArchiveMember {
  /** Its path in the archive, such as `shop/web.yaml`. */
  readonly name: string;
  readonly content: Uint8Array;
}

export type UnpackedArchive =
  /** Its manifests by the order of their paths, at least one. */
  | { readonly ok: true; readonly members: readonly ArchiveMember[]; readonly imageList?: ImageList }
  | { readonly ok: false; readonly reason: 'ArchiveInvalid' | 'TooLarge'; readonly message: string };

/** Entries of all kinds. */
const MAX_ENTRIES = 1_000;
const MAX_PATH_BYTES = 512;
const BLOCK = 512;
/** A header, and the rest of a last block, of each entry; descriptions of long names come with further ones. */
const MAX_OVERHEAD_BYTES = MAX_ENTRIES * 4 * BLOCK;
const MAGIC = { offset: 257, text: 'ustar' };

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
const isTar = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(MAGIC.offset, MAGIC.offset + MAGIC.text.length)).toString('latin1') === MAGIC.text;

/** Whether an answer is no manifest, but an archive of some: tar (POSIX or GNU), or anything that gzip made. */
export const isArchive = (bytes: Uint8Array): boolean => isGzip(bytes) || isTar(bytes);

class Refused extends Error {
  constructor(
    readonly reason: 'ArchiveInvalid' | 'TooLarge',
    message: string,
  ) {
    super(message);
  }
}

/**
 * The manifests of a tar or tar.gz, in memory: nothing of it is ever written to a path. `maxBytes`: most that its files may have together. A link, a device,
 * a path that leads out, a name that comes twice: all of it is refused. Never rejects.
 */
export const unpackArchive = async (bytes: Uint8Array, { maxBytes }: { readonly maxBytes: number }): Promise<UnpackedArchive> => {
  try {
    return { ok: true, ...(await readMembers(isGzip(bytes) ? await inflate(bytes, maxBytes + MAX_OVERHEAD_BYTES) : bytes, maxBytes)) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, reason: error.reason, message: error.message };
    return { ok: false, reason: 'ArchiveInvalid', message: `its archive can't be read: ${describeError(error)}` };
  }
};

const inflate = async (bytes: Uint8Array, maxOutputLength: number): Promise<Uint8Array> => {
  let tar: Uint8Array;
  try {
    tar = await promisify(gunzip)(bytes, { maxOutputLength });
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw isLarge ? new Refused('TooLarge', `its archive has more than ${maxOutputLength} bytes unpacked`) : error;
  }
  if (!isTar(tar)) throw new Refused('ArchiveInvalid', 'it is compressed, but no tar archive');
  return tar;
};

const readMembers = async (tar: Uint8Array, maxBytes: number): Promise<Omit<UnpackedArchive & { ok: true }, 'ok'>> => {
  const { extract } = await import('tar-stream');
  const entries = extract();
  // The loop below is told of it as well.
  entries.on('error', () => {});
  entries.end(Buffer.from(tar));
  const members = new Map<string, Uint8Array>();
  let [count, total] = [0, 0];
  for await (const entry of entries) {
    const { name: given, type, size = 0 } = entry.header;
    count += 1;
    if (count > MAX_ENTRIES) throw new Refused('TooLarge', `its archive has more than ${MAX_ENTRIES} entries`);
    const name = checkedName(given);
    if (type !== 'file' && type !== 'directory') {
      throw new Refused(
        'ArchiveInvalid',
        `its archive has ${JSON.stringify(name)}, which is no regular file (${type ?? 'of no known type'})`,
      );
    }
    if (type === 'directory') {
      entry.resume();
      continue;
    }
    if (members.has(name)) throw new Refused('ArchiveInvalid', `its archive has ${JSON.stringify(name)} twice`);
    total += size;
    if (!(total <= maxBytes))
      throw new Refused('TooLarge', `its archive has more than ${maxBytes} bytes of files, the limit of the source`);
    const parts: Uint8Array[] = [];
    for await (const part of entry) parts.push(part as Uint8Array);
    members.set(name, Buffer.concat(parts));
  }
  const manifests = [...members].filter(([name]) => isManifest(name)).map(([name, content]) => ({ name, content }));
  if (manifests.length === 0) throw new Refused('ArchiveInvalid', 'there is no manifest (.yaml, .yml, .json) in its archive');
  const list = members.get(IMAGE_LIST_FILE);
  const imageList = list && parseImageList(new TextDecoder().decode(list));
  if (typeof imageList === 'string') throw new Refused('ArchiveInvalid', `${IMAGE_LIST_FILE} of its archive: ${imageList}`);
  return { members: manifests.sort((a, b) => (a.name < b.name ? -1 : 1)), ...(imageList && { imageList }) };
};

/** A path inside of the archive, without `./` in front. */
const checkedName = (given: string): string => {
  const name = given.replace(/^(\.\/)+/, '').replace(/\/$/, '');
  const bad =
    given.startsWith('/') ||
    name.split('/').includes('..') ||
    hasControls(name) ||
    /[\\\ufffd]/.test(name) ||
    Buffer.byteLength(name) > MAX_PATH_BYTES;
  if (bad)
    throw new Refused(
      'ArchiveInvalid',
      `its archive has an entry whose path can't be used: ${JSON.stringify(given.slice(0, MAX_PATH_BYTES))}`,
    );
  return name;
};

/** As in a manifest directory, hidden files are none; nor are those in a hidden directory. */
const isManifest = (name: string): boolean => /\.(ya?ml|json)$/.test(name) && !name.split('/').some((part) => part.startsWith('.'));
