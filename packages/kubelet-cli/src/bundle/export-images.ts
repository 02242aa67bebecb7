import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runCtr } from '@solo-kubelet/standalone-node/image-store';
import { CliError } from '../cli-error.js';

/** Where images come from that no archive was named for. */
export type ImageOrigin =
  /** The store of containerd, by its own client. */
  | { readonly type: 'containerd'; readonly socketPath: string }
  /** The store of CRI-O, and any registry: by skopeo. */
  | { readonly type: 'cri-o' }
  | { readonly type: 'registry' };

export interface ExportOptions {
  readonly origin: ImageOrigin;
  /** `linux/amd64`. */
  readonly platform: string;
  readonly signal: AbortSignal;
}

/** Images may have gigabytes, and a registry may be far away, ms. */
const TIMEOUT_MS = 3_600_000;
const MAX_OUTPUT_BYTES = 16 << 20;

/** Writes one image into an archive. @throws (rejects) CliError CLI_REFUSED, CLI_PREREQUISITE_MISSING */
export const exportImage = async (name: string, target: string, { origin, platform, signal }: ExportOptions): Promise<void> => {
  try {
    if (origin.type === 'containerd') {
      const args = ['images', 'export', '--platform', platform, target, name];
      await runCtr('ctr', origin.socketPath, args, { signal, timeoutMs: TIMEOUT_MS });
    } else {
      const from = `${origin.type === 'registry' ? 'docker://' : 'containers-storage:'}${name}`;
      await skopeoCopy(from, `oci-archive:${target}:${name}`, { platform, signal });
    }
  } catch (cause) {
    signal.throwIfAborted();
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new CliError({
        code: 'CLI_PREREQUISITE_MISSING',
        message: `${origin.type === 'containerd' ? 'ctr' : 'skopeo'}, which images are taken with, is not installed`,
        hint: `Install it, or give an archive: --image ${name}=ARCHIVE`,
        cause,
      });
    }
    throw new CliError({
      code: 'CLI_REFUSED',
      message: `image ${name}: ${message}`,
      hint: `Give an archive of it: --image ${name}=ARCHIVE${origin.type === 'registry' ? '' : ', or take it from its registry: --pull'}`,
      cause,
    });
  }
};

const skopeoCopy = async (from: string, to: string, { platform, signal }: Pick<ExportOptions, 'platform' | 'signal'>): Promise<void> => {
  const [os, architecture] = platform.split('/');
  const args = ['copy', '--quiet', '--insecure-policy', `--override-os=${os}`, `--override-arch=${architecture}`, '--', from, to];
  await promisify(execFile)('skopeo', args, { signal, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES }).catch(
    (cause: Error & { readonly code?: unknown; readonly stderr?: string }) => {
      if (cause.code === 'ENOENT') throw cause;
      throw new Error(cause.stderr?.trim().split('\n').at(-1) || cause.message, { cause });
    },
  );
};
