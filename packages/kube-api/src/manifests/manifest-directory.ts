import { open, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ApiError, type StoredObject } from '@solo-kubelet/api-server';
import { describeError } from '@solo-kubelet/diagnostics';
import { MAX_MANIFEST_BYTES } from '@solo-kubelet/manifest-source';
import { isEncryptedManifest, type MixedDocument, parseMixedManifest } from '@solo-kubelet/object-spec';
import { type FileLayer, nodeFiles, writeDurably } from '@solo-kubelet/state-files';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { lostWrite } from './lost-write.js';
import { editManifest, NotInFile, type ObjectEdit } from './manifest-text.js';
import { writtenForm } from './written-form.js';

const MAX_FILE_NAME = 200;

export interface ManifestDirectoryOptions {
  /** The manifest directory; empty: there is none. */
  readonly path: string;
  readonly nodeName: string;
  /** Default: the machine's own file system. */
  readonly files?: FileLayer;
}

/** An edit of one object, in the file that holds it. */
export interface FileEdit {
  /** Undefined for a new object, which gets a file of its own. */
  readonly path: string | undefined;
  readonly edit: ObjectEdit;
}

/** What stands above an object that the API wrote. */
export type Header = (object: StoredObject) => string;

const failed = (code: number, reason: string, message: string): ApiError => new ApiError({ code, reason, message });

const conflict = (path: string): ApiError =>
  failed(
    409,
    'Conflict',
    `Operation cannot be fulfilled: ${path} was changed by somebody else meanwhile; please apply your changes to the latest version and try again`,
  );

const encrypted = (path: string): ApiError =>
  failed(
    409,
    'Conflict',
    `Operation cannot be fulfilled: ${path} is encrypted: change it with "kubelet-cli secret edit" (with sops, if that encrypted it), or remove the file; nothing was changed`,
  );

const REASONS: Readonly<Record<string, string>> = {
  EROFS: 'the storage is read-only',
  EACCES: 'permission denied',
  EPERM: 'the file or directory cannot be changed',
  ENOSPC: 'no space is left on the storage',
  EDQUOT: 'the quota of the storage is used up',
  ENOENT: 'the directory is not there',
};

const unwritable = (path: string, error: unknown): ApiError => {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const why = Object.hasOwn(REASONS, code) ? REASONS[code] : describeError(error);
  return failed(500, 'InternalError', `Internal error occurred: cannot write ${path}: ${why}; nothing was changed`);
};

interface Seen {
  readonly text: string;
  readonly mode: number;
  /** Tells whether the file is still the one that was read. */
  readonly mark: string;
}

const objectOf = ({ type, result }: MixedDocument): StoredObject | undefined => {
  if (!result.ok) return undefined;
  return (type === 'pod' ? (result as { readonly pod: unknown }).pod : (result as { readonly object: unknown }).object) as StoredObject;
};

/** Whether it is the object that an edit is about; the kubelet has put the name of the node behind that of a Pod. */
const isOf = ({ kind, metadata }: StoredObject, edit: ObjectEdit, nodeName: string): boolean =>
  kind === edit.kind &&
  (metadata.name === edit.name || (kind === 'Pod' && metadata.name === `${edit.name}-${nodeName}`)) &&
  (metadata.namespace ?? '') === edit.namespace;

const markOf = async (path: string): Promise<{ readonly mark: string; readonly mode: number } | undefined> => {
  const found = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return found && { mark: `${found.ino} ${found.size} ${found.mtimeNs}`, mode: Number(found.mode & 0o777n) };
};

const readManifest = async (path: string): Promise<Seen | undefined> => {
  const before = await markOf(path);
  if (before === undefined) return undefined;
  const text = (await readRegular(path, { maxBytes: MAX_MANIFEST_BYTES })).toString('utf8');
  return { text, ...before };
};

