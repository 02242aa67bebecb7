import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { CliError } from '../cli-error.js';
import { bundleRefused } from './bundle-error.js';
import { type BundleSignatureKind, CONTENT_NAME } from './bundle-layout.js';
import { openBundle } from './open-bundle.js';
import { writeSignature } from './write-bundle.js';

const MAX_KEY_BYTES = 64 * 1024;
const MAX_SIGNATURE_BYTES = 4_096;

export interface SignOptions {
  /** File of a key. */
  readonly key: string;
  /** What `ssh-keygen -Y sign -n` is given. */
  readonly purpose: string;
  readonly signal: AbortSignal;
}

/** Signs a bundle where it lies, by the user's own program, which may ask for a passphrase. */
export const signBundle = async (path: string, { key, purpose, signal }: SignOptions): Promise<void> => {
  const kind = await kindOfKey(key);
  await using bundle = await openBundle(path, { signal });
  const directory = await mkdtemp(join(tmpdir(), 'solo-sign-'));
  try {
    const content = join(directory, 'manifests.tar');
    await writeFile(content, bundle.content, { mode: 0o600 });
    await signFile(content, kind, { key, purpose, signal });
    await putSignature(path, bundle.content.length, `${content}${kind === 'minisign' ? '.minisig' : '.sig'}`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

/** Signs the signed part of a bundle that is a directory, beside it. */
export const signLayout = async (directory: string, options: SignOptions): Promise<void> =>
  signFile(join(directory, CONTENT_NAME), await kindOfKey(options.key), options);

const signFile = (path: string, kind: BundleSignatureKind, { key, purpose, signal }: SignOptions): Promise<void> =>
  kind === 'minisign'
    ? run('minisign', ['-S', '-s', key, '-m', path], signal)
    : run('ssh-keygen', ['-q', '-Y', 'sign', '-f', key, '-n', purpose, path], signal);

/** Puts a signature of its signed part, made elsewhere, into a bundle. */
export const putSignature = async (path: string, contentBytes: number, signaturePath: string): Promise<void> => {
  const text = (
    await readRegular(signaturePath, { followLinks: true, maxBytes: MAX_SIGNATURE_BYTES }).catch(unreadable(signaturePath))
  ).toString('latin1');
  const type = text.startsWith('-----BEGIN SSH SIGNATURE') ? 'ssh' : text.startsWith('untrusted comment:') ? 'minisign' : undefined;
  if (type === undefined) throw bundleRefused(signaturePath, 'it is no signature of minisign or ssh-keygen');
  await writeSignature(path, contentBytes, { type, text });
};

const kindOfKey = async (path: string): Promise<BundleSignatureKind> => {
  const text = (await readRegular(path, { followLinks: true, maxBytes: MAX_KEY_BYTES }).catch(unreadable(path))).toString('latin1');
  // A public key of ssh serves where an agent has the secret one.
  if (text.includes('OPENSSH PRIVATE KEY') || text.startsWith('ssh-ed25519 ')) return 'ssh';
  if (/^untrusted comment: minisign (encrypted )?secret key/.test(text)) return 'minisign';
  throw new CliError({
    code: 'CLI_USAGE',
    message: `${path} is no secret key of minisign or ssh-keygen`,
    hint: 'minisign -G, or ssh-keygen -t ed25519, make one.',
  });
};

const unreadable =
  (path: string) =>
  (cause: unknown): never => {
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `cannot read ${path}: ${(cause as Error).message}`, cause });
  };

const run = async (program: string, args: readonly string[], signal: AbortSignal): Promise<void> => {
  const child = spawn(program, [...args], { stdio: ['inherit', 'ignore', 'inherit'], signal });
  const [status] = (await once(child, 'close').catch((cause: NodeJS.ErrnoException) => {
    signal.throwIfAborted();
    throw new CliError({ code: 'CLI_PREREQUISITE_MISSING', message: `cannot run ${program}: ${cause.message}`, cause });
  })) as [number | null];
  if (status !== 0) throw new CliError({ code: 'CLI_REFUSED', message: `${program} did not sign: it ended with ${status}` });
};
