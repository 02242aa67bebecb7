/** Bytes in which an encrypted file says what it is; white space may stand before. */
const HEAD_BYTES = 256;

/** Whether a manifest is a file that is encrypted with age: in ASCII armor, or as bytes, which no manifest may be. */
export const isEncryptedManifest = (source: string | Uint8Array): boolean => {
  const head = typeof source === 'string' ? source.slice(0, HEAD_BYTES) : new TextDecoder().decode(source.subarray(0, HEAD_BYTES));
  return /^\uFEFF?\s*(-----BEGIN AGE ENCRYPTED FILE-----|age-encryption\.org\/v\d)/.test(head);
};

export const ENCRYPTED = 'the file is encrypted with age: only the kubelet whose identity it is encrypted for can read it';
