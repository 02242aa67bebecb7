import { describeError } from '@solo-kubelet/diagnostics';
import type { PrepareManifest } from '@solo-kubelet/manifest-source';
import type { ImageList } from './core/image-list.js';
import type { SourceReason } from './core/source-status.js';
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
  { prepare, maxBytes }: { readonly prepare: PrepareManifest | undefined; readonly maxBytes: number },
): Promise<ReadAnswer> => {
  const opened = async (bytes: Uint8Array): Promise<Uint8Array> => (await prepare?.(bytes)) ?? bytes;
  try {
    const clear = await opened(content);
    if (!isArchive(clear)) return { ok: true, clear, sealed: clear !== content };
    const unpacked = await unpackArchive(clear, { maxBytes });
    if (!unpacked.ok) return unpacked;
    let sealed = clear !== content;
    const members: ArchiveMember[] = [];
    for (const { name, content: bytes } of unpacked.members) {
      const text = await opened(bytes);
      sealed ||= text !== bytes;
      members.push({ name, content: text });
    }
    const { imageList } = unpacked;
    return { ok: true, clear: joined(members), sealed, members, ...(imageList && { imageList }) };
  } catch (error) {
    return { ok: false, reason: 'NotDecrypted', message: describeError(error) };
  }
};

const SEPARATOR = Buffer.from('\n---\n');

/** One in front, too: a text that begins with a brace is JSON to its end. */
const joined = (members: readonly ArchiveMember[]): Uint8Array =>
  Buffer.concat(members.flatMap(({ content }) => [SEPARATOR, withoutMark(content)]));

/** Only a text as a whole may begin with a mark of its byte order. */
const withoutMark = (text: Uint8Array): Uint8Array => (text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? text.subarray(3) : text);
