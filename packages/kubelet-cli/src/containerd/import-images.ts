import { setTimeout as delay } from 'node:timers/promises';
import { createCriClient } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { CliError } from '../cli-error.js';
import type { PrivateContainerd } from './start-containerd.js';

/** The label by which containerd's CRI plugin (1.7 and later) tells images that must not be collected. */
const PINNED = 'io.cri-containerd.pinned=pinned';
const LISTING_TIMEOUT_MS = 30_000;

/** A containerd as importing needs it. */
type ImportTarget = Pick<PrivateContainerd, 'ctr' | 'endpoint'>;

/**
 * Imports image archives and pins their images, and returns the images' names when the CRI plugin knows them all: it hears of new images
 * by events, and a Pod that came first would be told that its image is missing.
 */
export const importImages = async (
  containerd: ImportTarget,
  archives: readonly string[],
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<readonly string[]> => {
  const names = new Set<string>();
  for (const archive of archives) {
    for (const name of await importArchive(containerd, archive, signal)) names.add(name);
  }
  if (names.size > 0) {
    for (const name of names) await containerd.ctr(['images', 'label', name, PINNED], { signal });
    await waitUntilListed(containerd.endpoint, names, signal);
  }
  return [...names].sort();
};

const importArchive = async (containerd: ImportTarget, archive: string, signal?: AbortSignal): Promise<readonly string[]> => {
  try {
    const output = await containerd.ctr(['images', 'import', archive], { signal });
    // One line an image: `unpacking NAME (sha256:…)...done` up to 1.x, `NAME  saved` or a table from 2.x on.
    return [...output.matchAll(/^(?:unpacking\s+)?([^\s()]+[:@][^\s()]+)/gm)].map(([, name]) => name!);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new CliError({ code: 'CLI_IMAGE_IMPORT_FAILED', message: `cannot import ${archive}: ${lastLine(describeError(cause))}`, cause });
  }
};

const waitUntilListed = async (endpoint: string, names: ReadonlySet<string>, signal?: AbortSignal): Promise<void> => {
  await using cri = createCriClient({ endpoint });
  const limit = AbortSignal.timeout(LISTING_TIMEOUT_MS);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  for (;;) {
    const { images } = await cri.images.listImages({}, { signal: either });
    const listed = new Set(images.flatMap(({ repoTags }) => repoTags));
    if ([...names].every((name) => listed.has(name))) return;
    await delay(50, undefined, { signal: either });
  }
};

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
