import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isRefusal,
  type RuntimeImages,
  type SourceDefinition,
  type SourceStatus,
  watchVerifiedSource,
} from '@solo-kubelet/verified-source';
import { filter, firstValueFrom, fromEvent, map, merge, takeUntil, timer } from 'rxjs';

export type AskedSource =
  | { readonly type: 'answers'; readonly status: SourceStatus }
  /** What it answers is not signed as it should be, or can't be reached; `isRefusal`: it was reached. */
  | { readonly type: 'failed'; readonly isRefusal: boolean; readonly message: string };

/** As of a runtime that has them all: what images an answer brings is fetched by the kubelet, and a runtime may not be there yet. */
const HAS_IMAGES: RuntimeImages = {
  platform: 'linux/amd64',
  lacking: async () => [],
  heldBlobs: async () => new Set(),
  load: async () => {},
  loadArchive: async () => {},
};

/** Beyond the time limit of the source itself, ms. */
const MARGIN_MS = 10_000;

/**
 * Asks a source once, as a kubelet does, and keeps nothing of it. What the documents say is the kubelet's to judge: it knows its labels and identities.
 * `env`: credentials of a bucket, as in the environment.
 */
export const askSource = async (
  source: SourceDefinition,
  { signal, env = {} }: { readonly signal: AbortSignal; readonly env?: Readonly<Record<string, string>> },
): Promise<AskedSource> => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-source-'));
  try {
    const status$ = watchVerifiedSource({
      source,
      nodeName: hostname().toLowerCase(),
      directory,
      env,
      runtimeImages: HAS_IMAGES,
      parse: () => ({ documents: [], emptyList: true }),
    }).pipe(
      filter((output) => output.type === 'status'),
      map(({ status }) => status),
      // Pending: it was checked, and what is in it has still to be found here.
      filter(({ state, checkedAtMs }) => checkedAtMs !== undefined && state !== 'Pending'),
      takeUntil(merge(timer(source.timeoutMs * 3 + MARGIN_MS), fromEvent(signal, 'abort'))),
    );
    const status = await firstValueFrom(status$, { defaultValue: undefined });
    signal.throwIfAborted();
    if (status === undefined) return { type: 'failed', isRefusal: false, message: 'TooSlow: it gave no answer in time' };
    if (status.state === 'Ready') return { type: 'answers', status };
    const { reason = 'Unreachable', message = '' } = status;
    return { type: 'failed', isRefusal: isRefusal(reason), message: `${reason}: ${message}` };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
