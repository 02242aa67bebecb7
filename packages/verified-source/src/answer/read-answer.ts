import { describeError } from '@solo-kubelet/diagnostics';
import type { PrepareManifest } from '@solo-kubelet/manifest-source';
import { directoryFiles, isPackedDirectory, unpackDirectory } from '../core/directory-answer.js';
import type { ImageList } from '../core/image-list.js';
import type { SourceDefinition } from '../core/source-definition.js';
import type { SourceReason } from '../core/source-status.js';
import { type ArchiveMember, isArchive, unpackArchive } from './unpack-archive.js';

export type ReadAnswer =
  | {
      readonly ok: true;
      /** What is parsed: the answer itself, or the files of its archive, one behind the other. */
      readonly clear: Uint8Array;
      /** Whether any of it was encrypted: then what it says is a secret. */
      readonly sealed: boolean;
      /** The files, where it is an archive. */
      readonly members?: readonly ArchiveMember[];
      /** The images that come along with it. */
      readonly imageList?: ImageList;
    }
  | { readonly ok: false; readonly reason: SourceReason; readonly message: string };

/** The text of an answer that is known to be whose it should be. Both the whole and single files of an archive may be encrypted. */
export const readAnswer = async (
  content: Uint8Array,
  { prepare, source }: { readonly prepare: PrepareManifest | undefined; readonly source: Pick<SourceDefinition, 'url' | 'maxBytes'> },
): Promise<ReadAnswer> => {
  const opened: Opened = async (bytes) => (await prepare?.(bytes)) ?? bytes;
  try {
    if (isPackedDirectory(source, content)) return await readDirectory(content, opened);
    const clear = await opened(content);
    if (!isArchive(clear)) return { ok: true, clear, sealed: clear !== content };
    const unpacked = await unpackArchive(clear, { maxBytes: source.maxBytes });
    if (!unpacked.ok) return unpacked;
    const read = await readMembers(unpacked.members, opened, clear !== content);
    const { imageList } = unpacked;
    return { ...read, ...(imageList && { imageList }) };
  } catch (error) {
    return { ok: false, reason: 'NotDecrypted', message: describeError(error) };
  }
};

type Opened = (bytes: Uint8Array) => Promise<Uint8Array>;

const readMembers = async (members: readonly ArchiveMember[], opened: Opened, isSealed: boolean): Promise<ReadAnswer> => {
  let sealed = isSealed;
  const clear: ArchiveMember[] = [];
  for (const { name, content } of members) {
    const text = await opened(content);
    sealed ||= text !== content;
    clear.push({ name, content: text });
  }
  return { ok: true, clear: joined(clear), sealed, members: clear };
};

const readDirectory = async (content: Uint8Array, opened: Opened): Promise<ReadAnswer> => {
  const directory = unpackDirectory(content);
  const found = directory && directoryFiles(directory);
  if (found?.ok !== true) return { ok: false, reason: 'ListInvalid', message: found?.message ?? 'it is no directory' };
  return readMembers(found.files, opened, false);
};

const SEPARATOR = Buffer.from('\n---\n');

/** One in front, too: a text that begins with a brace is JSON to its end. */
const joined = (members: readonly ArchiveMember[]): Uint8Array =>
  Buffer.concat(members.flatMap(({ content }) => [SEPARATOR, withoutMark(content)]));

/** Only a text as a whole may begin with a mark of its byte order. */
const withoutMark = (text: Uint8Array): Uint8Array => (text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? text.subarray(3) : text);
