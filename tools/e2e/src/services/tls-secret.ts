import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Secret with a key, and a certificate that it signs itself for some names. */
export const tlsSecret = async (name: string, namespace: string, hosts: readonly string[]): Promise<object> => {
  const directory = await mkdtemp(join(tmpdir(), 'tls-'));
  try {
    const [key, certificate] = [join(directory, 'tls.key'), join(directory, 'tls.crt')];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
    const subject = ['-subj', `/CN=${hosts[0]}`, '-addext', `subjectAltName=${hosts.map((host) => `DNS:${host}`).join()}`];
    await run('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', certificate, ...subject]);
    const stringData = { 'tls.crt': await readFile(certificate, 'utf8'), 'tls.key': await readFile(key, 'utf8') };
    return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name, namespace }, stringData };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
