import { expect, it } from 'vitest';
import { cipherChoice } from './cipher-suites.js';

it("translates Go's names and tells which it does not know", () => {
  expect(cipherChoice(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ROT13', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'])).toEqual({
    ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305',
    unknown: ['TLS_ROT13'],
  });
  expect(cipherChoice([])).toEqual({ ciphers: undefined, unknown: [] });
});
