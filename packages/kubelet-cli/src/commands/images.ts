import { access } from 'node:fs/promises';
import { createCriClient } from '@solo-kubelet/cri-client';
import { parseRuntimeFacts, untilRecovered } from '@solo-kubelet/kubelet/runtime';
import { createMountedImages } from '@solo-kubelet/reconciler/cri';
import { type CtrOptions, importImages, skopeoTarget, unusedImages } from '@solo-kubelet/standalone-node/image-store';
import { CliError } from '../cli-error.js';
import { type CliIo, print } from '../cli-io.js';
import { notePreloaded } from '../client/note-preloaded.js';
import { runOwnCtr, socketPathOf } from '../client/run-own-ctr.js';
import { EXIT } from '../exit-status.js';

const IMPORT_TIMEOUT_MS = 600_000;
const CRI_TIMEOUT_MS = 120_000;

interface RuntimeContext {
  /** `unix://…`. */
  readonly endpoint: string;
  readonly io: CliIo;
  readonly signal: AbortSignal;
}

/** `images import FILE… [--name NAME]`: through containerd's own `ctr`, into the namespace that CRI uses, or into CRI-O's store with skopeo. */
export const importArchives = async (
  archives: readonly string[],
  name: string | undefined,
  { endpoint, io, signal }: RuntimeContext,
): Promise<number> => {
  if (name !== undefined && archives.length > 1) throw new CliError({ code: 'CLI_USAGE', message: '--name is for one archive at a time' });
  await access(socketPathOf(endpoint)).catch((cause: unknown) => Promise.reject(unreachable(endpoint, cause)));
  const ctr = (args: readonly string[], options: CtrOptions = {}): Promise<string> =>
    runOwnCtr(endpoint, args, { ...options, timeoutMs: IMPORT_TIMEOUT_MS });
  await using cri = createCriClient({ endpoint, timeoutMs: CRI_TIMEOUT_MS });
  const { runtimeName } = await cri.runtime.version({}, { signal });
  const target = runtimeName === 'cri-o' ? await skopeoTarget(cri, endpoint, { signal }) : { ctr, endpoint };
  const imported = await importImages(target, archives, { signal, ...(name === undefined ? {} : { name }) });
  await notePreloaded(imported, { cri, io, signal });
  for (const each of imported) print(io.stdout, `${each}\n`);
  return EXIT.done;
};

const unreachable = (endpoint: string, cause: unknown): Error =>
  new CliError({
    code: 'CLI_RUNTIME_UNREACHABLE',
    message: `there is no container runtime at ${endpoint}`,
    hint: 'Start a node first (kubelet-cli up), or name its socket with --socket or --runtime-endpoint.',
    cause,
  });

/** `images prune`: removes what no container was made from or has mounted. `kept`: names of images that came in bundles, and that no registry may have. */
export const pruneImages = async (dryRun: boolean, kept: readonly string[], { endpoint, io, signal }: RuntimeContext): Promise<number> => {
  await using cri = createCriClient({ endpoint, timeoutMs: CRI_TIMEOUT_MS });
  await untilRecovered(cri, { signal });
  const [{ images }, { containers }, { info }] = await Promise.all([
    cri.images.listImages({}, { signal }),
    cri.runtime.listContainers({}, { signal }),
    cri.runtime.status({ verbose: true }, { signal }),
  ]);
  let freedBytes = 0;
  const nameOf = ({ repoTags, repoDigests, id }: (typeof images)[number]): string => repoTags[0] ?? repoDigests[0] ?? id;
  const mounted = await createMountedImages(cri)(containers, signal);
  const unused = unusedImages(images, containers, { sandboxImage: parseRuntimeFacts(info).sandboxImage, mounted, kept });
  for (const image of unused.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    if (!dryRun) await cri.images.removeImage({ image: { image: image.id } }, { signal });
    freedBytes += Number(image.size);
    print(io.stdout, `${nameOf(image)}\n`);
  }
  print(io.stderr, `${dryRun ? 'Would free' : 'Freed'} ${(freedBytes / 1e6).toFixed(1)} MB.\n`);
  return EXIT.done;
};
