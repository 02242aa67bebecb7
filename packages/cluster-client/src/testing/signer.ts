import { execFileSync } from 'node:child_process';
import type { ApiRequest } from '../api-client.js';

export const openssl = (directory: string, args: readonly string[], input?: string): string =>
  execFileSync('openssl', [...args], {
    cwd: directory,
    ...(input === undefined ? {} : { input }),
    stdio: ['pipe', 'pipe', 'ignore'],
  }).toString();

/** A server that signs what it is asked to for ten days, or says why not, or neither (`Pending`). */
export const signer = (directory: string, condition: 'Approved' | 'Denied' | 'Pending') => {
  const posted: { readonly request: string; readonly signerName: string; readonly usages: readonly string[] }[] = [];
  const requests: string[] = [];
  const now = { condition };
  // biome-ignore format: a flag and its value
  openssl(directory, ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key', '-subj', '/CN=ca',
    '-out', 'ca.crt', '-days', '10']);
  const request = async <T>({ method, body }: ApiRequest): Promise<T> => {
    const metadata = { name: `csr-${posted.length}`, uid: 'u' };
    if (method === 'POST') {
      const { spec } = body as { spec: (typeof posted)[number] };
      posted.push({ ...spec, request: Buffer.from(spec.request, 'base64').toString() });
      requests.push(posted.at(-1)!.request);
      return { metadata: { name: `csr-${posted.length}`, uid: 'u' } } as T;
    }
    if (now.condition === 'Pending') return { metadata } as T;
    const args = ['x509', '-req', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '10', '-copy_extensions', 'copy'];
    const pem = openssl(directory, args, posted.at(-1)?.request);
    const status = { conditions: [{ type: now.condition, message: 'm' }], certificate: Buffer.from(pem).toString('base64') };
    return { metadata, status } as T;
  };
  return {
    posted,
    /** In PEM. */
    requests,
    /** What it says from now on. */
    now,
    request,
    connect: () => ({ request, [Symbol.dispose]: () => {} }),
  };
};

export type Signer = ReturnType<typeof signer>;
