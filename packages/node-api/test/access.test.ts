import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, fakeView, pod, startApi, type TestApi, watchable } from './api.js';

const TOKENS = `# who may do what
reader-token-0123456789,prometheus,read
exec-token-0123456789abc,robot,exec
admin-token-0123456789ab,boss,admin
`;

let test: TestApi;
let port: number;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-tokens-'));
  const tokenFile = join(directory, 'tokens.csv');
  await writeFile(tokenFile, TOKENS);
  test = await startApi({ port: 0, readOnlyPort: 0, tokenFile, view: fakeView({ pods: watchable([pod('web')]) }) });
  port = test.api.listeners.tls?.port ?? 0;
});
afterEach(async () => {
  await test[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const get = (path: string, token?: string, method = 'GET') =>
  ask({ tls: true, port, path, method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

describe('who may do what on the TLS port', () => {
  it.each(['/pods', '/metrics', '/exec/default/web/app', '/configz', '/healthz', '/nothing', '/restart/default/web'])(
    '%s without credentials is 401',
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 401, body: 'Unauthorized' });
    },
  );

  it.each(['/pods', '/nothing'])('%s with a wrong token is 401', async (path) => {
    expect((await get(path, 'wrong-token-0123456789')).status).toBe(401);
  });

  it('a reader sees pods and may not run, restart or read node logs', async () => {
    expect((await get('/pods', 'reader-token-0123456789')).status).toBe(200);
    const refused = await get('/run/default/web/app?cmd=id', 'reader-token-0123456789', 'POST');
    expect(refused).toMatchObject({
      status: 403,
      body: 'Forbidden (user=prometheus, verb=create, resource=nodes, subresource(s)=[proxy])\n',
    });
    expect((await get('/restart/default/web', 'reader-token-0123456789', 'POST')).status).toBe(403);
    expect((await get('/logs/', 'reader-token-0123456789')).status).toBe(403);
    expect((await get('/nothing', 'reader-token-0123456789')).status).toBe(403);
  });

  it('exec may also run, and not restart', async () => {
    expect((await get('/run/default/gone/app?cmd=id', 'exec-token-0123456789abc', 'POST')).status).toBe(404);
    expect((await get('/restart/default/web', 'exec-token-0123456789abc', 'POST')).status).toBe(403);
  });

  it('an admin may do everything', async () => {
    expect((await get('/restart/default/web', 'admin-token-0123456789ab', 'POST')).status).toBe(404);
    expect((await get('/nothing', 'admin-token-0123456789ab')).status).toBe(404);
  });

  it('answers 405 to a method that the path does not know', async () => {
    expect((await get('/pods', 'admin-token-0123456789ab', 'POST')).status).toBe(405);
  });

  it('an upgrade without credentials is refused before anything else', async () => {
    const answer = await ask({
      tls: true,
      port,
      path: '/exec/default/web/app?output=1&command=id',
      headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1' },
    });
    expect(answer.status).toBe(401);
  });
});

describe('the read-only port', () => {
  const open = (path: string, method = 'GET') => ask({ port: test.api.listeners.readOnly?.port ?? 0, path, method });

  it('shows pods and health to anybody', async () => {
    expect(JSON.parse((await open('/pods')).body)).toMatchObject({
      kind: 'PodList',
      apiVersion: 'v1',
      items: [{ metadata: { name: 'web' } }],
    });
    expect(await open('/healthz')).toMatchObject({ status: 200, body: 'ok' });
    expect((await open('/healthz', 'HEAD')).status).toBe(200);
  });

  it.each(['/exec/default/web/app', '/run/default/web/app', '/runningpods/', '/containerLogs/default/web/app', '/logs/'])(
    'has no %s',
    async (path) => {
      expect([404, 405]).toContain((await open(path, path.startsWith('/run/') ? 'POST' : 'GET')).status);
    },
  );

  it.each(['/configz', '/restart/default/web', '/checkpoint/default/web/app', '/events'])('does not know %s', async (path) => {
    expect((await open(path)).status).toBe(404);
  });
});

describe('hostile clients', () => {
  it('a path that climbs is no path of ours', async () => {
    for (const path of ['/logs/../../etc/passwd', '/logs/%2e%2e/%2e%2e/etc/passwd', '/containerLogs/..%2f..%2fetc/passwd/x']) {
      const { status, headers } = await get(path, 'admin-token-0123456789ab');
      expect([307, 400, 404]).toContain(status);
      if (status === 307) expect(headers.location).toBe('/etc/passwd');
    }
  });

  it('a header that is too large is answered 431', async () => {
    const answer = await ask({
      port: test.api.listeners.readOnly?.port ?? 0,
      path: '/healthz',
      headers: { 'x-large': 'x'.repeat(100_000) },
    });
    expect(answer.status).toBe(431);
  });

  it('garbage does not disturb others, and 500 idle connections neither', async () => {
    const readOnly = test.api.listeners.readOnly?.port ?? 0;
    const sockets = await Promise.all(
      Array.from(
        { length: 500 },
        (_, index) =>
          new Promise<ReturnType<typeof connect>>((resolve) => {
            const socket = connect({ host: '127.0.0.1', port: readOnly }, () => {
              if (index % 50 === 0) socket.write(Buffer.from([0, 255, 13, 10, 13, 10, 1, 2, 3]));
              resolve(socket);
            });
            socket.on('error', () => {});
          }),
      ),
    );
    expect((await ask({ port: readOnly, path: '/healthz' })).body).toBe('ok');
    for (const socket of sockets) socket.destroy();
  });
});
