import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { CriClient } from '@solo-kubelet/cri-client';
import type { ImportTarget } from '../containerd/import-images.js';
import { NodeError } from '../node-error.js';
import { makeScratch } from './scratch.js';
import { type ReadSpace, withinRoom } from './within-room.js';

const SCRATCH_PREFIX = 'solo-import-';
/** Beside a second for each megabyte: an SD card takes its time. */
const TIMEOUT_MS = 600_000;
const MAX_OUTPUT_BYTES = 16 << 20;
/** Where containers/storage is unless its configuration says otherwise, and where skopeo finds it by itself. */
const USUAL_ROOT = '/var/lib/containers/storage';

/** Runs a program. @throws (rejects) as `execFile` does */
type RunProgram = (
  program: string,
  args: readonly string[],
  limits: { readonly timeout: number; readonly maxBuffer: number; readonly signal?: AbortSignal },
) => Promise<unknown>;

/** The store of a CRI-O, which has no client that imports: skopeo writes to it directly, and CRI-O sees what is new. */
export const skopeoTarget = async (
  cri: CriClient,
  endpoint: string,
  {
    signal,
    run = promisify(execFile),
    readSpace,
  }: { readonly signal: AbortSignal; readonly run?: RunProgram; readonly readSpace?: ReadSpace },
): Promise<ImportTarget> => {
  const { imageFilesystems } = await cri.images.imageFsInfo({}, { signal });
  const store = storeOf(imageFilesystems[0]?.fsId?.mountpoint ?? '');
  return {
    endpoint,
    load: async (archive, names, options) => {
      const directory = await makeScratch(SCRATCH_PREFIX);
      try {
        const path = join(directory, 'archive.tar');
        const file = createWriteStream(path);
        await pipeline(archive, await withinRoom(directory, readSpace), file, { signal: options.signal });
        const limits = {
          timeout: TIMEOUT_MS + Math.ceil(file.bytesWritten / 1_000),
          maxBuffer: MAX_OUTPUT_BYTES,
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        };
        const copy = (from: string, to: string): Promise<void> =>
          run('skopeo', ['copy', '--quiet', '--insecure-policy', '--', from, to], limits).then(() => undefined, explain);
        for (const name of names) {
          const destination = `containers-storage:${storeSpecifier(store, join(directory, 'run'))}${name}`;
          await copy(`docker-archive:${path}:${name}`, destination).catch(async (error: unknown) => {
            // It is no docker archive: perhaps an OCI one, with several images or with one, whose reader then has no use for the name.
            await copy(`oci-archive:${path}:${name}`, destination)
              .catch(() => copy(`oci-archive:${path}`, destination))
              .catch(() => Promise.reject(error));
          });
        }
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    pin: async () => {},
  };
};

/** Driver and root of a containers/storage, from the directory that CRI-O measures: `<root>/<driver>-images`. */
export const storeOf = (mountpoint: string): { readonly driver: string; readonly root: string } | undefined => {
  const { driver, root } = /^(?<root>\/.*)\/(?<driver>\w+)-images$/.exec(mountpoint)?.groups ?? {};
  return driver === undefined || root === undefined || root === USUAL_ROOT ? undefined : { driver, root };
};

/** In skopeo's words (containers-transports(5)); empty for the usual one. What skopeo keeps while it runs may lie anywhere. */
export const storeSpecifier = (store: ReturnType<typeof storeOf>, runRoot: string): string =>
  store === undefined ? '' : `[${store.driver}@${store.root}+${runRoot}]`;

const explain = (cause: unknown): never => {
  const { code, stderr = '' } = cause as { readonly code?: unknown; readonly stderr?: string };
  if (code === 'ENOENT') {
    throw new NodeError({
      code: 'NODE_PREREQUISITE_MISSING',
      message: 'images are imported into CRI-O with skopeo, which is not installed',
      hint: 'apt-get install skopeo',
      cause,
    });
  }
  throw new Error(stderr.trim().split('\n').at(-1) || String(cause), { cause });
};
