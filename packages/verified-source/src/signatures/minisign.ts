import { createHash, type KeyObject } from 'node:crypto';
import { byteReader, readBase64 } from './bytes.js';
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES, ed25519Key, isSignedBy } from './ed25519.js';

// Formats: https://jedisct1.github.io/minisign/#signature-format and #public-key-format.

export interface MinisignKey {
  readonly type: 'minisign';
  /** Key number, 16 hexadecimal digits as minisign shows it. */
  readonly id: string;
  readonly key: KeyObject;
}

export interface MinisignSignature {
  readonly keyId: string;
  /** Whether the BLAKE2b hash of the content is signed, and not the content. */
  readonly prehashed: boolean;
  readonly signature: Uint8Array;
  readonly trustedComment: string;
  readonly globalSignature: Uint8Array;
}

const KEY_ID_BYTES = 8;
const MAX_COMMENT_CHARACTERS = 8_192;

/** The one line of a public key, without its comment; undefined where it is none. */
export const parseMinisignKey = (text: string): MinisignKey | undefined => {
  const bytes = readBase64(text);
  if (bytes === undefined || bytes.length !== 2 + KEY_ID_BYTES + ED25519_KEY_BYTES) return undefined;
  const reader = byteReader(bytes);
  if (Buffer.from(reader.take(2)).toString('latin1') !== 'Ed') return undefined;
  return { type: 'minisign', id: shownId(reader.take(KEY_ID_BYTES)), key: ed25519Key(reader.take(ED25519_KEY_BYTES)) };
};

/** A `.minisig` file. @throws Error that says what is wrong with it */
export const parseMinisignSignature = (text: string): MinisignSignature => {
  const [untrusted = '', encoded = '', trusted = '', encodedGlobal = '', ...rest] = text.split(/\r?\n/);
  if (!untrusted.startsWith('untrusted comment:') || !trusted.startsWith('trusted comment: ') || rest.some((line) => line !== '')) {
    throw new Error('it is no minisign signature of four lines');
  }
  if (trusted.length > MAX_COMMENT_CHARACTERS) throw new Error('its trusted comment is too long');
  const [bytes, globalSignature] = [readBase64(encoded), readBase64(encodedGlobal)];
  if (bytes?.length !== 2 + KEY_ID_BYTES + ED25519_SIGNATURE_BYTES || globalSignature?.length !== ED25519_SIGNATURE_BYTES) {
    throw new Error('its second or fourth line is no signature');
  }
  const reader = byteReader(bytes);
  const algorithm = Buffer.from(reader.take(2)).toString('latin1');
  if (algorithm !== 'ED' && algorithm !== 'Ed') throw new Error('its algorithm is not known');
  return {
    keyId: shownId(reader.take(KEY_ID_BYTES)),
    prehashed: algorithm === 'ED',
    signature: reader.take(ED25519_SIGNATURE_BYTES),
    trustedComment: trusted.slice('trusted comment: '.length),
    globalSignature,
  };
};

/** Whether content and trusted comment are as they were signed. */
export const verifyMinisign = (
  content: Uint8Array,
  { prehashed, signature, trustedComment, globalSignature }: MinisignSignature,
  { key }: MinisignKey,
): boolean => {
  const signed = prehashed ? createHash('blake2b512').update(content).digest() : content;
  return isSignedBy(key, signed, signature) && isSignedBy(key, Buffer.concat([signature, Buffer.from(trustedComment)]), globalSignature);
};

/** The time of signing in a trusted comment as minisign writes it by itself, s since 1970. */
export const signedAtSeconds = (trustedComment: string): number | undefined => {
  const digits = /(?:^|\t)timestamp:(\d{1,15})(?:\t|$)/.exec(trustedComment)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Stored with the lowest byte first, shown as a number. */
const shownId = (bytes: Uint8Array): string => Buffer.from(bytes).reverse().toString('hex').toUpperCase();
