import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, it, vi } from 'vitest';
import { makeCertificate } from '../src/index.js';
import { ask, startApi } from './api.js';
import { createCa } from './certificates.js';

const DAY_MS = 86_400_000;

const servedBy = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });

/** Like an operator with an editor: the certificate is written in place, the key a moment later. */
const writePair = async (directory: string): Promise<void> => {
  const pair = await makeCertificate({ hostname: 'localhost', notBeforeMs: Date.now(), notAfterMs: Date.now() + DAY_MS });
  await writeFile(join(directory, 'kubelet.cert'), pair.certificatePem);
  await writeFile(join(directory, 'kubelet.key'), pair.keyPem);
};

it('serves with a changed certificate, and believes a changed client CA, long before the next regular look', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-reload-'));
  const [before, after] = await Promise.all([createCa(), createCa()]);
  const clientCaFile = join(directory, 'ca.crt');
  await writeFile(clientCaFile, before.certificatePem);
  await writePair(directory);
  await using test = await startApi({
    port: 0,
    clientCaFile,
    certificate: { certFile: join(directory, 'kubelet.cert'), keyFile: join(directory, 'kubelet.key'), certDirectory: directory },
  });
  const port = test.api.listeners.tls?.port ?? 0;
  const client = await after.issue('boss', 'system:masters');
  const status = async () => (await ask({ tls: true, port, path: '/healthz', ...client } as Parameters<typeof ask>[0])).status;
  const first = await servedBy(port);
  expect(await status()).toBe(401);

  await writePair(directory);
  await vi.waitFor(async () => expect(await servedBy(port)).not.toBe(first), { timeout: 10_000, interval: 50 });
  await writeFile(`${clientCaFile}.new`, after.certificatePem);
  await rename(`${clientCaFile}.new`, clientCaFile);
  await vi.waitFor(async () => expect(await status()).toBe(200), { timeout: 10_000, interval: 50 });
  await rm(directory, { recursive: true });
});
