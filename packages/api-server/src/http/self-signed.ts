import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { parseIpAddress } from '@solo-kubelet/pod-spec/schema';

export interface CertificatePair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

const DAY_MS = 86_400_000;

/** Tags of DER (X.690) that a certificate is made of. */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  time: 0x18,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
};

const lengthOf = (length: number): readonly number[] => {
  if (length < 0x80) return [length];
  const bytes = length < 0x1_00 ? [length] : [length >> 8, length & 0xff];
  return [0x80 | bytes.length, ...bytes];
};
const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(TAG.sequence, ...parts);
/** A field with a number of its own around another value. */
const explicit = (number: number, value: Uint8Array): Buffer => der(0xa0 | number, value);
/** A bit string of whole bytes, or of as many bits as `unused` leaves. */
const bitString = (bytes: Uint8Array, unused = 0): Buffer => der(TAG.bitString, Buffer.from([unused]), bytes);
const TRUE = der(TAG.boolean, Buffer.from([0xff]));

/** An object identifier; its numbers are below 2^28. */
const oid = (text: string): Buffer => {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const base128 = (value: number): readonly number[] => {
    const groups = [value & 0x7f];
    for (let left = value >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  };
  return der(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
};

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const COMMON_NAME = '2.5.4.3';
const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ALTERNATIVE_NAMES = '2.5.29.17';
/** Signs what it serves (bit 0), and certificates (bit 5): its own. Two bits of the byte are beyond the last. */
const USAGES = { bits: 0b1000_0100, unused: 2 };

const nameOf = (commonName: string): Buffer => sequence(der(TAG.set, sequence(oid(COMMON_NAME), der(TAG.utf8, Buffer.from(commonName)))));

/** Two digits for the year until 2050, four after (RFC 5280, 4.1.2.5). */
const timeOf = (ms: number): Buffer => {
  const digits = `${new Date(ms).toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
  return digits < '2050' ? der(TAG.utcTime, Buffer.from(digits.slice(2))) : der(TAG.time, Buffer.from(digits));
};

const extension = (id: string, critical: boolean, value: Uint8Array): Buffer =>
  sequence(oid(id), ...(critical ? [TRUE] : []), der(TAG.octetString, value));

const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;
const alternativeName = (name: string): Buffer =>
  isIP(name) === 0 ? der(DNS_NAME, Buffer.from(name)) : der(IP_ADDRESS, Buffer.from(addressBytes(name)));

/** Four bytes, or sixteen of IPv6. */
const addressBytes = (address: string): Uint8Array => {
  const bytes = (parseIpAddress(address) ?? []).flatMap((group) => [group >> 8, group & 0xff]);
  return Uint8Array.from(isIP(address) === 4 ? bytes.slice(-4) : bytes);
};

const pem = (label: string, bytes: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;

/**
 * A P-256 key and a certificate for these names that signs itself, good for a year (RFC 5280). Written here: a library that can write any certificate
 * takes longer to load than the rest of the server.
 */
export const makeSelfSigned = (names: readonly string[], nowMs: number): CertificatePair => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = nameOf(names[0] ?? 'localhost');
  // A first byte below 0x80 keeps the number positive, one above zero keeps it short.
  const serialNumber = Buffer.concat([Buffer.from([1]), randomBytes(15)]);
  const extensions = sequence(
    extension(BASIC_CONSTRAINTS, true, sequence(TRUE)),
    extension(KEY_USAGE, true, bitString(Buffer.from([USAGES.bits]), USAGES.unused)),
    extension(EXTENDED_KEY_USAGE, false, sequence(oid(SERVER_AUTH))),
    extension(ALTERNATIVE_NAMES, false, sequence(...names.map(alternativeName))),
  );
  const toBeSigned = sequence(
    explicit(0, der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, serialNumber),
    ECDSA_WITH_SHA256,
    name,
    sequence(timeOf(nowMs - DAY_MS), timeOf(nowMs + 365 * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, extensions),
  );
  const certificate = sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(sign('sha256', toBeSigned, privateKey)));
  return { certificatePem: pem('CERTIFICATE', certificate), keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
};
