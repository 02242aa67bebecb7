import { byteReader, sshString } from '../signatures/bytes.js';
import { type ListedFile, parseChecksumList } from './checksum-list.js';
import { isDirectoryUrl } from './source-url.js';

/** What a directory answers, as it is kept: its list of sums, and the manifests in the order of that list. */
export interface DirectoryAnswer {
  readonly list: Uint8Array;
  readonly contents: readonly Uint8Array[];
}

/** What such a text begins with, as no manifest and no archive does. */
const MAGIC = Buffer.from('\u0000solo-kubelet directory 1\n');

/** Whether an answer of a source is a directory's. One that somebody brings to such a source may be a single file or an archive. */
export const isPackedDirectory = ({ url }: { readonly url: string }, content: Uint8Array): boolean =>
  isDirectoryUrl(url) && MAGIC.equals(content.subarray(0, MAGIC.length));

/** One text of all of it. The same list with the same files is the same text. */
export const packDirectory = ({ list, contents }: DirectoryAnswer): Uint8Array =>
  Buffer.concat([MAGIC, ...[list, ...contents].map(sshString)]);

/** Says nothing of what is in it. `undefined`: no text of `packDirectory`. */
export const unpackDirectory = (packed: Uint8Array): DirectoryAnswer | undefined => {
  try {
    const reader = byteReader(packed.subarray(MAGIC.length));
    const parts: Uint8Array[] = [];
    while (reader.left() > 0) parts.push(reader.string(reader.left()));
    const [list, ...contents] = parts;
    return list && { list, contents };
  } catch {
    return undefined;
  }
};

export type DirectoryFiles =
  | { readonly ok: true; readonly files: readonly (ListedFile & { readonly content: Uint8Array })[] }
  | { readonly ok: false; readonly message: string };

/** The files of a directory by their names. Whether they have the sums that the list says is for the verifier. */
export const directoryFiles = ({ list, contents }: DirectoryAnswer): DirectoryFiles => {
  const parsed = parseChecksumList(Buffer.from(list).toString());
  if (!parsed.ok) return parsed;
  const files = parsed.files.flatMap((file, index) => {
    const content = contents[index];
    return content === undefined ? [] : [{ ...file, content }];
  });
  if (files.length !== contents.length || files.length !== parsed.files.length)
    return { ok: false, message: 'there are not as many files as its list names' };
  return { ok: true, files };
};
