import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { MAX_MANIFEST_BYTES } from '@solo-kubelet/manifest-source';
import { formatSettingsIssue } from '@solo-kubelet/manifest-source/settings';
import { readRegular } from '@solo-kubelet/untrusted-files';
import type { SourceDefinition } from '../core/source-definition.js';
import { parseSourceFile } from './parse-source-file.js';

/** One file of the source directory. */
export interface SourceFile {
  readonly path: string;
  /** What it describes, or why it can't be used: one line for each thing that is wrong, with its place. */
  readonly source?: SourceDefinition;
  readonly problems: readonly string[];
}

/** More than a node needs; each is a stream of its own. */
const MAX_SOURCES = 64;
const MAX_FILE_BYTES = 256 * 1024;

/**
 * The sources of a directory: its `.yaml`, `.yml` and `.json` files in the order of their names, dot files left out. A directory that is missing holds none.
 * A file that can't be used is told with its place, and is no reason to leave out another one.
 * @throws (rejects) the error of the file system for a directory that can't be read
 */
export const readSourceDirectory = async (directory: string): Promise<readonly SourceFile[]> => {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const paths = names
    .filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(directory, name));
  const files: SourceFile[] = [];
  for (const path of paths) files.push(await readSourceFile(path));
  const seen = new Map<string, string>();
  return files.map((file, index) => {
    if (file.source === undefined) return file;
    const { name } = file.source;
    const other = seen.get(name);
    if (other !== undefined) return { path: file.path, problems: [`${file.path}: metadata.name: ${other} has the name ${name} already`] };
    seen.set(name, basename(file.path));
    return index < MAX_SOURCES ? file : { path: file.path, problems: [`${file.path}: there are more than ${MAX_SOURCES} sources`] };
  });
};

const readSourceFile = async (path: string): Promise<SourceFile> => {
  let text: string;
  try {
    text = (await readRegular(path, { followLinks: true, maxBytes: MAX_FILE_BYTES })).toString();
  } catch (error) {
    return { path, problems: [`${path}: ${describeError(error)}`] };
  }
  const parsed = parseSourceFile(text, { path, maxBytes: MAX_MANIFEST_BYTES });
  return parsed.ok ? { path, source: parsed.source, problems: [] } : { path, problems: parsed.issues.map(formatSettingsIssue) };
};
