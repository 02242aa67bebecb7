import { MAX_MANIFEST_BYTES } from '@solo-kubelet/manifest-source';
import type { Stanza } from 'age-encryption';
import { SecretError } from './secret-error.js';

/** Recipients of one file. Each costs a key exchange before anything of the file is known to be sound. */
export const MAX_RECIPIENTS = 32;

/** Bytes in which the header of a file must end: 32 recipients of the largest kind (post-quantum, 1.6 KB each). */
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * The text of a manifest that is encrypted with age in ASCII armor, by any of the identities (`AGE-SECRET-KEY-1…`).
 * @throws SecretError SECRET_FOREIGN, SECRET_DAMAGED, SECRET_TOO_LARGE
 */
export const decryptManifest = async (content: Uint8Array, identities: readonly string[]): Promise<Uint8Array> => {
  if (content.length > MAX_MANIFEST_BYTES) throw tooLarge();
  // Loaded on first use: a node without an encrypted manifest does not pay for it.
  const { armor, Decrypter } = await import('age-encryption');
  const file = dearmor(content, armor.decode);
  const decrypter = new Decrypter();
  decrypter.addIdentity({ unwrapFileKey: refuse });
  for (const identity of identities) decrypter.addIdentity(identity);
  decrypter.addIdentity({ unwrapFileKey: foreign });
  try {
    return await decrypter.decrypt(file);
  } catch (error) {
    throw error instanceof SecretError ? error : damaged();
  }
};

/**
 * A text encrypted for every one of the recipients (`age1…`), in ASCII armor.
 * @throws SecretError SECRET_RECIPIENT, SECRET_TOO_LARGE
 */
export const encryptManifest = async (text: Uint8Array, recipients: readonly string[]): Promise<string> => {
  const { armor, Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  const all = [...new Set(recipients)];
  if (all.length === 0) throw new SecretError({ code: 'SECRET_RECIPIENT', message: 'there is nobody to encrypt for' });
  if (all.length > MAX_RECIPIENTS)
    throw new SecretError({ code: 'SECRET_RECIPIENT', message: `a file is encrypted for ${MAX_RECIPIENTS} recipients at most` });
  for (const recipient of all) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      // What was given may be a secret key by mistake, so it is not shown.
      throw new SecretError({
        code: 'SECRET_RECIPIENT',
        message: recipient.startsWith('AGE-SECRET-KEY-')
          ? 'a recipient is a secret key: give the public one, which begins with age1'
          : 'a recipient is not one of age: those begin with age1 and are printed by "kubelet-cli secret keygen"',
      });
    }
  }
  const encrypted = armor.encode(await encrypter.encrypt(text));
  if (encrypted.length > MAX_MANIFEST_BYTES) throw tooLarge();
  return encrypted;
};

const dearmor = (content: Uint8Array, decode: (text: string) => Uint8Array): Uint8Array => {
  const text = new TextDecoder().decode(content);
  if (text.startsWith('age-encryption.org/'))
    throw new SecretError({ code: 'SECRET_DAMAGED', message: 'it is encrypted, but not in ASCII armor: encrypt it with age --armor' });
  let file: Uint8Array;
  try {
    file = decode(text);
  } catch {
    throw damaged();
  }
  if (Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, MAX_HEADER_BYTES)).indexOf('\n---') < 0) throw damaged();
  return file;
};

/** Stops before any key is tried. A passphrase may ask for as much work as its writer likes, and has no place on a machine that starts by itself. */
const refuse = (stanzas: readonly Stanza[]): null => {
  if (stanzas.some(({ args }) => args[0] === 'scrypt'))
    throw new SecretError({
      code: 'SECRET_FOREIGN',
      message: 'it is encrypted by a passphrase: encrypt it for the recipient that "kubelet-cli secret keygen" prints',
    });
  if (stanzas.length > MAX_RECIPIENTS)
    throw new SecretError({ code: 'SECRET_FOREIGN', message: `it is encrypted for more than ${MAX_RECIPIENTS} recipients` });
  return null;
};

/** Comes last, when no identity fits. */
const foreign = (): never => {
  throw new SecretError({
    code: 'SECRET_FOREIGN',
    message: 'it is encrypted for somebody else: encrypt it for the recipient of this node, which "kubelet-cli secret keygen" prints',
  });
};

const damaged = (): SecretError =>
  new SecretError({ code: 'SECRET_DAMAGED', message: 'it is encrypted, but damaged or cut off: put the whole file in place again' });

const tooLarge = (): SecretError =>
  new SecretError({
    code: 'SECRET_TOO_LARGE',
    message: `it has more than ${MAX_MANIFEST_BYTES} bytes when encrypted: split it into several files`,
  });
