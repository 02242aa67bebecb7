import { readFile } from 'node:fs/promises';
import { pack } from 'tar-stream';

/** One path of a layer. Owner and group are root, mode 0755 for directories and 0644 for files, unless given. */
export type LayerEntry = {
  /** Without a leading slash. */
  readonly path: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
} & (
  | { readonly type: 'directory' }
  | { readonly type: 'file'; readonly content: string | Uint8Array }
  | { readonly type: 'file'; readonly copyOf: string }
  | { readonly type: 'symlink'; readonly target: string }
);

/** An uncompressed tar of the entries, in their order, with time stamps at zero: equal entries give equal bytes. */
export const writeLayer = async (entries: readonly LayerEntry[]): Promise<Buffer> => {
  const tar = pack();
  const chunks: Buffer[] = [];
  const read = (async () => {
    for await (const chunk of tar) chunks.push(chunk as Buffer);
  })();
  for (const entry of entries) {
    const { path: name, uid = 0, gid = 0 } = entry;
    const owner = { name, uid, gid, mtime: new Date(0) };
    if (entry.type === 'directory') tar.entry({ ...owner, type: 'directory', mode: entry.mode ?? 0o755 });
    else if (entry.type === 'symlink') tar.entry({ ...owner, type: 'symlink', linkname: entry.target, mode: 0o777 });
    else tar.entry({ ...owner, type: 'file', mode: entry.mode ?? 0o644 }, await contentOf(entry));
  }
  tar.finalize();
  await read;
  return Buffer.concat(chunks);
};

const contentOf = async (entry: LayerEntry & { type: 'file' }): Promise<Buffer> =>
  'copyOf' in entry ? readFile(entry.copyOf) : Buffer.from(entry.content as string);
