import { createHash } from 'node:crypto';

const MAGIC = Buffer.from('solo-kubelet code cache 1\n', 'latin1');
const HASH_BYTES = 32;

const hashOf = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** What a file of a code cache holds: which format it is, the sha256 of what V8 compiled, and that. */
export const sealed = (compiled: Uint8Array): Buffer => Buffer.concat([MAGIC, hashOf(compiled), compiled]);

/** What V8 compiled, of a file's content; undefined for one that is cut off, changed, or another's. */
export const unsealed = (content: Buffer): Buffer | undefined => {
  const begin = MAGIC.length + HASH_BYTES;
  if (content.length <= begin || !content.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const compiled = content.subarray(begin);
  return hashOf(compiled).equals(content.subarray(MAGIC.length, begin)) ? compiled : undefined;
};
