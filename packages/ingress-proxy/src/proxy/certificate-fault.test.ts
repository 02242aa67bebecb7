import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { opensslPair, undated } from '../../test/openssl-pair.js';
import { certificateFault } from './own-certificates.js';

describe('certificateFault', () => {
  it('says the same of the same texts, and takes no text for another', async () => {
    const [one, two] = await Promise.all([opensslPair(['one.example']), opensslPair(['two.example'])]);
    for (let round = 0; round < 2; round += 1) {
      expect(certificateFault(one.certificatePem, one.keyPem)).toBeUndefined();
      expect(certificateFault(one.certificatePem, two.keyPem)).toBe('tls.key does not belong to tls.crt');
      expect(certificateFault(one.certificatePem.slice(0, -1), `${one.certificatePem.slice(-1)}${one.keyPem}`)).toBeUndefined();
      expect(certificateFault(`${one.certificatePem}${one.keyPem}`, '')).toBe('tls.key is no private key in PEM form without a passphrase');
    }
  });

  it('says of dates that are none that they cannot be read', async () => {
    const { certificatePem, keyPem } = await opensslPair(['one.example']);
    expect(new X509Certificate(undated(certificatePem)).validTo).toBe('Bad time value');
    expect(certificateFault(undated(certificatePem), keyPem)).toBe('tls.crt has dates that cannot be read');
  });

  it('finds out once what is asked for again and again', async () => {
    const { certificatePem, keyPem } = await opensslPair(['many.example']);
    const msOf = (rounds: number): number => {
      const { user: before } = process.cpuUsage();
      for (let i = 0; i < rounds; i += 1) certificateFault(certificatePem, keyPem);
      return (process.cpuUsage().user - before) / 1_000;
    };
    const first = msOf(1);
    // A thousand times costs less than a hundred of the first kind would.
    expect(msOf(1_000)).toBeLessThan(Math.max(100 * first, 100));
  });
});
