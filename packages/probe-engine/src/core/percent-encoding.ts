/** A string of which each character is one byte: text as it goes onto the wire. */
export type ByteString = string;

/** Where in a URL the text stands. */
export type UrlPart = 'path' | 'userinfo' | 'host' | 'zone' | 'fragment';

export const isAscii = (text: string): boolean => !/[^\p{ASCII}]/u.test(text);

/** What Go's `stringContainsCTLByte` looks for. */
export const hasControlByte = (bytes: ByteString): boolean => /\p{Cc}/u.test(bytes.replace(/[\u0080-\u009f]/g, ''));

export const toBytes = (text: string): ByteString =>
  isAscii(text) ? text : Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');

export const toText = (bytes: ByteString): string =>
  isAscii(bytes) ? bytes : new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));

const PLAIN = /^[A-Za-z0-9\-_.~]$/;
const PLAIN_IN: Readonly<Record<UrlPart, string>> = {
  path: '$&+,/:;=@',
  userinfo: '$&+,;=',
  host: '!$&\'()*+,;=:[]<>"',
  zone: '!$&\'()*+,;=:[]<>"',
  fragment: '$&+,/:;=?@!()*',
};

const mustEscape = (byte: ByteString, part: UrlPart): boolean => !PLAIN.test(byte) && !PLAIN_IN[part].includes(byte);

/** Go's `escape` (net/url): everything but what may stand in this part of a URL as `%XX`. */
export const escapeBytes = (bytes: ByteString, part: UrlPart): ByteString =>
  bytes.replace(/[^A-Za-z0-9\-_.~]/g, (byte) =>
    mustEscape(byte, part) ? `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}` : byte,
  );

/** Go's `unescape` (net/url); undefined for what it calls an error. */
export const unescapeBytes = (bytes: ByteString, part: UrlPart): ByteString | undefined => {
  const inHost = part === 'host' || part === 'zone';
  if (/%(?![0-9A-Fa-f]{2})/.test(bytes)) return undefined;
  const valid = (bytes.match(/%..|[^%]/gs) ?? []).every((one) => {
    if (one.length === 1) return !(inHost && one < '\x80' && mustEscape(one, part));
    if (one === '%25' || !inHost) return true;
    const byte = String.fromCharCode(Number.parseInt(one.slice(1), 16));
    // In a host only bytes beyond ASCII may be escaped, in a zone all that may stand there anyway.
    return part === 'host' ? byte >= '\x80' : byte === ' ' || !mustEscape(byte, 'host');
  });
  if (!valid) return undefined;
  return bytes.replace(/%(..)/g, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
};

/** Whether a path is written in a way that Go leaves alone (`validEncoded`). */
export const isEncodedPath = (bytes: ByteString): boolean => /^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]*$/.test(bytes);

/** The same of a fragment, in which a `?` may stand too. */
export const isEncodedFragment = (bytes: ByteString): boolean => /^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%?]*$/.test(bytes);
