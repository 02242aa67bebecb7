import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepAdminKubeconfig } from './kubeconfig.js';
import { openNodeCa } from './node-ca.js';
import { servingPair } from './serving-pair.js';

const NOW = Date.parse('2026-11-29T00:00:00Z');
const DAY = 86_400_000;
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pki-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('is made once, and anew when its key does not fit or its time is nearly over', async () => {
  const first = await openNodeCa(directory, () => NOW);
  expect((await openNodeCa(directory, () => NOW)).certificatePem).toBe(first.certificatePem);
  expect((await stat(join(directory, 'ca.key'))).mode & 0o777).toBe(0o600);
  const later = await openNodeCa(directory, () => NOW + 3_300 * DAY);
  expect(later.certificatePem).not.toBe(first.certificatePem);
  await writeFile(join(directory, 'ca.key'), 'rubbish');
  expect((await openNodeCa(directory, () => NOW + 3_300 * DAY)).certificatePem).not.toBe(later.certificatePem);
});

it('signs clients with their user and groups', async () => {
  const ca = await openNodeCa(directory, () => NOW);
  const { certificatePem } = await ca.issueClient({ user: 'jane', groups: ['a', 'b'] });
  const certificate = new X509Certificate(certificatePem);
  expect(certificate.subject.split('\n')).toEqual(['CN=jane', 'O=a', 'O=b']);
  expect(certificate.verify(new X509Certificate(ca.certificatePem).publicKey)).toBe(true);
});

it('keeps a serving pair while it is good for every name, and renews it before it ends', async () => {
  const ca = await openNodeCa(directory, () => NOW);
  const first = await servingPair(directory, ca, ['node1', '127.0.0.1'], NOW);
  expect(await servingPair(directory, ca, ['127.0.0.1'], NOW)).toEqual(first);
  const more = await servingPair(directory, ca, ['node1', '192.0.2.1'], NOW);
  expect(more.certificatePem).not.toBe(first.certificatePem);
  expect((await servingPair(directory, ca, ['node1'], NOW + 300 * DAY)).certificatePem).not.toBe(more.certificatePem);
});

it('writes the kubeconfig of the administrator for him alone, and leaves a good one', async () => {
  const ca = await openNodeCa(directory, () => NOW);
  const path = join(directory, 'config');
  await keepAdminKubeconfig(path, ca, 'https://127.0.0.1:6443', NOW);
  const text = await readFile(path, 'utf8');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await keepAdminKubeconfig(path, ca, 'https://127.0.0.1:6443', NOW);
  expect(await readFile(path, 'utf8')).toBe(text);
  await keepAdminKubeconfig(path, ca, 'https://127.0.0.1:7443', NOW);
  expect(await readFile(path, 'utf8')).not.toBe(text);
});
