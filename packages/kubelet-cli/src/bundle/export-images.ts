import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
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
  const [os, architecture] = platform.split('/');
  const [program, args] =
    origin.type === 'containerd'
      ? ['ctr', ['-a', origin.socketPath, '-n', 'k8s.io', 'images', 'export', '--platform', platform, target, name]]
      : [
          'skopeo',
          [
            'copy',
            '--quiet',
            '--insecure-policy',
            `--override-os=${os}`,
            `--override-arch=${architecture}`,
            '--',
            `${origin.type === 'registry' ? 'docker://' : 'containers-storage:'}${name}`,
            `oci-archive:${target}:${name}`,
          ],
        ];
  try {
    await promisify(execFile)(program as string, args as string[], { signal, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES });
  } catch (cause) {
    signal.throwIfAborted();
    const { code, stderr = '' } = cause as { readonly code?: unknown; readonly stderr?: string };
    if (code === 'ENOENT') {
      throw new CliError({
        code: 'CLI_PREREQUISITE_MISSING',
        message: `${program as string}, which images are taken with, is not installed`,
        hint: `Install it, or give an archive: --image ${name}=ARCHIVE`,
        cause,
      });
    }
    const [last = String(cause)] = stderr.trim().split('\n').slice(-1);
    throw new CliError({
      code: 'CLI_REFUSED',
      message: `image ${name}: ${last}`,
      hint: `Give an archive of it: --image ${name}=ARCHIVE${origin.type === 'registry' ? '' : ', or take it from its registry: --pull'}`,
      cause,
    });
  }
};
