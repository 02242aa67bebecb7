/** A new P-256 key, and a request for a certificate of it for hosts. The libraries are loaded when they are first needed. */
export const makeRequest = async (hosts: readonly string[]): Promise<{ readonly requestDer: Buffer; readonly keyPem: string }> => {
  await import('reflect-metadata');
  const [x509, { webcrypto }] = await Promise.all([import('@peculiar/x509'), import('node:crypto')]);
  x509.cryptoProvider.set(webcrypto as unknown as ReturnType<typeof x509.cryptoProvider.get>);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys: keys as Parameters<typeof x509.Pkcs10CertificateRequestGenerator.create>[0]['keys'],
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: 'dns', value })))],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { requestDer: Buffer.from(request.rawData), keyPem: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n` };
};
