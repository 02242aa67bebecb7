import { fromBase64 } from '../kinds/bytes.js';

interface PemBlock {
  readonly type: string;
  readonly body: string;
}

const pemForm = /-----BEGIN ([^\n-][^\n]{0,99}?)-----[ \t]{0,99}\r?\n((?:(?!-----)[^\n]*\r?\n)*?)-----END \1-----/g;

const pemBlocks = (base64: string): readonly PemBlock[] =>
  [...new TextDecoder().decode(fromBase64(base64)).matchAll(pemForm)].map(([, type = '', body = '']) => ({ type, body }));

const isKeyType = (type: string): boolean => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY');

const skipped = (blocks: readonly PemBlock[]): string => `[${blocks.map(({ type }) => type).join(' ')}]`;

/** What is wrong with certificate and key of a TLS Secret, as far as their PEM form shows it, in the words of Go's tls.X509KeyPair. */
export const tlsPairWarning = (certificate: string, key: string): string | undefined => {
  const certificates = pemBlocks(certificate);
  if (certificates.length === 0) return 'tls: failed to find any PEM data in certificate input';
  if (!certificates.some(({ type }) => type === 'CERTIFICATE')) {
    if (certificates.length === 1 && certificates[0]!.type.endsWith('PRIVATE KEY')) {
      return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched';
    }
    return `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: ${skipped(certificates)}`;
  }
  const keys = pemBlocks(key);
  if (keys.length === 0) return 'tls: failed to find any PEM data in key input';
  if (!keys.some(({ type }) => isKeyType(type))) {
    if (keys.length === 1 && keys[0]!.type === 'CERTIFICATE') {
      return 'tls: found a certificate rather than a key in the PEM for the private key';
    }
    return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: ${skipped(keys)}`;
  }
  return undefined;
};
