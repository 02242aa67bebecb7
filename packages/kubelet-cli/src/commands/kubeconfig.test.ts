import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubeconfigText, openNodeCa } from '@solo-kubelet/kube-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeIo } from '../../test/fake-io.js';
import { kubeconfig } from './kubeconfig.js';

let rootDirectory: string;
beforeEach(async () => {
  rootDirectory = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
afterEach(() => rm(rootDirectory, { recursive: true, force: true }));

const serve = async (server = 'https://127.0.0.1:6443'): Promise<string> => {
  await mkdir(join(rootDirectory, 'api'));
  const ca = await openNodeCa(join(rootDirectory, 'api'), Date.now);
  const pair = await ca.issueClient({ user: 'solo-admin', groups: ['system:masters'] });
  const text = kubeconfigText({ server, caPem: ca.certificatePem, user: 'solo-admin', pair });
  await writeFile(join(rootDirectory, 'api/admin.kubeconfig'), text);
  return text;
};
const printed = async (options: Partial<Parameters<typeof kubeconfig>[0]> = {}): Promise<string> => {
  const io = fakeIo();
  expect(await kubeconfig({ groups: [], rootDirectory, ...options }, io)).toBe(0);
  return io.output();
};
const certificateOf = (text: string): X509Certificate => {
  const { users } = JSON.parse(text) as { users: { user: { 'client-certificate-data': string } }[] };
  return new X509Certificate(Buffer.from(users[0]?.user['client-certificate-data'] ?? '', 'base64'));
};

describe('kubeconfig', () => {
  it('is that of the administrator where no user is named', async () => {
    const text = await serve();
    expect(await printed()).toBe(text);
  });

  it('names a user and groups, signed by the CA of the node, for as long as told', async () => {
    await serve();
    const text = await printed({ user: 'jane', groups: ['solo-kubelet:read', 'shop'], validForMs: 3_600_000 });
    const certificate = certificateOf(text);
    expect(certificate.subject.split('\n').sort()).toEqual(['CN=jane', 'O=shop', 'O=solo-kubelet:read']);
    expect(Date.parse(certificate.validTo) - Date.now()).toBeLessThan(3_700_000);
    expect(text).toContain('https://127.0.0.1:6443');
    expect(text).not.toContain('solo-admin');
  });

  it('leads to another address of the node', async () => {
    await serve();
    expect(await printed({ user: 'jane', server: 'https://192.0.2.7:6443' })).toContain('https://192.0.2.7:6443');
  });

  it.each(['', 'a'.repeat(65), 'a\nb'])('is refused for the name %j', async (user) => {
    await serve();
    await expect(printed({ user })).rejects.toMatchObject({ code: 'CLI_USAGE' });
  });

  it('is refused for a time that no certificate has', async () => {
    await serve();
    await expect(printed({ user: 'jane', validForMs: 0 })).rejects.toMatchObject({ code: 'CLI_USAGE' });
  });

  it('makes no CA where no kubelet serves the API', async () => {
    await expect(printed({ user: 'jane' })).rejects.toMatchObject({ code: 'CLI_NOT_FOUND', hint: expect.stringContaining('--kube-api') });
  });
});
