import { createPublicKey, type JsonWebKey, verify, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../api/free-port.js';
import { kubeletCli } from '../cli/command-line.js';
import { STAY } from '../environment/looking.js';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

let node: TestNode;
beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  node = await startNode({ flags: ['--kube-api', `127.0.0.1:${port}`] });
});
afterAll(() => node?.[Symbol.asyncDispose]());

const cli = async (...argv: readonly string[]): Promise<string> => {
  const { status, stdout, stderr } = await kubeletCli([...argv, '--socket', join(node.bed.directory, 'kubelet.sock')]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
};
/** What a token says, if a key of the node has signed it. */
const verified = async (token: string): Promise<Readonly<Record<string, unknown>>> => {
  const [header = '', payload = '', signature = ''] = token.trim().split('.');
  const { keys } = JSON.parse(await cli('token', 'jwks')) as { readonly keys: readonly (JsonWebKey & { readonly kid: string })[] };
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { readonly kid: string };
  const jwk = keys.find((one) => one.kid === kid);
  if (jwk === undefined) throw new Error(`no key ${kid}`);
  const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' as const };
  expect(verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Readonly<Record<string, unknown>>;
};

it('Pods get tokens that others can verify, and new ones by a new key', async () => {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web' } };
  const volumes = [
    { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 600 } }] } },
  ];
  const pod = podManifest('web', {
    serviceAccountName: 'web',
    automountServiceAccountToken: true,
    containers: [script('app', STAY, { volumeMounts: [{ name: 'token', mountPath: '/token' }], securityContext: { runAsUser: 1000 } })],
    volumes,
  });
  await node.drop('web.yaml', { apiVersion: 'v1', kind: 'List', items: [pod, account] });
  const running = await node.pod('web', isRunning);
  const token = await node.exec('web', 'cat /token/token');
  expect(await verified(token)).toMatchObject({
    iss: 'https://node1',
    aud: ['vault'],
    sub: 'system:serviceaccount:default:web',
    'kubernetes.io': { namespace: 'default', pod: { name: 'web-node1', uid: running.metadata.uid }, serviceaccount: { name: 'web' } },
  });
  expect(JSON.parse(await cli('token', 'configuration'))).toMatchObject({
    issuer: 'https://node1',
    jwks_uri: 'https://node1/openid/v1/jwks',
  });
  expect((await node.exec('web', 'stat -L -c "%a %u" /token/token')).trim()).toBe('600 1000');

  const access = '/var/run/secrets/kubernetes.io/serviceaccount';
  expect(await verified(await node.exec('web', `cat ${access}/token`))).toMatchObject({ aud: ['https://node1'] });
  expect((await node.exec('web', `cat ${access}/namespace`)).trim()).toBe('default');
  expect(new X509Certificate(await node.exec('web', `cat ${access}/ca.crt`)).subject).not.toBe('');

  expect(await cli('token', 'rotate-key')).toMatch(/^tokens are signed by the key \S+ now\n$/);
  await verified(token);
  const next = await waitFor(
    async () => {
      const text = await node.exec('web', 'cat /token/token');
      return text === token ? undefined : text;
    },
    { what: 'a new token', timeoutMs: 40_000 },
  );
  await verified(next);
  const kidOf = (text: string): unknown => JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()).kid;
  expect(kidOf(next)).not.toBe(kidOf(token));
  // Neither a token nor what signs it is in a log.
  expect(node.kubelet().log()).not.toContain(token.split('.')[2]);
});
