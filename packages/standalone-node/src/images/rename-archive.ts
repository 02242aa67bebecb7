import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { pack } from 'tar-stream';
import { MAX_DOCUMENT_BYTES, NAME_ANNOTATION } from './archive-contents.js';
import { entriesOf } from './bounded-tar.js';

interface IndexDocument {
  readonly manifests?: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
}

/**
 * The same archive with only these images, by their places in its list, under these full names. Layers and manifests stay as they are.
 */
export const renameArchive = (archive: Readable, names: ReadonlyMap<number, readonly string[]>): Readable => {
  const renamed = pack();
  const copy = async (): Promise<void> => {
    for await (const entry of entriesOf(archive)) {
      const { name: path, size: _size, ...header } = entry.header;
      const rename = RENAMERS.get(path.replace(/^\.\//, ''));
      if (rename === undefined) await pipeline(entry, renamed.entry({ ...entry.header }));
      else
        renamed.entry(
          { ...header, name: path },
          rewritten(path, await smallText(entry, path), (document) => rename(document, names)),
        );
    }
    renamed.finalize();
  };
  copy().catch((error: Error) => renamed.destroy(error));
  return Readable.from(renamed);
};

const rewritten = (path: string, text: string, rewrite: (document: unknown) => unknown): string => {
  try {
    return JSON.stringify(rewrite(parseBoundedJson(text)));
  } catch (cause) {
    throw new Error(`${path} of the archive is no list of images`, { cause });
  }
};

const smallText = async (entry: AsyncIterable<unknown>, path: string): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of entry) {
    size += (chunk as Buffer).length;
    if (size > MAX_DOCUMENT_BYTES) throw new Error(`${path} of the archive has more than ${MAX_DOCUMENT_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
};

type Names = ReadonlyMap<number, readonly string[]>;

const renameIndex = (index: unknown, names: Names): unknown => ({
  ...(index as IndexDocument),
  manifests: (index as IndexDocument).manifests?.flatMap((entry, place) =>
    (names.get(place) ?? []).map((name) => ({ ...entry, annotations: { ...entry.annotations, [NAME_ANNOTATION]: name } })),
  ),
});

const renameDocker = (entries: unknown, names: Names): unknown =>
  (entries as readonly object[]).flatMap((entry, place) => (names.has(place) ? [{ ...entry, RepoTags: names.get(place) }] : []));

/** containerd reads the second file only where there is no OCI layout, so that both lists can be read by the same places. */
const RENAMERS: ReadonlyMap<string, (document: unknown, names: Names) => unknown> = new Map([
  ['index.json', renameIndex],
  ['manifest.json', renameDocker],
]);
