import { createHash } from 'node:crypto';
import { directoryFiles, isPackedDirectory, unpackDirectory } from '../core/directory-answer.js';
import type { SourceDefinition } from '../core/source-definition.js';
import type { VerificationKey } from './verification-keys.js';
import { type DetachedSignature, type Verification, verifyAnswer } from './verify-answer.js';

/** Whether what came from a place is what its source requires: of a directory, its list of sums is, and each of its files has the sum that the list says. */
export const verifyContent = async (
  source: Pick<SourceDefinition, 'url' | 'require' | 'hash' | 'sshNamespace'>,
  content: Uint8Array,
  signature: DetachedSignature | undefined,
  keys: readonly VerificationKey[],
): Promise<Verification> => {
  if (!isPackedDirectory(source, content)) return verifyAnswer(source, content, signature, keys);
  const refused = (reason: 'ListInvalid' | 'HashMismatch', message: string): Verification => ({ ok: false, reason, message });
  const directory = unpackDirectory(content);
  if (directory === undefined) return refused('ListInvalid', 'it is no directory');
  const verified = await verifyAnswer(source, directory.list, signature, keys);
  if (!verified.ok) return verified;
  const found = directoryFiles(directory);
  if (!found.ok) return refused('ListInvalid', found.message);
  for (const file of found.files) {
    const hex = createHash('sha256').update(file.content).digest('hex');
    if (hex !== file.hex)
      return refused('HashMismatch', `the sha256 of ${JSON.stringify(file.name)} is ${hex}, not ${file.hex} as its list says`);
  }
  return verified;
};
