import { describeError } from '@solo-kubelet/diagnostics';
import { readRegular } from '@solo-kubelet/untrusted-files';
import type { SourceDefinition } from './core/source-definition.js';
import { type MinisignKey, parseMinisignKey } from './minisign.js';
import { parseSshKey, type SshKey } from './ssh-signature.js';
import { VerifiedSourceError } from './verified-source-error.js';

export type VerificationKey = MinisignKey | SshKey;

/** More than a change of keys needs. */
const MAX_KEYS = 32;
const MAX_KEY_FILE_BYTES = 64 * 1024;

/** A public key of minisign or ssh (ed25519) from one line. @throws VerifiedSourceError SOURCE_KEY_INVALID */
const parseKey = (line: string, where: string): VerificationKey => {
  const key = parseMinisignKey(line.trim()) ?? parseSshKey(line.trim());
  if (key !== undefined) return key;
  const secret = /PRIVATE KEY|minisign (encrypted )?secret key|^RW(RTY0Iy|QAAEIy)/.test(line);
  throw invalid(
    secret
      ? `${where} is a secret key: give the public one, and make a new pair, since this one has left its place`
      : `${where} is no public key of minisign (RW…) or of ssh-ed25519 (ssh-ed25519 AAAA…)`,
  );
};

/** The keys of a file as minisign or ssh-keygen writes it, or one on a line; comments and empty lines are passed over. */
const parseKeyFile = (text: string, path: string): readonly VerificationKey[] =>
  text.split(/\r?\n/).flatMap((line, index) => {
    const isComment = line.trim() === '' || /^\s*#/.test(line) || line.startsWith('untrusted comment: minisign public key');
    return isComment ? [] : [parseKey(line, `${path}:${index + 1}`)];
  });

/** Every key that a source may be signed by. Files are read each time, so that a key that is replaced needs no restart. */
export const readVerificationKeys = async ({
  keys,
  keyFiles,
}: Pick<SourceDefinition, 'keys' | 'keyFiles'>): Promise<readonly VerificationKey[]> => {
  const own = keys.map((text, index) => parseKey(text, `spec.verification.keys[${index}]`));
  const read: VerificationKey[] = [...own];
  for (const path of keyFiles) read.push(...parseKeyFile(await readKeyFile(path), path));
  if (read.length === 0 && keyFiles.length > 0) throw invalid(`there is no public key in ${keyFiles.join(', ')}`);
  if (read.length > MAX_KEYS) throw invalid(`there are more than ${MAX_KEYS} keys`);
  return read;
};

const readKeyFile = async (path: string): Promise<string> => {
  try {
    return (await readRegular(path, { followLinks: true, maxBytes: MAX_KEY_FILE_BYTES })).toString();
  } catch (error) {
    throw invalid(`cannot read the key file ${path}: ${describeError(error)}`);
  }
};

const invalid = (message: string): VerifiedSourceError => new VerifiedSourceError({ code: 'SOURCE_KEY_INVALID', message });
