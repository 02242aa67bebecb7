import { createHash, type KeyObject } from 'node:crypto';
import { byteReader, readBase64, sshString } from './bytes.js';
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES, ed25519Key, isSignedBy } from './ed25519.js';

// Format: PROTOCOL.sshsig of OpenSSH.

export interface SshKey {
  readonly type: 'ssh';
  /** `SHA256:…`, as `ssh-keygen -l` shows it. */
  readonly id: string;
  readonly key: KeyObject;
}

export interface SshSignature {
  readonly keyId: string;
  readonly namespace: string;
  readonly hashAlgorithm: 'sha256' | 'sha512';
  readonly signature: Uint8Array;
}

const ALGORITHM = 'ssh-ed25519';
const MAGIC = 'SSHSIG';
const MAX_PART_BYTES = 1_024;
const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';

/**
 * A line of an OpenSSH public key: `ssh-ed25519 AAAA… [comment]`, also behind the principals and options of an `allowed_signers` file. Undefined where there
 * is no key of that kind in it.
 */
export const parseSshKey = (line: string): SshKey | undefined => {
  const encoded = /(?:^|\s)ssh-ed25519\s+([A-Za-z0-9+/]+=*)(?:\s|$)/.exec(line)?.[1];
  const blob = encoded === undefined ? undefined : readBase64(encoded);
  return blob && readKeyBlob(blob);
};

const readKeyBlob = (blob: Uint8Array): SshKey | undefined => {
  try {
    const reader = byteReader(blob);
    if (Buffer.from(reader.string(MAX_PART_BYTES)).toString('latin1') !== ALGORITHM) return undefined;
    const raw = reader.string(MAX_PART_BYTES);
    if (raw.length !== ED25519_KEY_BYTES || reader.left() > 0) return undefined;
    return { type: 'ssh', id: fingerprint(blob), key: ed25519Key(raw) };
  } catch {
    return undefined;
  }
};

const fingerprint = (blob: Uint8Array): string =>
  `SHA256:${createHash('sha256')
    .update(blob)
    .digest('base64')
    .replace(/(?<!=)=+$/, '')}`;

/** A `.sig` file of `ssh-keygen -Y sign`. @throws Error that says what is wrong with it */
export const parseSshSignature = (text: string): SshSignature => {
  const lines = text.trim().split(/\r?\n/);
  if (lines[0] !== BEGIN || lines.at(-1) !== END) throw new Error('it is no signature of ssh-keygen -Y sign');
  const bytes = readBase64(lines.slice(1, -1).join(''));
  if (bytes === undefined) throw new Error('it is not in base64');
  const reader = byteReader(bytes);
  if (Buffer.from(reader.take(MAGIC.length)).toString('latin1') !== MAGIC)
    throw new Error('it does not begin as a signature of ssh-keygen does');
  if (reader.uint32() !== 1) throw new Error('it is of another version than 1');
  const key = readKeyBlob(reader.string(MAX_PART_BYTES));
  if (key === undefined) throw new Error('it is by a key of another kind than ssh-ed25519');
  const namespace = Buffer.from(reader.string(MAX_PART_BYTES)).toString('utf8');
  reader.string(MAX_PART_BYTES);
  const hashAlgorithm = Buffer.from(reader.string(MAX_PART_BYTES)).toString('latin1');
  if (hashAlgorithm !== 'sha256' && hashAlgorithm !== 'sha512') throw new Error('its hash is neither sha256 nor sha512');
  const signature = byteReader(reader.string(MAX_PART_BYTES));
  if (reader.left() > 0) throw new Error('there is more in it than a signature');
  if (Buffer.from(signature.string(MAX_PART_BYTES)).toString('latin1') !== ALGORITHM) throw new Error('it is no ssh-ed25519 signature');
  const raw = signature.string(MAX_PART_BYTES);
  if (raw.length !== ED25519_SIGNATURE_BYTES || signature.left() > 0) throw new Error('it has another length than an ed25519 signature');
  return { keyId: key.id, namespace, hashAlgorithm, signature: raw };
};

/** Whether the content is as it was signed, in that namespace. The caller compares the namespace with the one it wants. */
export const verifySsh = (content: Uint8Array, { namespace, hashAlgorithm, signature }: SshSignature, { key }: SshKey): boolean => {
  const signed = Buffer.concat([
    Buffer.from(MAGIC),
    sshString(Buffer.from(namespace)),
    sshString(new Uint8Array()),
    sshString(Buffer.from(hashAlgorithm)),
    sshString(createHash(hashAlgorithm).update(content).digest()),
  ]);
  return isSignedBy(key, signed, signature);
};
