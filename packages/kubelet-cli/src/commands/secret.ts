import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AGE_IDENTITY_FILE, encryptManifest, makeIdentity, readIdentities, recipientsOf } from '@solo-kubelet/kubelet/secrets';
import { MAX_MANIFEST_BYTES } from '@solo-kubelet/manifest-source';
import { isEncryptedManifest } from '@solo-kubelet/object-spec';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { checkManifest } from '../changes/check-manifest.js';
import { writeManifest } from '../changes/manifest-files.js';
import { withRecipients } from '../changes/recipient-lines.js';
import { CliError } from '../cli-error.js';
import { type CliIo, write } from '../cli-io.js';
import { kubeletRoots } from '../client/kubelet-roots.js';

export interface SecretOptions {
  /** Whom to encrypt for (`age1…`); none: the node itself. */
  readonly recipients: readonly string[];
  /** Of the kubelet. Default: the first of the usual ones that holds an identity, or is there. */
  readonly rootDirectory?: string;
  /** Default: `age-identity.txt` in the root directory. */
  readonly identityFile?: string;
}

/** `secret keygen`: the recipients of this node, whose identity is made if there is none. */
export const secretKeygen = async (options: SecretOptions, io: Pick<CliIo, 'stdout' | 'stderr' | 'env'>): Promise<number> => {
  const path = await identityPath(options, io.env);
  const made = await makeIdentity(path);
  await write(
    io.stderr,
    made ? `made ${path}: keep a copy, since nothing else can decrypt what is encrypted for it\n` : `${path} is there already\n`,
  );
  for (const recipient of await recipientsOf(await readIdentities(path))) await write(io.stdout, `${recipient}\n`);
  return 0;
};

export interface EncryptOptions extends SecretOptions {
  /** Undefined: standard input. */
  readonly file?: string;
  readonly inPlace: boolean;
}

/** `secret encrypt`: a manifest, encrypted. What is wrong with it is said, since nobody can see it later. */
export const secretEncrypt = async (options: EncryptOptions, io: Pick<CliIo, 'stdin' | 'stdout' | 'stderr' | 'env'>): Promise<number> => {
  const { file, inPlace } = options;
  const text = file === undefined ? await readInput(io) : await readFileOf(file);
  if (isEncryptedManifest(text))
    throw refused(
      `${file ?? 'standard input'} is encrypted already`,
      'Change it with kubelet-cli secret edit, or with sops where that encrypted it.',
    );
  const recipients =
    options.recipients.length > 0 ? options.recipients : await recipientsOf(await readIdentities(await identityPath(options, io.env)));
  const { ok, report } = checkManifest(text, { path: file ?? '-', nodeName: 'node1' });
  if (report !== '') await write(io.stderr, report);
  if (!ok) throw refused(`${file ?? 'standard input'} is no valid manifest`, 'Nothing was encrypted: the node would refuse it.');
  const encrypted = await encryptManifest(withRecipients(text, recipients), recipients);
  if (file !== undefined && inPlace) await writeManifest(resolve(file), encrypted);
  else await write(io.stdout, encrypted);
  return 0;
};

/** Where the identity of the node is, or would be. */
export const identityPath = async ({ identityFile, rootDirectory }: SecretOptions, env: CliIo['env']): Promise<string> => {
  if (identityFile !== undefined) return resolve(identityFile);
  if (rootDirectory !== undefined) return join(resolve(rootDirectory), AGE_IDENTITY_FILE);
  const roots = await kubeletRoots(env);
  for (const name of [AGE_IDENTITY_FILE, 'owner-id']) {
    for (const root of roots) if (await isThere(join(root, name))) return join(root, AGE_IDENTITY_FILE);
  }
  return join(roots[0], AGE_IDENTITY_FILE);
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** @throws CliError CLI_NOT_FOUND */
export const readFileOf = (path: string): Promise<Buffer> =>
  readRegular(path, { maxBytes: MAX_MANIFEST_BYTES, followLinks: true }).catch((cause: unknown) => {
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `cannot read ${path}`, cause });
  });

const readInput = async ({ stdin }: Pick<CliIo, 'stdin'>): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let total = 0;
  for await (const part of stdin) {
    const bytes = Buffer.from(part as Uint8Array);
    total += bytes.length;
    if (total > MAX_MANIFEST_BYTES) throw refused(`a manifest has at most ${MAX_MANIFEST_BYTES} bytes`, 'Split it into several files.');
    parts.push(bytes);
  }
  return Buffer.concat(parts);
};

export const refused = (message: string, hint: string): Error => new CliError({ code: 'CLI_REFUSED', message, hint });
