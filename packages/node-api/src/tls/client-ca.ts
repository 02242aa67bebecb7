import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { NodeApiError } from '../node-api-error.js';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * The certificates of a client CA file, one PEM text each. Other text and other PEM blocks are passed over, as upstream does
 * (client-go/util/cert). Without any there must be no listener: Node.js takes an empty list for its own root store.
 * @throws NodeApiError NODE_API_CLIENT_CA
 */
export const readClientCa = async (path: string): Promise<readonly string[]> => {
  const fail = (message: string, cause?: unknown): never => {
    throw new NodeApiError({ code: 'NODE_API_CLIENT_CA', message, hint: 'Check authentication.x509.clientCAFile.', cause });
  };
  const text = await readFile(path, 'utf8').catch((cause: unknown) => fail(`cannot read the client CA ${path}`, cause));
  const certificates = text.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) return fail(`the client CA ${path} holds no certificate in PEM`);
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      return fail(`certificate ${index + 1} of the client CA ${path} cannot be read`, cause);
    }
  }
  return certificates;
};
