import { expect, it } from 'vitest';
import { opensslCiphers, unknownCiphers } from './cipher-suites.js';

const TLS_13 = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

it("translates Go's names, in their order; the suites of TLS 1.3 are there whatever is chosen", () => {
  const chosen = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'];
  expect(opensslCiphers(chosen)).toBe(`ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:${TLS_13}`);
  expect(opensslCiphers(['TLS_AES_128_GCM_SHA256'])).toBe(TLS_13);
  expect(opensslCiphers([])).toBeUndefined();
});

it('names those that nobody knows, and those that OpenSSL has given up', () => {
  expect(unknownCiphers(['TLS_ROT13', 'TLS_RSA_WITH_RC4_128_SHA', 'TLS_AES_128_GCM_SHA256'])).toEqual([
    "Cipher suite TLS_ROT13 not supported or doesn't exist",
    "Cipher suite TLS_RSA_WITH_RC4_128_SHA not supported or doesn't exist",
  ]);
});
