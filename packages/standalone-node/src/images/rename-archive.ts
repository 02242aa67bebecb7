import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import { NAME_ANNOTATION } from './archive-contents.js';

interface IndexDocument {
  readonly manifests?: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
}

/**
 * The same archive with only these images, by their places in its list, under these full names. Layers and manifests stay as they are.
 */
export const renameArchive = (archive: Readable, names: ReadonlyMap<number, readonly string[]>): Readable => {
  const renamed = pack();
  const copy = async (): Promise<void> => {
    for await (const entry of archive.pipe(extract())) {
      const { name: path, size: _size, ...header } = entry.header;
      const rename = RENAMERS[path.replace(/^\.\//, '')];
      if (rename === undefined) await pipeline(entry, renamed.entry({ ...entry.header }));
      else renamed.entry({ ...header, name: path }, JSON.stringify(rename(JSON.parse(await text(entry)), names)));
    }
    renamed.finalize();
  };
  copy().catch((error: Error) => renamed.destroy(error));
  return Readable.from(renamed);
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
const RENAMERS: Readonly<Record<string, (document: unknown, names: Names) => unknown>> = {
  'index.json': renameIndex,
  'manifest.json': renameDocker,
};
