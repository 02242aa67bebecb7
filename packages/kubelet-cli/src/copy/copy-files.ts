import { lstat, stat } from 'node:fs/promises';
import { basename, posix, resolve } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { CliError } from '../cli-error.js';
import { bytePath } from './byte-path.js';
import { packTree } from './pack-tree.js';
import { unpackTree } from './unpack-tree.js';

/** Runs a command in the container and gives its exit code and the beginning of what it wrote to stderr. */
export type ContainerExec = (
  command: readonly string[],
  /** `signal` ends the session early. */
  streams: { readonly stdin?: Readable; readonly stdout: Writable; readonly signal?: AbortSignal },
) => Promise<{ readonly code: number; readonly said: string }>;

export interface CopyWays {
  readonly exec: ContainerExec;
  /** Told of what is left out. */
  readonly skipped: (what: string) => void;
}

/**
 * Copies a local file or tree into a container: into the directory that is at `to`, else to that name, as kubectl does
 * (staging/src/k8s.io/kubectl/pkg/cmd/cp/cp.go). A slash at the end says nothing. Links stay links.
 */
export const upload = async (from: string, to: string, { exec, skipped }: CopyWays): Promise<void> => {
  const source = resolve(from);
  await lstat(source).catch((cause: unknown) => {
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `there is no ${from}`, cause });
  });
  const path = withoutSlashes(to);
  const isDirectory = (await exec(['test', '-d', path], { stdout: nowhere() }).catch(() => undefined))?.code === 0;
  const target = isDirectory ? posix.join(path, basename(source)) : path;
  const archive = Readable.from(packTree(bytePath(source), bytePath(posix.basename(target)), skipped), { objectMode: false });
  const broken = new AbortController();
  archive.once('error', (error) => broken.abort(error));
  const command = ['tar', '-xmf', '-', '-C', posix.dirname(target)];
  const [ran] = await Promise.allSettled([exec(command, { stdin: archive, stdout: nowhere(), signal: broken.signal })]);
  archive.destroy();
  // What could not be read here says why better than a tar whose archive broke off.
  broken.signal.throwIfAborted();
  if (ran.status === 'rejected') throw ran.reason;
  requireDone(ran.value);
};

/** Copies a file or tree of a container here: into the directory that is at `to`, else to that name. Links stay links where they lead nowhere outside. */
export const download = async (from: string, to: string, { exec, skipped }: CopyWays): Promise<void> => {
  const path = posix.normalize(withoutSlashes(from));
  const name = posix.basename(path);
  // What has no name of its own, or is `DIRECTORY/.`, is copied from within.
  const nameless = name === '' || ['.', '..'].includes(posix.basename(withoutSlashes(from)));
  const isDirectory = (await stat(to).catch(() => undefined))?.isDirectory() ?? false;
  const target = isDirectory && !nameless ? resolve(to, name) : resolve(to);
  const archive = new PassThrough();
  const command = nameless ? ['tar', '-cf', '-', '-C', path, '.'] : ['tar', '-cf', '-', '-C', posix.dirname(path), '--', name];
  const refused = new AbortController();
  const ended = exec(command, { stdout: archive, signal: refused.signal })
    .then(requireDone)
    .finally(() => archive.end());
  const unpacked = unpackTree(archive, { prefix: nameless ? undefined : bytePath(name), target: bytePath(target), skipped }).catch(
    (error: unknown) => {
      if (CliError.is(error) || isSystemError(error)) refused.abort(error);
      throw error;
    },
  );
  const [ran, wrote] = await Promise.allSettled([ended, unpacked]);
  refused.signal.throwIfAborted();
  // A tar that failed says why better than the archive that broke off because of it.
  if (ran.status === 'rejected') throw ran.reason;
  if (wrote.status === 'rejected') throw wrote.reason;
};

/** This machine could not write. An archive that is broken is no error of the system. */
const isSystemError = (error: unknown): boolean => (error as NodeJS.ErrnoException).syscall !== undefined;

/** `/a/` is `/a`, and `//` is `/`. */
const withoutSlashes = (path: string): string => path.replace(/(?<=.)\/+$/s, '').replace(/^\/+$/, '/');

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

const requireDone = ({ code, said }: { readonly code: number; readonly said: string }): void => {
  if (code !== 0) throw new CliError({ code: 'CLI_REFUSED', message: said || `tar in the container ended with ${code}` });
};
