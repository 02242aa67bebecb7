import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, fakeView, pod, startApi, type TestApi, watchable } from './api.js';
import { type ClientPair, createCa } from './certificates.js';

type Role = 'read' | 'exec' | 'admin';
const TOKENS: Readonly<Record<Role, string>> = {
  read: 'reader-token-0123456789',
  exec: 'exec-token-0123456789abc',
  admin: 'admin-token-0123456789ab',
};

/** Every path that is served, and the weakest role that may use it. */
const PATHS: readonly (readonly [method: string, path: string, role: Role])[] = [
  ['GET', '/healthz', 'read'],
  ['HEAD', '/healthz', 'read'],
  ['GET', '/healthz/ping', 'read'],
  ['GET', '/livez', 'read'],
  ['GET', '/pods', 'read'],
  ['GET', '/events', 'read'],
  ['GET', '/manifests', 'read'],
  ['GET', '/node', 'read'],
  ['GET', '/images', 'read'],
  ['GET', '/configz', 'read'],
  ['GET', '/runningpods/', 'read'],
  ['GET', '/containerLogs/default/web/app', 'read'],
  ['GET', '/stats/summary', 'read'],
  ['POST', '/stats/summary', 'read'],
  ['GET', '/metrics', 'read'],
  ['GET', '/metrics/resource', 'read'],
  ['GET', '/metrics/cadvisor', 'read'],
  ['GET', '/metrics/probes', 'read'],
  ['GET', '/metrics/slis', 'read'],
  ['GET', '/statusz', 'read'],
  ['GET', '/flagz', 'read'],
  ['GET', '/exec/default/web/app?command=id&output=1', 'exec'],
  ['POST', '/exec/default/web/app?command=id&output=1', 'exec'],
  ['POST', '/attach/default/web/app?output=1', 'exec'],
  ['POST', '/portForward/default/web', 'exec'],
  ['POST', '/run/default/web/app?cmd=id', 'exec'],
  ['POST', '/restart/default/web', 'admin'],
  ['POST', '/checkpoint/default/web/app', 'admin'],
  ['GET', '/logs/', 'admin'],
  ['GET', '/nothing/of/ours', 'admin'],
];

const RANK: Readonly<Record<Role, number>> = { read: 1, exec: 2, admin: 3 };
const allowed = (status: number): boolean => status !== 401 && status !== 403;

let test: TestApi;
let port: number;
let directory: string;
let certificates: Readonly<Record<Role | 'stranger' | 'expired' | 'nobody', ClientPair>>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-credentials-'));
  const [ca, otherCa] = await Promise.all([createCa(), createCa()]);
  const [read, exec, admin, nobody, expired, stranger] = await Promise.all([
    ca.issue('prometheus', 'solo-kubelet:read'),
    ca.issue('robot', 'solo-kubelet:exec'),
    ca.issue('boss', 'system:masters'),
    ca.issue('nobody', 'some-team'),
    ca.issue('late', 'system:masters', { days: -1 }),
    otherCa.issue('stranger', 'system:masters'),
  ]);
  certificates = { read, exec, admin, nobody, expired, stranger };
  const [tokenFile, clientCaFile] = [join(directory, 'tokens.csv'), join(directory, 'ca.crt')];
  await writeFile(
    tokenFile,
    Object.entries(TOKENS)
      .map(([role, token]) => `${token},${role}-user,${role}\n`)
      .join(''),
  );
  await writeFile(clientCaFile, ca.certificatePem);
  test = await startApi({
    port: 0,
    tokenFile,
    clientCaFile,
    nodeLogDirectory: directory,
    view: fakeView({
      pods: watchable([pod('web')]),
      component: { version: 'v1.36.0', startedAtMs: 0, flags: () => ({}) },
    }),
  });
  port = test.api.listeners.tls?.port ?? 0;
});
afterAll(async () => {
  await test[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

describe.each(PATHS)('%s %s', (method, path, needed) => {
  const send = (more: { readonly headers?: Record<string, string> } & Partial<ClientPair> = {}) =>
    ask({ tls: true, port, path, method, ...more });
  const bearer = (token: string) => send({ headers: { authorization: `Bearer ${token}` } });

  it('answers 401 to no credentials and to wrong ones', async () => {
    const answers = await Promise.all([
      send(),
      bearer('wrong-token-0123456789'),
      bearer(`${TOKENS.admin} `.repeat(2)),
      send({ headers: { authorization: `Basic ${Buffer.from(`boss:${TOKENS.admin}`).toString('base64')}` } }),
      send(certificates.stranger),
      send(certificates.expired),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
    if (method !== 'HEAD') expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['Unauthorized']));
  });

  it('refuses an upgrade alike', async () => {
    const upgrade = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };
    expect((await send({ headers: upgrade })).status).toBe(401);
    const reader = await send({ headers: { ...upgrade, authorization: `Bearer ${TOKENS.read}` } });
    if (needed !== 'read') expect(reader.status).toBe(403);
  });

  it('lets in exactly the roles that may, by token and by certificate', async () => {
    for (const role of ['read', 'exec', 'admin'] as const) {
      const [token, certificate] = await Promise.all([bearer(TOKENS[role]), send(certificates[role])]);
      expect([role, allowed(token.status), allowed(certificate.status)]).toEqual([
        role,
        RANK[role] >= RANK[needed],
        RANK[role] >= RANK[needed],
      ]);
    }
    expect((await send(certificates.nobody)).status).toBe(403);
  });
});

describe('without a token file', () => {
  it('a token counts for nothing: the request is anonymous, as in a kubelet without webhook', async () => {
    await using open = await startApi({ port: 0, anonymous: true, authorization: 'AlwaysAllow' });
    await using closed = await startApi({ port: 0, anonymous: false, authorization: 'AlwaysAllow' });
    const status = async ({ api }: TestApi) =>
      (await ask({ tls: true, port: api.listeners.tls?.port ?? 0, path: '/pods', headers: { authorization: 'Bearer whatever' } })).status;
    expect(await status(open)).toBe(200);
    expect(await status(closed)).toBe(401);
  });
});
