import { createHash } from 'node:crypto';
import { describeError } from '@solo-kubelet/diagnostics';
import { readRegular } from '@solo-kubelet/untrusted-files';
import type { SourceDefinition } from '../core/source-definition.js';
import { parseTufRoot } from '../tuf/tuf-proof.js';
import { VerifiedSourceError } from '../verified-source-error.js';
import { type MinisignKey, parseMinisignKey } from './minisign.js';
import { parseSigstoreKey, type SigstoreKey } from './sigstore-bundle.js';
import { parseSshKey, type SshKey } from './ssh-signature.js';

/** The first root of a TUF repository: by it everything else is known that the repository vouches for. */
export interface TufKey {
  readonly type: 'tuf';
  /** Its version and digest. */
  readonly id: string;
  readonly root: string;
  /** The path of what the source takes of the repository. */
  readonly target: string;
}

/** A key by which files beside an answer are signed. */
export type DetachedKey = MinisignKey | SshKey | SigstoreKey;
export type VerificationKey = DetachedKey | TufKey;

/** More than a change of keys needs. */
const MAX_KEYS = 32;
const MAX_KEY_FILE_BYTES = 64 * 1024;
const MAX_ROOT_BYTES = 256 * 1024;

const PEM_BEGIN = '-----BEGIN ';
const PEM_PUBLIC = '-----BEGIN PUBLIC KEY-----';

/** A public key of minisign or ssh (ed25519) from one line, or of Sigstore from a block of PEM. @throws VerifiedSourceError SOURCE_KEY_INVALID */
const parseKey = (given: string, where: string): VerificationKey => {
  const text = given.trim();
  const key = text.startsWith(PEM_PUBLIC) ? parseSigstoreKey(text) : (parseMinisignKey(text) ?? parseSshKey(text));
  if (key !== undefined) return key;
  if (/PRIVATE KEY|minisign (encrypted )?secret key|^RW(RTY0Iy|QAAEIy)/.test(text))
    throw invalid(`${where} is a secret key: give the public one, and make a new pair, since this one has left its place`);
  throw invalid(
    text.startsWith(PEM_PUBLIC)
      ? `${where} is no public key of ECDSA on P-256 or P-384, or of ed25519, as cosign generate-key-pair makes it`
      : `${where} is no public key of minisign (RW…), of ssh-ed25519 (ssh-ed25519 AAAA…) or of cosign (${PEM_PUBLIC})`,
  );
};

/** The keys of a file as minisign, ssh-keygen or cosign writes it, or one on a line; comments and empty lines are passed over. */
const parseKeyFile = (text: string, path: string): readonly VerificationKey[] => {
  const keys: VerificationKey[] = [];
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line.trim() === '' || /^\s*#/.test(line) || line.startsWith('untrusted comment: minisign public key')) continue;
    const where = `${path}:${at + 1}`;
    const end = line.startsWith(PEM_BEGIN) ? lines.findIndex((each, index) => index > at && each.startsWith('-----END ')) : at;
    keys.push(parseKey(lines.slice(at, end === -1 ? undefined : end + 1).join('\n'), where));
    if (end === -1) break;
    at = end;
  }
  return keys;
};

/** Every key that a source may be signed by. Files are read each time, so that a key that is replaced needs no restart. */
export const readVerificationKeys = async ({
  keys,
  keyFiles,
  tuf,
}: Pick<SourceDefinition, 'keys' | 'keyFiles' | 'tuf'>): Promise<readonly VerificationKey[]> => {
  if (tuf !== undefined) return [await readTufKey(tuf)];
  const own = keys.map((text, index) => parseKey(text, `spec.verification.keys[${index}]`));
  const read: VerificationKey[] = [...own];
  for (const path of keyFiles) read.push(...parseKeyFile(await readKeyFile(path), path));
  if (read.length === 0 && keyFiles.length > 0) throw invalid(`there is no public key in ${keyFiles.join(', ')}`);
  if (read.length > MAX_KEYS) throw invalid(`there are more than ${MAX_KEYS} keys`);
  return read;
};

const readTufKey = async ({ rootFile, target }: NonNullable<SourceDefinition['tuf']>): Promise<TufKey> => {
  const text = await readKeyFile(rootFile, MAX_ROOT_BYTES);
  try {
    const { version } = (await parseTufRoot(text)).signed;
    return { type: 'tuf', id: `root ${version} ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`, root: text, target };
  } catch (error) {
    throw invalid(`${rootFile} is no root.json of a TUF repository: ${describeError(error)}`);
  }
};

const readKeyFile = async (path: string, maxBytes = MAX_KEY_FILE_BYTES): Promise<string> => {
  try {
    return (await readRegular(path, { followLinks: true, maxBytes })).toString();
  } catch (error) {
    throw invalid(`cannot read the key file ${path}: ${describeError(error)}`);
  }
};

const invalid = (message: string): VerifiedSourceError => new VerifiedSourceError({ code: 'SOURCE_KEY_INVALID', message });
