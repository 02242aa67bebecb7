import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ManifestObject } from '@solo-kubelet/node-api';
import { CliError } from '../cli-error.js';

/**
 * Which file of the manifest directory a manifest goes to: the one that asks for the same pod or object already, else one of the same name.
 * `keys`: of pods and objects, as manifestKey gives them.
 * @throws CliError CLI_REFUSED when that would overwrite another one's manifest or part of a file
 */
export const targetFile = (directory: string, source: string, keys: readonly string[], manifests: readonly ManifestObject[]): string => {
  const isOurs = (manifest: ManifestObject): boolean => keys.includes(manifestKey(manifest) ?? '');
  const path = manifests.find((manifest) => manifest.source === 'file' && isOurs(manifest))?.path ?? join(directory, basename(source));
  const ours = manifests.filter((manifest) => manifest.source === 'file' && isOurs(manifest));
  const others = manifests.filter((manifest) => manifest.path === path && manifestKey(manifest) !== undefined && !isOurs(manifest));
  if (others.length === 0) return path;
  throw new CliError({
    code: 'CLI_REFUSED',
    message: `${path} also holds ${others.map(manifestKey).join(', ')}`,
    hint:
      ours.length > 0
        ? 'Change that file by hand, or take the object out of it first.'
        : 'Rename your file, so that it does not replace another one.',
  });
};

/** What one document of a manifest asks for: `default/web` for a pod, `Deployment.apps/default/web` for any other object. */
export const manifestKey = ({ pod, object }: ManifestObject): string | undefined => pod ?? object;

/** Puts a manifest in place in one step: the kubelet sees the old file or the new one, never half of it. Names with a dot in front are not read. */
export const writeManifest = async (path: string, text: string | Uint8Array): Promise<void> => {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  const file = await open(temporary, 'w', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
};

/** What `-f` may name: files, `-`, and directories, of which the manifests count as kubectl has it. @throws CliError CLI_NOT_FOUND */
export const manifestPaths = async (names: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const name of names) {
    const isDirectory = name !== '-' && (await stat(name).catch(() => undefined))?.isDirectory();
    if (!isDirectory) {
      found.push(name);
      continue;
    }
    const inside = (await readdir(name)).filter((one) => /^[^.].*\.(ya?ml|json)$/.test(one)).sort();
    if (inside.length === 0)
      throw new CliError({
        code: 'CLI_NOT_FOUND',
        message: `there is no manifest in ${name}`,
        hint: 'Those are *.yaml, *.yml and *.json.',
      });
    found.push(...inside.map((one) => join(name, one)));
  }
  return found;
};

/** Beyond this a manifest is refused, whatever is in it (MANIFEST_TOO_LARGE). */
const MAX_BYTES = 10 * 1024 * 1024;

/** The bytes of a manifest, and no more of what has no end than shows that it is too large. */
export const readGiven = async (chunks: AsyncIterable<unknown>): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let total = 0;
  for await (const chunk of chunks) {
    const part = Buffer.from(chunk as Uint8Array);
    parts.push(part);
    total += part.length;
    if (total > MAX_BYTES) break;
  }
  return Buffer.concat(parts);
};

/** Reads a manifest given on the command line: a file, a pipe, or `-` for standard input. One that is too large is read in part. @throws CliError CLI_NOT_FOUND */
export const readManifest = (path: string): Promise<Buffer> =>
  readGiven(createReadStream(path === '-' ? '/dev/stdin' : path)).catch((cause: NodeJS.ErrnoException) => {
    const hint = /^https?:\/\//.test(path) ? { hint: `A URL is not fetched here: curl -fsSL ${path} | kubelet-cli … -f -` } : {};
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `cannot read ${path}`, cause, ...hint });
  });
