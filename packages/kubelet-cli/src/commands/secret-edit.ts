import { spawn } from 'node:child_process';
import { mkdtemp, open, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { decryptManifest, encryptManifest, readIdentities } from '@solo-kubelet/kubelet/secrets';
import { MAX_MANIFEST_BYTES } from '@solo-kubelet/manifest-source';
import { isEncryptedManifest, isSopsManifest } from '@solo-kubelet/object-spec';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { checkManifest } from '../changes/check-manifest.js';
import { writeManifest } from '../changes/manifest-files.js';
import { recipientsIn, withRecipients } from '../changes/recipient-lines.js';
import { CliError } from '../cli-error.js';
import { type CliIo, write } from '../cli-io.js';
import { EXIT } from '../exit-status.js';
import { identityPath, readFileOf, refused, type SecretOptions } from './secret.js';

export interface SecretEditOptions extends SecretOptions {
  readonly file: string;
}

type EditIo = Pick<CliIo, 'stdout' | 'stderr' | 'env' | 'interrupted'>;

/**
 * `secret edit FILE`: the decrypted file in an editor, encrypted again when it ends. What is saved lies in a directory of this call alone, in memory
 * where the machine has such a place, and is overwritten and removed. Resolves to 3 when what was saved is not valid; it is in place all the same.
 */
export const secretEdit = async (options: SecretEditOptions, io: EditIo): Promise<number> => {
  const path = resolve(options.file);
  const encrypted = await readFileOf(path);
  if (!isEncryptedManifest(encrypted)) throw refused(`${path} is not encrypted`, `kubelet-cli secret encrypt --in-place ${path}`);
  if (isSopsManifest(encrypted)) throw refused(`${path} is encrypted by SOPS`, `sops edit ${path}`);
  const text = await decryptManifest(encrypted, await readIdentities(await identityPath(options, io.env)));
  const before = options.recipients.length > 0 ? options.recipients : recipientsIn(text);
  if (before.length === 0)
    throw refused(`${path} does not say whom it is encrypted for`, 'Name everybody who may read it: -r RECIPIENT, again for more.');
  const shown = withRecipients(text, before);
  const edited = await edit(shown, basename(path), io);
  if (edited.equals(shown) && options.recipients.length === 0) {
    await write(io.stderr, `${path}: nothing was changed\n`);
    return EXIT.done;
  }
  const named = recipientsIn(edited);
  const result = await encryptManifest(edited, named.length > 0 ? named : before);
  if (!(await readFileOf(path)).equals(encrypted))
    throw refused(`${path} was changed by somebody else meanwhile; nothing was written`, 'Edit it again.');
  const { ok, report } = checkManifest(edited, { path, nodeName: 'node1' });
  await writeManifest(path, result);
  if (report !== '') await write(io.stderr, report);
  return ok ? EXIT.done : EXIT.manifestRejected;
};

/** What an editor leaves of a text. */
const edit = async (text: Uint8Array, name: string, io: EditIo): Promise<Buffer> => {
  const directory = await mkdtemp(join(await placeFor(io), 'kubelet-secret-'));
  const file = join(directory, /\.(ya?ml|json)$/.test(name) ? name : `${name}.yaml`);
  try {
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
    await runEditor(file, io);
    return await readRegular(file, { maxBytes: MAX_MANIFEST_BYTES });
  } finally {
    await wipe(directory);
  }
};

const TMPFS = 0x01021994;
const RAMFS = 0x858458f6;

/** A directory in memory, if there is one. */
const placeFor = async ({ env, stderr }: EditIo): Promise<string> => {
  for (const place of [env['XDG_RUNTIME_DIR'], '/dev/shm', tmpdir()]) {
    if (place === undefined || place === '') continue;
    const type = await statfs(place).then(
      (found) => found.type,
      () => undefined,
    );
    if (type === TMPFS || type === RAMFS) return place;
  }
  await write(stderr, `no directory in memory was found: the text lies on disk in ${tmpdir()} while it is edited\n`);
  return tmpdir();
};

const runEditor = async (file: string, { env, interrupted }: EditIo): Promise<void> => {
  const editor = env['VISUAL'] || env['EDITOR'] || 'vi';
  const child = spawn('/bin/sh', ['-c', `exec ${editor} "$1"`, 'editor', file], { stdio: 'inherit', env: { ...env } });
  const end = (): boolean => child.kill('SIGTERM');
  interrupted.addEventListener('abort', end, { once: true });
  try {
    const status = await new Promise<number | null>((done, failed) => {
      child.once('error', failed);
      child.once('close', done);
    });
    interrupted.throwIfAborted();
    if (status !== 0)
      throw new CliError({
        code: 'CLI_REFUSED',
        message: `the editor (${editor}) ended with status ${status ?? 'of a signal'}; nothing was written`,
        hint: 'Set VISUAL or EDITOR to another one.',
      });
  } finally {
    interrupted.removeEventListener('abort', end);
  }
};

/** Overwrites and removes everything an editor left. */
const wipe = async (directory: string): Promise<void> => {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = await open(join(directory, entry.name), 'r+').catch(() => undefined);
    try {
      const size = (await file?.stat())?.size ?? 0;
      await file?.write(Buffer.alloc(size), 0, size, 0);
    } finally {
      await file?.close();
    }
  }
  await rm(directory, { recursive: true, force: true });
};
