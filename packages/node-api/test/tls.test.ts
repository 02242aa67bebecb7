import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../src/tls/make-certificate.js';
import { servingCertificate } from '../src/tls/serving-certificate.js';

const DAY_MS = 86_400_000;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-pki-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('servingCertificate', () => {
  const at = (nowMs: number, hostname = 'shop-floor') =>
    servingCertificate({ certDirectory: directory, hostname, alternativeNames: ['127.0.0.1'], now: () => nowMs });

  it('makes a pair once, with the key for root only, and uses it again', async () => {
    const now = Date.now();
    const first = await at(now);
    const certificate = new X509Certificate(first!.certificatePem);
    expect(certificate.checkHost('shop-floor')).toBe('shop-floor');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect((await stat(join(directory, 'kubelet.key'))).mode & 0o777).toBe(0o600);
    expect(await at(now + DAY_MS)).toEqual(first);
  });

  it('makes a new one well before the old one expires', async () => {
    const now = Date.now();
    const first = await at(now);
    expect(await at(now + 300 * DAY_MS)).not.toEqual(first);
  });

  it('makes a new one for a new host name, and in place of an unreadable one', async () => {
    const first = await at(Date.now());
    expect(await at(Date.now(), 'other')).not.toEqual(first);
    await writeFile(join(directory, 'kubelet.key'), 'broken');
    expect((await at(Date.now(), 'other'))?.keyPem).toContain('PRIVATE KEY');
  });

  it('keeps a pair that an operator put there, whatever its name, and never writes over its certificate', async () => {
    const pair = await makeCertificate({ hostname: 'elsewhere', notBeforeMs: Date.now(), notAfterMs: Date.now() + 30 * DAY_MS });
    await writeFile(join(directory, 'kubelet.crt'), pair.certificatePem);
    await writeFile(join(directory, 'kubelet.key'), pair.keyPem);
    expect(await at(Date.now())).toEqual(pair);
    await writeFile(join(directory, 'kubelet.key'), 'on its way');
    await expect(at(Date.now())).rejects.toMatchObject({ code: 'NODE_API_CERTIFICATE' });
    expect(await readFile(join(directory, 'kubelet.crt'), 'utf8')).toBe(pair.certificatePem);
  });

  it('uses a given pair, and refuses a key that belongs to another certificate', async () => {
    const [one, two] = await Promise.all(
      ['one', 'two'].map((hostname) => makeCertificate({ hostname, notBeforeMs: Date.now(), notAfterMs: Date.now() + DAY_MS })),
    );
    const certFile = join(directory, 'given.crt');
    const keyFile = join(directory, 'given.key');
    await writeFile(certFile, one?.certificatePem ?? '');
    await writeFile(keyFile, one?.keyPem ?? '');
    expect(await servingCertificate({ certFile, keyFile, certDirectory: directory, now: Date.now })).toEqual(one);
    await writeFile(keyFile, two?.keyPem ?? '');
    await expect(servingCertificate({ certFile, keyFile, certDirectory: directory, now: Date.now })).rejects.toMatchObject({
      code: 'NODE_API_CERTIFICATE',
    });
    expect(await readFile(certFile, 'utf8')).toBe(one?.certificatePem);
  });

  it('serves with what the cluster signed once it is there, before that with a given pair or not at all, and makes none', async () => {
    const make = (hostname: string) => makeCertificate({ hostname, notBeforeMs: Date.now(), notAfterMs: Date.now() + DAY_MS });
    const [given, signed] = await Promise.all([make('given'), make('signed')]);
    const signedFile = join(directory, 'kubelet-server-current.pem');
    const options = { signedFile, certDirectory: directory, now: Date.now };
    expect(await servingCertificate(options)).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
    const [certFile, keyFile] = [join(directory, 'given.crt'), join(directory, 'given.key')];
    await writeFile(certFile, given.certificatePem);
    await writeFile(keyFile, given.keyPem);
    expect(await servingCertificate({ ...options, certFile, keyFile })).toEqual(given);
    const both = `${signed.certificatePem}${signed.keyPem}`;
    await writeFile(signedFile, both);
    expect(await servingCertificate({ ...options, certFile, keyFile })).toEqual({ certificatePem: both, keyPem: both });
    await writeFile(signedFile, 'half of it');
    await expect(servingCertificate(options)).rejects.toMatchObject({ code: 'NODE_API_CERTIFICATE' });
  });
});