/** Writes and removes what files ask for: each file in one step that survives a loss of power. */
export const createManifestWriter = ({ path: directory, nodeName, files = nodeFiles }: ManifestDirectoryOptions) => {
  const newPath = async ({ kind, name, namespace }: ObjectEdit): Promise<string> => {
    if (directory === '')
      throw failed(405, 'MethodNotAllowed', 'this node has no manifest directory (staticPodPath): nothing can be written');
    if ((await stat(directory).catch(() => undefined))?.isFile())
      throw failed(405, 'MethodNotAllowed', `staticPodPath is the file ${directory}: new objects need a directory`);
    const words = [kind.toLowerCase(), ...(namespace === '' ? [] : [namespace]), name].map(encodeURIComponent).join('.');
    const base = words.length > MAX_FILE_NAME ? words.slice(0, MAX_FILE_NAME) : words;
    for (let n = 0; ; n++) {
      const candidate = join(directory, `${base}${n === 0 ? '' : `-${n}`}.yaml`);
      if ((await markOf(candidate)) === undefined) return candidate;
    }
  };

  /** Whether a file says of an object what the kubelet has not read yet, and the edit would undo that. @throws ApiError 409 */
  const checkUnread = (text: string, path: string, edits: readonly ObjectEdit[]): void => {
    const changes = edits.filter(({ before, after }) => before !== undefined && after !== undefined);
    if (changes.length === 0) return;
    const { documents } = parseMixedManifest(text, { path, nodeName });
    for (const edit of changes) {
      const now = documents.flatMap((document) => objectOf(document) ?? []).find((object) => isOf(object, edit, nodeName));
      if (now === undefined) continue;
      const [was, is, found] = [edit.before!, edit.after!, now].map((object) => writtenForm(object, edit));
      const lost = lostWrite(was, is, found);
      if (lost !== undefined) throw conflict(`${lost} in ${path}`);
    }
  };

  const refusedIn = (text: string, path: string) =>
    parseMixedManifest(text, { path, nodeName }).documents.filter(({ result }) => !result.ok);

  /** What the kubelet would say of a text; what it said of the earlier one is no fault of the edits. @throws ApiError 422 */
  const check = (text: string, path: string, edits: readonly ObjectEdit[], seen: string | undefined): void => {
    const refused = refusedIn(text, path);
    if (refused.length === 0 || (seen !== undefined && refused.length <= refusedIn(seen, path).length)) return;
    const { kind, name } = edits.find(({ after }) => after !== undefined) ?? edits[0]!;
    const { result } = refused.at(-1)!;
    if (result.ok) return;
    const { message, issues } = result;
    const detail = [message, ...issues.filter(({ severity }) => severity === 'error').map((issue) => issue.message)]
      .filter(Boolean)
      .join('; ');
    throw failed(422, 'Invalid', `${kind} ${JSON.stringify(name)} is invalid: this node cannot run it: ${detail}`);
  };

  const writeFile = async (path: string, edits: readonly ObjectEdit[], header: string, dryRun: boolean): Promise<void> => {
    const target = await realpath(path).catch(() => path);
    let seen: Seen | undefined;
    let text: string | undefined;
    try {
      seen = await readManifest(target);
      if (seen === undefined && edits.some(({ before }) => before !== undefined)) {
        // Somebody removed it already, which is all that a deletion asks for.
        if (edits.every(({ after }) => after === undefined)) return;
        throw conflict(path);
      }
      if (seen !== undefined && isEncryptedManifest(seen.text)) throw encrypted(path);
      if (seen !== undefined) checkUnread(seen.text, path, edits);
      text = await editManifest(seen?.text ?? '', edits, header);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      if (error instanceof NotInFile)
        throw edits.every(({ after }) => after === undefined) && !error.isUneditable
          ? conflict(path)
          : failed(409, 'Conflict', `${path}: ${error.message}`);
      throw unwritable(path, error);
    }
    if (text === seen?.text) return;
    if (text !== undefined) {
      // The kubelet would refuse the whole file, with what else is in it.
      const bytes = Buffer.byteLength(text);
      if (bytes > MAX_MANIFEST_BYTES) {
        throw failed(
          413,
          'RequestEntityTooLarge',
          `${path} would have ${bytes} bytes; a manifest has at most ${MAX_MANIFEST_BYTES}: split it into several files`,
        );
      }
      check(text, path, edits, seen?.text);
    }
    if (dryRun) return;
    const checkSame = async (): Promise<void> => {
      if ((await markOf(target))?.mark !== seen?.mark) throw conflict(path);
    };
    // The last thing before the new text takes the place of the old one, which somebody may have saved while it went to the disk.
    const rename: FileLayer['rename'] = async (from, to) => {
      await checkSame();
      await files.rename(from, to);
    };
    try {
      await checkSame();
      if (text === undefined) await removeDurably(target);
      else await writeDurably(target, text, { mode: seen?.mode ?? 0o600, files: { ...files, rename } });
    } catch (error) {
      throw error instanceof ApiError ? error : unwritable(path, error);
    }
  };

  return {
    /** Carries out edits, file by file, and tells the file of each; a dry run goes up to the first byte. @throws ApiError; what was written before stays */
    write: async (edits: readonly FileEdit[], header: Header, { dryRun = false } = {}): Promise<ReadonlyMap<ObjectEdit, string>> => {
      const byPath = new Map<string, ObjectEdit[]>();
      const paths = new Map<ObjectEdit, string>();
      for (const { path, edit } of edits) {
        const target = path ?? (await newPath(edit));
        byPath.set(target, [...(byPath.get(target) ?? []), edit]);
        paths.set(edit, target);
      }
      for (const [path, ofFile] of byPath) {
        const made = ofFile.find(({ before }) => before === undefined)?.after;
        await writeFile(path, ofFile, made === undefined ? '' : header(made), dryRun);
      }
      return paths;
    },
  };
};

const removeDurably = async (path: string): Promise<void> => {
  await rm(path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};
