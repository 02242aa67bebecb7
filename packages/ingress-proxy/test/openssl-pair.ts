import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CertificatePair } from '../src/index.js';

const run = promisify(execFile);

export const ELLIPTIC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** A key, and a certificate that it signs itself for some names, as openssl makes them. `options`: of `openssl req`; default an elliptic key. */
export const opensslPair = async (names: readonly string[], ...options: readonly string[]): Promise<CertificatePair> => {
  const directory = await mkdtemp(join(tmpdir(), 'pair-'));
  try {
    const [key, certificate] = [join(directory, 'tls.key'), join(directory, 'tls.crt')];
    const subject = ['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join()}`];
    const kind = options.length === 0 ? ELLIPTIC : options;
    await run('openssl', ['req', '-x509', '-nodes', '-days', '365', ...kind, '-keyout', key, '-out', certificate, ...subject]);
    return { certificatePem: await readFile(certificate, 'utf8'), keyPem: await readFile(key, 'utf8') };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

/** The same certificate with a date that none is for its end: nothing but the signature is wrong beside that. */
export const undated = (certificatePem: string): string =>
  certificatePem.replace(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/, (_, text: string) => {
    const der = Buffer.from(text, 'base64');
    // Two UTCTimes of 13 bytes, as `YYMMDDhhmmssZ`: the month of the second.
    const dates = der.indexOf(Buffer.from([0x17, 0x0d]));
    der.write('99', dates + 15 + 4, 'latin1');
    return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----`;
  });
