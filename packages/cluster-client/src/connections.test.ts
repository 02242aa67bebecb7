import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { lastValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createApiClient } from './api-client.js';

const sockets = new Map<string, Socket[]>();
const held: ServerResponse[] = [];
/** Answers at once, or never by itself: `/slow`. */
const server = createServer((request, response) => {
  const path = request.url?.split('?')[0] ?? '';
  sockets.set(path, [...(sockets.get(path) ?? []), request.socket]);
  if (path === '/watched') response.write('{"type":"BOOKMARK","object":{"metadata":{}}}\n');
  else if (path === '/slow') held.push(response);
  else response.end('{}');
});
beforeEach(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterEach(() => {
  server.closeAllConnections();
  server.close();
  sockets.clear();
  held.length = 0;
});

/** A client, and what gives it other credentials. */
const connect = () => {
  let version = 'old';
  const credentials = {
    tls: async () => ({ version, ca: undefined, certificate: undefined }),
    headers: async () => ({}),
    refused: () => {},
  };
  const { port } = server.address() as AddressInfo;
  const kubeconfig = { server: `http://127.0.0.1:${port}`, tlsServerName: undefined, insecureSkipTlsVerify: false };
  const api = createApiClient({ kubeconfig, credentials, userAgent: 'test' });
  return {
    api,
    change: () => {
      version = 'new';
    },
  };
};

it('a certificate that is replaced costs no request: running ones end on the old connections, watches begin anew', async () => {
  const { api, change } = connect();
  using _closing = api;
  await api.request({ method: 'GET', path: '/one' });
  const slow = api.request({ method: 'POST', path: '/slow', body: {} });
  const watched = lastValueFrom(api.watch({ path: '/watched' }).pipe(toArray()));
  await expect.poll(() => [held.length, sockets.get('/watched')?.length]).toEqual([1, 1]);
  change();
  await api.request({ method: 'GET', path: '/two' });
  // A clean end: whoever follows goes on from the last version.
  expect((await watched).map(({ type }) => type)).toEqual(['OPENED', 'BOOKMARK']);
  held[0]?.end('{"ok":true}');
  expect(await slow).toEqual({ ok: true });
  const [old, now] = [sockets.get('/slow')![0]!, sockets.get('/two')![0]!];
  expect(now).not.toBe(old);
  await expect.poll(() => old.destroyed).toBe(true);
  await api.request({ method: 'GET', path: '/three' });
  expect(sockets.get('/three')![0]).toBe(now);
});

it('what is closed is closed, also what was asked with earlier credentials', async () => {
  const { api, change } = connect();
  using _closing = api;
  const slow = api.request({ method: 'POST', path: '/slow', body: {} });
  await expect.poll(() => held.length).toBe(1);
  change();
  await api.request({ method: 'GET', path: '/two' });
  api.closeConnections();
  await expect(slow).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
});
