import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNodeTokens } from './node-tokens.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokens-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const ISSUER = 'https://node1.example';
const open = (wallNow: () => number = Date.now) =>
  createNodeTokens({
    rootDirectory: directory,
    nodeName: 'node1',
    issuer: ISSUER,
    objects: { accountUid: (_namespace, name) => (name === 'none' ? undefined : `uid-of-${name}`) },
    logger: silentLogger,
    wallNow,
  });
const request = (audience = '') => ({
  namespace: 'default',
  serviceAccountName: 'web',
  audience,
  expirationSeconds: 600,
  pod: { name: 'web-node1', uid: 'u1' },
});
const verified = async (token: string, jwks: object, audience = ISSUER) =>
  (await jwtVerify(token, createLocalJWKSet(jwks as JSONWebKeySet), { issuer: ISSUER, audience, algorithms: ['ES256'] })).payload;

it('signs what another library verifies by the published keys', async () => {
  const tokens = await open();
  const payload = await verified(await tokens.token(request('vault')), tokens.jwks(), 'vault');
  expect(payload).toMatchObject({
    sub: 'system:serviceaccount:default:web',
    aud: ['vault'],
    'kubernetes.io': {
      namespace: 'default',
      pod: { name: 'web-node1', uid: 'u1' },
      serviceaccount: { name: 'web', uid: 'uid-of-web' },
      node: { name: 'node1', uid: 'node1' },
    },
  });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
  expect(payload.jti).toMatch(/^[0-9a-f-]{36}$/);
  expect(tokens.discovery()).toMatchObject({ issuer: ISSUER, jwks_uri: `${ISSUER}/openid/v1/jwks` });
  await expect(verified(await tokens.token(request()), (await open()).jwks(), 'vault')).rejects.toThrow('aud');
  await expect(tokens.token({ ...request(), serviceAccountName: 'none' })).rejects.toThrow('serviceaccounts "none" not found');
});

it('verifies what its own keys signed for its own name, and nothing else', async () => {
  const tokens = await open();
  const text = await tokens.token(request());
  expect(tokens.verify(text)).toMatchObject({ iss: ISSUER, sub: 'system:serviceaccount:default:web' });
  const [head = '', body = '', signature = ''] = text.split('.');
  const forged = Buffer.from(JSON.stringify({ iss: ISSUER, sub: 'system:serviceaccount:default:root' })).toString('base64url');
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none', kid: 'x' })).toString('base64url');
  const hmac = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(head, 'base64url').toString()), alg: 'HS256' })).toString(
    'base64url',
  );
  const bad = [
    '',
    'a.b.c',
    `${head}.${forged}.${signature}`,
    `${unsigned}.${body}.`,
    `${hmac}.${body}.${signature}`,
    `${text}.x`,
    `${head}.${body}.`,
  ];
  expect(bad.map((token) => tokens.verify(token))).toEqual(bad.map(() => undefined));
  expect(tokens.verify(tokens.sign({ iss: 'https://other.example' }))).toBeUndefined();
  await tokens.rotate();
  expect(tokens.verify(text)).toMatchObject({ iss: ISSUER });
});

it('gives the same token until 80 % of its life have gone', async () => {
  let now = Date.now();
  const tokens = await open(() => now);
  const first = await tokens.token(request());
  now += 460_000;
  expect(await tokens.token(request())).toBe(first);
  now += 30_000;
  expect(await tokens.token(request())).not.toBe(first);
});

it('keeps its key over restarts, for root alone, and verifies earlier tokens after a rotation', async () => {
  const tokens = await open();
  const first = await tokens.token(request());
  const path = join(directory, 'service-account-keys', '000001.pem');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await open()).jwks()).toEqual(tokens.jwks());
  const kid = await tokens.rotate();
  expect(tokens.jwks()).toMatchObject({ keys: [{ kid }, { kty: 'EC' }] });
  await verified(first, tokens.jwks());
  const again = await open();
  expect(again.jwks()).toEqual(tokens.jwks());
  await verified(first, again.jwks());
  await verified(await again.token(request()), tokens.jwks());
  // The private half of what signs no more has gone.
  expect((await readdir(join(directory, 'service-account-keys'))).sort()).toEqual(['000001.pub.pem', '000002.pem']);
});

it('sets a broken key aside and signs by a new one', async () => {
  await open();
  const path = join(directory, 'service-account-keys', '000001.pem');
  await writeFile(path, 'nonsense');
  const tokens = await open();
  await verified(await tokens.token(request()), tokens.jwks());
  expect(await readdir(join(directory, 'service-account-keys'))).toContain('000001.pem.broken');
});
