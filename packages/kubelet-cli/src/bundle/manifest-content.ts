import { readdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { checkManifest, MAX_MANIFEST_BYTES } from '@solo-kubelet/manifest-source';
import { fullName, imagesOf, podsOfManifest } from '@solo-kubelet/standalone-node/image-store';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { IMAGE_LIST_API_VERSION, IMAGE_LIST_FILE, IMAGE_LIST_KIND, type ImageList, readRevision } from '@solo-kubelet/verified-source';
import { tarEnd, tarPadding } from '../copy/tar-header.js';
import { bundleRefused } from './bundle-error.js';
import { entryHeader } from './bundle-layout.js';

export interface ManifestFile {
  /** In the archive. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** An archive of a source has no more entries. */
const MAX_FILES = 999;
const NODE_NAME = 'node';

/**
 * The manifests of files and directories, by the names that they have below what was named, in the order of these names: as a source reads an archive.
 * @throws (rejects) CliError CLI_BUNDLE_REFUSED for what a source would refuse
 */
export const readManifests = async (paths: readonly string[]): Promise<readonly ManifestFile[]> => {
  const files = new Map<string, ManifestFile>();
  for (const path of paths) {
    for (const { name, path: found } of await manifestsBelow(path)) {
      if (files.has(name)) throw bundleRefused(found, `there is another file that is ${name} in the bundle`);
      files.set(name, {
        name,
        content: await readRegular(found, { followLinks: true, maxBytes: MAX_MANIFEST_BYTES }).catch(unreadable(found)),
      });
      if (files.size > MAX_FILES) throw bundleRefused(path, `a bundle has at most ${MAX_FILES} manifests`);
    }
  }
  if (files.size === 0) throw bundleRefused(paths.join(', '), 'there is no manifest (.yaml, .yml, .json)');
  return [...files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
};

const unreadable =
  (path: string) =>
  (cause: unknown): never => {
    throw bundleRefused(path, `it can't be read: ${(cause as Error).message}`);
  };

const manifestsBelow = async (path: string): Promise<readonly { readonly name: string; readonly path: string }[]> => {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOTDIR') return undefined;
    throw bundleRefused(path, cause.code === 'ENOENT' ? 'there is no such file or directory' : cause.message);
  });
  if (entries === undefined) return [{ name: basename(path), path }];
  return entries
    .filter((entry) => !entry.isDirectory() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((found) => ({ name: relative(path, found), path: found }))
    .filter(({ name }) => !name.split('/').some((part) => part.startsWith('.')));
};

/** What begins a bundle that is given its revision by the command line. */
export const revisionFile = (revision: number): ManifestFile => ({
  name: '00-revision.yaml',
  content: Buffer.from(`apiVersion: solo-kubelet.dev/v1alpha1\nkind: SourceRevision\nspec:\n  revision: ${revision}\n`),
});

export interface ManifestFacts {
  /** Full names of the images that its Pods, and those of its workloads, run. */
  readonly images: readonly string[];
  /** Files that are encrypted, whose images nobody here can tell. */
  readonly encrypted: readonly string[];
  readonly revision?: number;
}

/** What is in manifests. @throws CliError CLI_BUNDLE_REFUSED for one that a kubelet would refuse */
export const manifestFacts = (files: readonly ManifestFile[]): ManifestFacts => {
  const images = new Set<string>();
  const encrypted: string[] = [];
  let revision: number | undefined;
  for (const [at, { name, content }] of files.entries()) {
    if (isEncrypted(content)) {
      encrypted.push(name);
      continue;
    }
    const read = readRevision(content);
    if (!read.ok) throw bundleRefused(name, read.message);
    if (read.revision !== undefined) {
      if (at > 0)
        throw bundleRefused(
          name,
          `it begins with a SourceRevision, and ${files[0]!.name} stands before it`,
          'Only the first file by name may have one.',
        );
      revision = read.revision.revision;
    }
    const text = Buffer.from(read.body).toString();
    if (saysNothing(text)) continue;
    const { problems } = checkManifest(read.body, { source: 'http', path: name, nodeName: NODE_NAME });
    if (problems[0] !== undefined) throw bundleRefused(name, problems.slice(0, 3).join('; '), 'kubelet-cli validate tells more.');
    for (const pod of podsOfManifest(text, { path: name, nodeName: NODE_NAME })) {
      for (const { image } of imagesOf(pod)) images.add(fullName(image));
    }
  }
  return { images: [...images].sort(), encrypted, ...(revision === undefined ? {} : { revision }) };
};

/** Nothing but white space, comments and markers: what is left of a file that held the revision alone. */
const saysNothing = (text: string): boolean => text.split('\n').every((line) => /^\s*(#.*|---\s*)?$/.test(line));

/** By age in ASCII armor, or by sops. */
const isEncrypted = (content: Uint8Array): boolean => {
  const text = Buffer.from(content).toString('latin1');
  return text.includes('-----BEGIN AGE ENCRYPTED FILE-----') || /^sops:|"sops":/m.test(text);
};

/** The signed part of a bundle. Equal manifests and images give equal bytes. */
export const bundleContent = (files: readonly ManifestFile[], { images, blobs, layout }: ImageList): Uint8Array => {
  const list = `${JSON.stringify({ apiVersion: IMAGE_LIST_API_VERSION, kind: IMAGE_LIST_KIND, layout, images, blobs }, null, 1)}\n`;
  const all = [{ name: IMAGE_LIST_FILE, content: Buffer.from(list) }, ...files];
  const bytes = all.reduce((sum, { content }) => sum + content.length, 0);
  if (bytes > MAX_MANIFEST_BYTES) {
    throw bundleRefused('manifests', `they have ${bytes} bytes with the list of their images, and a source takes ${MAX_MANIFEST_BYTES}`);
  }
  return Buffer.concat([
    ...all.flatMap(({ name, content }) => [entryHeader({ name, size: content.length }), content, tarPadding(content.length)]),
    tarEnd(),
  ]);
};
