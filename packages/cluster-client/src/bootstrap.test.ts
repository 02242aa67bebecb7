import { mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bootstrapKubeconfig } from './bootstrap.js';
import { ClusterError } from './cluster-error.js';
import { loadKubeconfig } from './kubeconfig.js';
import { openssl, type Signer, signer } from './testing/signer.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bootstrap-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const { signal } = new AbortController();
const options = async (connect: Signer['connect']) => {
  const bootstrapPath = join(directory, 'bootstrap.conf');
  const cluster = { server: 'https://a:6443', 'certificate-authority': 'ca.crt' };
  const contexts = [{ name: 'c', context: { cluster: 'k', user: 'u' } }];
  await writeFile(
    bootstrapPath,
    JSON.stringify({
      'current-context': 'c',
      clusters: [{ name: 'k', cluster }],
      users: [{ name: 'u', user: { token: 'a.b' } }],
      contexts,
    }),
  );
  return {
    bootstrapPath,
    kubeconfigPath: join(directory, 'kubelet.conf'),
    directory: join(directory, 'pki'),
    nodeName: 'box',
    connect,
    signal,
  };
};

it('asks for a certificate of the node once, and writes a kubeconfig that leads to the newest', async () => {
  const { requests, connect } = signer(directory, 'Approved');
  const asked = await options(connect);
  expect(await bootstrapKubeconfig(asked)).toBe(true);
  expect(openssl(directory, ['req', '-noout', '-subject', '-verify'], requests[0])).toMatch(/O ?= ?system:nodes, ?CN ?= ?system:node:box/);
  const kubeconfig = await loadKubeconfig(asked.kubeconfigPath);
  const pem = join(directory, 'pki', 'kubelet-client-current.pem');
  expect(kubeconfig).toMatchObject({
    server: 'https://a:6443',
    certificateAuthority: { path: join(directory, 'ca.crt') },
    clientCertificate: { certificate: { path: pem }, key: { path: pem } },
    token: undefined,
  });
  expect(await readFile(pem, 'utf8')).toMatch(/BEGIN CERTIFICATE[\s\S]*BEGIN PRIVATE KEY/);
  expect((await stat(await readlink(pem))).mode & 0o777).toBe(0o600);
  expect(await bootstrapKubeconfig(asked)).toBe(false);
  expect(requests).toHaveLength(1);
});

it('asks again when the certificate has expired', async () => {
  const { requests, connect } = signer(directory, 'Approved');
  const asked = await options(connect);
  await bootstrapKubeconfig(asked);
  expect(await bootstrapKubeconfig({ ...asked, wallNow: () => Date.now() + 11 * 86_400_000 })).toBe(true);
  expect(requests).toHaveLength(2);
  expect((await readdir(asked.directory)).filter((name) => /-\d\d\.pem$/.test(name))).toHaveLength(2);
});

it('says who denied it, and leaves nothing behind', async () => {
  const asked = await options(signer(directory, 'Denied').connect);
  await expect(bootstrapKubeconfig(asked)).rejects.toSatisfy(
    (error) =>
      ClusterError.is(error) &&
      error.message === 'certificate signing request csr-1: Denied: m' &&
      error.hint === 'kubectl certificate approve csr-1',
  );
  await expect(stat(asked.kubeconfigPath)).rejects.toThrow('ENOENT');
});
