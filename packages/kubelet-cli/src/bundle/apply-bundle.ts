import { readdir } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import type { SourceObject } from '@solo-kubelet/node-api';
import { localArchitecture } from '@solo-kubelet/standalone-node/image-store';
import { delay } from '@solo-kubelet/timers';
import {
  type ImageList,
  type InspectedOffer,
  inspectOffer,
  readOffer,
  type SourceDefinition,
  writeOffer,
} from '@solo-kubelet/verified-source';
import { CliError } from '../cli-error.js';
import { bundleRefused } from './bundle-error.js';
import { imagesForPlatform } from './images-for-platform.js';
import { type Bundle, openBundle } from './open-bundle.js';

export interface ApplyBundleOptions {
  readonly path: string;
  readonly source: SourceDefinition;
  /** Where the kubelet keeps what it knows of the source. */
  readonly directory: string;
  /** Takes images in that the runtime lacks, and returns their names. */
  readonly importImages: (
    options: Pick<import('./import-bundle.js').ImportBundleOptions, 'images' | 'list' | 'blobs'>,
  ) => Promise<readonly string[]>;
  /** Sources of the kubelet that runs; undefined where none answers. */
  readonly listSources: () => Promise<readonly SourceObject[] | undefined>;
  /** Told what is done. */
  readonly tell: (line: string) => void;
  /** Longest wait for the kubelet's word, ms. */
  readonly timeoutMs: number;
  readonly wallNow: () => number;
  readonly signal: AbortSignal;
}

/** How long to wait before the kubelet is asked again, ms. */
const POLL_MS = 200;

export type AppliedBundle =
  /** It runs, or it ran already. */
  | { readonly type: 'runs'; readonly source: SourceObject }
  /** No kubelet answers: the next one takes it at its start. */
  | { readonly type: 'waits' }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'undecided'; readonly message: string };

/**
 * Puts a bundle before its source. Nothing of it is used before its signature, its revision and the way it is laid out are known to be good; then its images
 * go in, and then, in one step, its manifests, which the kubelet judges as any answer of the source. @throws (rejects) CliError CLI_BUNDLE_REFUSED
 */
export const applyBundle = async (options: ApplyBundleOptions): Promise<AppliedBundle> => {
  const { path, source, directory, tell, wallNow, signal } = options;
  await using bundle = await openBundle(path, { signal });
  const inspected = await inspect(bundle, source, directory, wallNow);
  const { imageList: list } = inspected;
  const blobs = await bundle.blobs(list);
  const images = await imagesForPlatform(list, blobs, herePlatform(), (message) => bundleRefused(path, message));
  const imported = images.length === 0 ? [] : await options.importImages({ images, list, blobs });
  for (const name of imported) tell(`imported ${name}`);
  signal.throwIfAborted();
  await writeOffer(directory, { content: bundle.content, ...(bundle.signature && { signature: bundle.signature }) });
  return decided(options, inspected.digest);
};

export const herePlatform = (): string => `linux/${localArchitecture(arch()) ?? arch()}`;

const inspect = async (
  bundle: Bundle,
  source: SourceDefinition,
  directory: string | undefined,
  wallNow: () => number,
): Promise<InspectedOffer & { readonly ok: true; readonly imageList: ImageList }> => {
  const inspected = await inspectOffer(bundle, { source, ...(directory === undefined ? {} : { directory }), wallNow });
  if (!inspected.ok) {
    const hint = inspected.reason === 'SignatureMissing' ? `kubelet-cli bundle sign ${bundle.path} --key SECRET-KEY` : undefined;
    throw bundleRefused(bundle.path, `${inspected.reason}: ${inspected.message}`, hint);
  }
  const { imageList } = inspected;
  if (imageList === undefined) throw bundleRefused(bundle.path, 'it has no list of images');
  return { ...inspected, imageList };
};

/** Reads a bundle to its end: every byte of it is what the signed list says. */
export const verifyBundle = async (
  path: string,
  source: SourceDefinition,
  { wallNow, signal }: Pick<ApplyBundleOptions, 'wallNow' | 'signal'>,
): Promise<InspectedOffer & { readonly ok: true; readonly imageList: ImageList }> => {
  await using bundle = await openBundle(path, { signal });
  const inspected = await inspect(bundle, source, undefined, wallNow);
  const blobs = await bundle.blobs(inspected.imageList);
  for (const { digest } of inspected.imageList.blobs) {
    for await (const _part of blobs.stream(digest));
  }
  return inspected;
};

const decided = async (
  { source, directory, listSources, timeoutMs, signal }: ApplyBundleOptions,
  digest: string,
): Promise<AppliedBundle> => {
  const { name } = source;
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const sources = await listSources();
    if (sources === undefined) return { type: 'waits' };
    const shown = sources.find((one) => one.name === name);
    if (shown === undefined)
      return { type: 'undecided', message: `the kubelet does not know the source ${name} yet: restart it, and it takes the bundle` };
    if ((await readOffer(directory)) === undefined) {
      // Asked again, since it may have been decided after the last answer.
      const now = (await listSources())?.find((one) => one.name === name) ?? shown;
      if (now.digest === digest) return { type: 'runs', source: now };
      return { type: 'refused', message: now.reason === undefined ? 'the kubelet refused it' : `${now.reason}: ${now.message ?? ''}` };
    }
    if (performance.now() > endMs) {
      const why = shown.reason === undefined ? '' : ` (${shown.reason}: ${shown.message ?? ''})`;
      return {
        type: 'undecided',
        message: `the kubelet has not decided within ${timeoutMs / 1_000} s${why}; it goes on by itself, if ${directory} is in its root directory (--root-dir)`,
      };
    }
    await delay(POLL_MS, undefined, { signal });
  }
};

/** The bundle that is meant: the file, or the only one in a directory, such as that of a drive. @throws (rejects) CliError CLI_NOT_FOUND */
export const bundleAt = async (path: string): Promise<string> => {
  const names = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOTDIR' || cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  if (names === undefined) return path;
  const [only, ...more] = names.filter((name) => /^[^.].*\.tar$/.test(name)).sort();
  if (only !== undefined && more.length === 0) return join(path, only);
  const message = only === undefined ? 'there is no bundle (.tar) in it' : `there are several bundles in it: ${[only, ...more].join(', ')}`;
  throw new CliError({ code: 'CLI_NOT_FOUND', message: `${path}: ${message}` });
};
