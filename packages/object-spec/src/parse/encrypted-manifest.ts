/** Bytes in which an encrypted file says what it is; white space may stand before. */
const HEAD_BYTES = 256;

/** Whether a manifest is a file that is encrypted: with age as a whole (in ASCII armor, or as bytes, which no manifest may be), or by SOPS. */
export const isEncryptedManifest = (source: string | Uint8Array): boolean => isAgeFile(source) || isSopsManifest(source);

/** Whether the values of a manifest are encrypted by SOPS, which leaves names and structure in clear. */
export const isSopsManifest = (source: string | Uint8Array): boolean => {
  const text = typeof source === 'string' ? source : new TextDecoder('latin1').decode(source);
  if (!text.includes('ENC[AES256_GCM,')) return false;
  return /^sops:/m.test(text) || (/^\s*\{/.test(text) && /"sops"[ \t]*:/.test(text));
};

const isAgeFile = (source: string | Uint8Array): boolean => {
  const head = typeof source === 'string' ? source.slice(0, HEAD_BYTES) : new TextDecoder().decode(source.subarray(0, HEAD_BYTES));
  return /^\uFEFF?\s*(-----BEGIN AGE ENCRYPTED FILE-----|age-encryption\.org\/v\d)/.test(head);
};

/** Why an encrypted manifest cannot be read by whoever has no identity. */
export const encryptedMessage = (source: string | Uint8Array): string =>
  isAgeFile(source)
    ? 'the file is encrypted with age: only the kubelet whose identity it is encrypted for can read it'
    : 'the values of the file are encrypted by SOPS: only the kubelet whose identity they are encrypted for can read them';
