import type { Ingress, Secret } from '@solo-kubelet/object-spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certificateFault } from '../src/index.js';
import { ELLIPTIC, opensslPair } from './openssl-pair.js';
import { ask, installedProxies, startBackend, startProxy, tableOf } from './started-proxy.js';

interface Pair {
  readonly certificate: string;
  readonly key: string;
}
const pair = async (name: string, ...options: readonly string[]): Promise<Pair> => {
  const { certificatePem, keyPem } = await opensslPair([name], ...options);
  return { certificate: certificatePem, key: keyPem };
};
/** Certificates that may well come, and of which some are no use to a server. */
const sources = (): Promise<readonly Pair[]> =>
  Promise.all([
    pair('good'),
    pair('weak', '-newkey', 'rsa:1024'),
    pair('feeble', '-newkey', 'rsa:512'),
    pair('sha1', ...ELLIPTIC, '-sha1'),
    pair('odd-curve', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'),
    pair('small-curve', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime192v1'),
    pair('ed25519', '-newkey', 'ed25519'),
  ]);

describe.each(installedProxies)('Secrets of Ingresses in %s', (proxyName) => {
  it('whatever they hold, all others are served what is new', { timeout: 120_000 }, async () => {
    const pairs = await sources();
    const texts = pairs.flatMap(({ certificate, key }) => [certificate, key]);
    const piece = fc.oneof(
      fc.constantFrom(...texts),
      fc.constantFrom(
        '',
        '\n',
        'ssl-engine x\n',
        'crt /etc/passwd\n',
        '-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n',
      ),
      fc.string({ maxLength: 40 }),
      fc
        .tuple(fc.constantFrom(...texts), fc.nat(900), fc.string({ maxLength: 3 }))
        .map(([text, at, other]) => text.slice(0, at) + other + text.slice(at + 3)),
    );
    const drawn = fc.sample(
      fc.oneof(
        fc.constantFrom(...pairs),
        fc.record({
          certificate: fc.array(piece, { maxLength: 3 }).map((all) => all.join('')),
          key: fc.array(piece, { maxLength: 2 }).map((all) => all.join('')),
        }),
        fc.tuple(fc.constantFrom(...pairs), piece).map(([one, more]) => ({ certificate: one.certificate + more, key: one.key })),
        fc.tuple(fc.constantFrom(...pairs), piece).map(([one, more]) => ({ certificate: more + one.certificate, key: more + one.key })),
      ),
    );
    const all = [...pairs, ...drawn];
    // The fuzzer is worth something only if it comes to both ends.
    const faults = all.map(({ certificate, key }) => certificateFault(certificate, key));
    expect(faults.filter((fault) => fault === undefined).length).toBeGreaterThan(5);
    expect(faults.filter((fault) => fault !== undefined).length).toBeGreaterThan(5);
    for (const fault of faults) expect(fault ?? '').not.toMatch(/BEGIN|PRIVATE KEY/);

    await using web = await startBackend('web');
    const own = await pair('own');
    await using proxy = await startProxy(async () => ({ certificatePem: own.certificate, keyPem: own.key }), { proxy: proxyName });
    const secrets: Secret[] = all.map(({ certificate, key }, index) => ({
      metadata: { name: `s${index}`, namespace: 'shop' },
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': Buffer.from(certificate).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') },
    }));
    const ingresses: Ingress[] = secrets.map(({ metadata: { name } }) => ({
      metadata: { name, namespace: 'shop' },
      spec: {
        tls: [{ hosts: [`${name}.example`], secretName: name }],
        rules: [
          {
            host: `${name}.example`,
            http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
          },
        ],
      },
    }));
    expect(await proxy.apply(tableOf({ ingresses, servers: { web: [web.port] }, secrets }))).toMatchObject({ type: 'applied' });
    for (const name of ['s0', `s${all.length - 1}`]) {
      expect(await ask(proxy.httpsPort, `${name}.example`, '/', { tls: true })).toMatchObject({ status: 200 });
    }
  });
});
