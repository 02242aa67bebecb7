import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import { fullName, NAME_ANNOTATION, REF_ANNOTATION } from './archive-contents.js';

interface IndexDocument {
  readonly manifests?: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
}

/**
 * The same archive with full names: those it has, made full, or `name` for an image that has none. Layers and manifests stay as they are.
 */
export const renameArchive = (archive: Readable, name: string | undefined): Readable => {
  const renamed = pack();
  const copy = async (): Promise<void> => {
    for await (const entry of archive.pipe(extract())) {
      const { name: path, size: _size, ...header } = entry.header;
      const rename = RENAMERS[path.replace(/^\.\//, '')];
      if (rename === undefined) await pipeline(entry, renamed.entry({ ...entry.header }));
      else renamed.entry({ ...header, name: path }, JSON.stringify(rename(JSON.parse(await text(entry)), name)));
    }
    renamed.finalize();
  };
  copy().catch((error: Error) => renamed.destroy(error));
  return Readable.from(renamed);
};

const renameIndex = (index: unknown, name: string | undefined): unknown => ({
  ...(index as IndexDocument),
  manifests: (index as IndexDocument).manifests?.map((entry) => {
    const own = entry.annotations?.[NAME_ANNOTATION] ?? entry.annotations?.[REF_ANNOTATION];
    const full = own !== undefined && /[/:@]/.test(own) ? own : name;
    return full === undefined ? entry : { ...entry, annotations: { ...entry.annotations, [NAME_ANNOTATION]: fullName(full) } };
  }),
});

const renameDocker = (entries: unknown, name: string | undefined): unknown =>
  (entries as readonly { readonly RepoTags?: readonly string[] | null }[]).map((entry) => {
    const tags = entry.RepoTags?.length ? entry.RepoTags : name === undefined ? [] : [name];
    return { ...entry, RepoTags: tags.map(fullName) };
  });

const RENAMERS: Readonly<Record<string, (document: unknown, name: string | undefined) => unknown>> = {
  'index.json': renameIndex,
  'manifest.json': renameDocker,
};
