import { mkdtemp, rm } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CriClient } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import type { PrepareRuntimeOptions } from '@solo-kubelet/kubelet';
import { checkDuration } from '@solo-kubelet/timers';
import { importImages } from '../containerd/import-images.js';
import { runCtr } from '../containerd/run-ctr.js';
import { localArchitecture, writeImageArchive } from '../images/image-archive.js';
import { pauseImage } from '../images/pause-image.js';
import { type SandboxImageNameOptions, sandboxImageName } from './sandbox-image-name.js';

export interface SupplySandboxImageOptions extends SandboxImageNameOptions {
  /** How long a pull may take, ms. Default 20000. */
  readonly pullTimeoutMs?: number;
  /** Replaced in tests. */
  readonly importPause?: (reference: string) => Promise<void>;
}

/** What became of the image; `unknown`: the runtime does not name one. */
export interface SandboxImage {
  readonly outcome: 'unknown' | 'present' | 'pulled' | 'supplied';
  readonly image?: string;
}

const PULL_TIMEOUT_MS = 20_000;
const CTR_TIMEOUT_MS = 120_000;

/**
 * Sees to it that the image which the runtime makes sandboxes from is there: pulled, or where no registry answers, our own under its name
 * (docs/decisions/195).
 */
export const supplySandboxImage = async (cri: CriClient, options: SupplySandboxImageOptions): Promise<SandboxImage> => {
  const { signal, importPause = (reference) => importOwn(reference, options) } = options;
  const pullTimeoutMs = checkDuration('pullTimeoutMs', options.pullTimeoutMs, PULL_TIMEOUT_MS);
  const image = await sandboxImageName(cri, options);
  if (image === undefined) return { outcome: 'unknown' };
  const isThere = async (): Promise<boolean> => (await cri.images.imageStatus({ image: { image } }, { signal })).image !== undefined;
  if (await isThere()) return { outcome: 'present', image };
  try {
    await cri.images.pullImage({ image: { image } }, { signal, timeoutMs: pullTimeoutMs });
    return { outcome: 'pulled', image };
  } catch (cause) {
    signal.throwIfAborted();
    try {
      await importPause(image);
    } catch (error) {
      throw new Error(`the sandbox image ${image} can neither be pulled (${describeError(cause)}) nor supplied (${describeError(error)})`);
    }
    return { outcome: 'supplied', image };
  }
};

const importOwn = async (reference: string, { endpoint, signal }: SupplySandboxImageOptions): Promise<void> => {
  const architecture = localArchitecture(arch());
  if (architecture === undefined) throw new Error(`there is none for the processor ${arch()}`);
  const directory = await mkdtemp(join(tmpdir(), 'solo-pause-'));
  try {
    const archive = join(directory, 'pause.tar');
    await writeImageArchive(archive, [{ ...pauseImage(architecture), reference }]);
    const socketPath = endpoint.replace(/^unix:\/\//, '');
    await importImages(
      { endpoint, ctr: (args, options = {}) => runCtr('ctr', socketPath, args, { ...options, timeoutMs: CTR_TIMEOUT_MS }) },
      [archive],
      { signal },
    );
  } finally {
    await rm(directory, { recursive: true });
  }
};

/** `prepareRuntime` of a kubelet: supplies the image that sandboxes are made from. Without it, Pods that need no new sandbox run all the same. */
export const provideSandboxImage = async (cri: CriClient, { endpoint, logger, signal }: PrepareRuntimeOptions): Promise<void> => {
  try {
    const { outcome, image } = await supplySandboxImage(cri, { endpoint, signal });
    if (outcome === 'supplied')
      logger.warn({ image }, 'The sandbox image cannot be pulled; a pause image of our own stands in under its name');
  } catch (error) {
    signal.throwIfAborted();
    logger.warn({ err: describeError(error) }, 'No sandbox image: new Pods will not start');
  }
};
