import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startApiServer } from '@solo-kubelet/api-server';
import { firstValueFrom, take, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiClient, type ApiClientOptions, apiPath, createApiClient } from './api-client.js';
import { ClusterError, isAlreadyThere, isNotFound } from './cluster-error.js';
import { createCredentials } from './credentials.js';
import { parseKubeconfig } from './kubeconfig.js';
import { reflect, resourceAt, type Versioned } from './reflect.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const clientOf = (kubeconfigText: string, more: Partial<ApiClientOptions> = {}): ApiClient => {
  const kubeconfig = parseKubeconfig(kubeconfigText, 'config');
  const client = createApiClient({ kubeconfig, credentials: createCredentials({ kubeconfig }), userAgent: 'test', ...more });
  closing.push(client.closeConnections);
  return client;
};
/** A client of a server that answers as told. */
const against = async (listener: RequestListener, more: Partial<ApiClientOptions> = {}): Promise<ApiClient> => {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const text = JSON.stringify({
    'current-context': 'c',
    clusters: [{ name: 'k', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'u', user: { token: 'sesame' } }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  });
  return clientOf(text, more);
};
const failureOf = (work: Promise<unknown>): Promise<ClusterError> =>
  work.then(
    () => expect.fail('it succeeded'),
    (error) => (ClusterError.is(error) ? error : Promise.reject(error)),
  );

it('kubeAPIQPS: what goes beyond the burst waits its turn, and its wait can be given up', async () => {
  let asked = 0;
  const api = await against(
    (_, response) => {
      asked += 1;
      response.end('{}');
    },
    { qps: 0.001, burst: 2 },
  );
  const giveUp = new AbortController();
  const get = (): Promise<unknown> => api.request({ method: 'GET', path: '/x', signal: giveUp.signal });
  await get();
  await get();
  const third = get();
  giveUp.abort();
  await expect(third).rejects.toThrow();
  expect(asked).toBe(2);
});

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

describe('against an API server', () => {
  it('makes, patches, reads and deletes objects, and tells refusals apart', async () => {
    await using server = await startApiServer();
    const api = clientOf(server.kubeconfig);
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { a: '1' } };
    await api.request({ method: 'POST', path: CONFIG_MAPS, body });
    expect(isAlreadyThere(await failureOf(api.request({ method: 'POST', path: CONFIG_MAPS, body })))).toBe(true);
    const path = apiPath('api/v1/namespaces/default/configmaps', 'x');
    await api.request({ method: 'PATCH', path, body: { data: { b: '2' } } });
    expect(await api.request({ method: 'GET', path })).toMatchObject({ data: { a: '1', b: '2' } });
    await api.request({ method: 'DELETE', path });
    expect(isNotFound(await failureOf(api.request({ method: 'GET', path })))).toBe(true);
  });

  it('follows a resource: what there is, what comes, changes and goes, and over broken connections', async () => {
    await using server = await startApiServer();
    const api = clientOf(server.kubeconfig);
    const make = (name: string) =>
      api.request({ method: 'POST', path: CONFIG_MAPS, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } } });
    await make('a');
    const said: string[] = [];
    const until = async (last: string): Promise<void> => void (await expect.poll(() => said.at(-1), { timeout: 10_000 }).toBe(last));
    const subscription = reflect<Versioned>(resourceAt(api, CONFIG_MAPS)).subscribe((event) => {
      if (event.type === 'replaced') said.push(`replaced ${event.objects.map(({ metadata }) => metadata.name)}`);
      else if (event.type === 'lost' || event.type === 'back') said.push(event.type);
      else said.push(`${event.type} ${event.object.metadata.name}`);
    });
    closing.push(() => subscription.unsubscribe());
    await until('replaced a');
    await make('b');
    await until('applied b');
    api.closeConnections();
    await until('back');
    await api.request({ method: 'DELETE', path: `${CONFIG_MAPS}/a` });
    await until('deleted a');
    expect(said).toEqual(['replaced a', 'applied b', 'lost', 'back', 'deleted a']);
  });
});

describe('against a server that means harm', () => {
  it('follows no redirect and sends its token nowhere else', async () => {
    let asked = 0;
    const other = createServer(() => (asked += 1));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    closing.push(() => other.close());
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
    const api = await against((_request, response) => response.writeHead(302, { location }).end());
    expect(await failureOf(api.request({ method: 'GET', path: '/' }))).toMatchObject({ code: 'CLUSTER_BAD_REPLY', status: 302 });
    expect(asked).toBe(0);
  });

  it('gives up an answer, and an event, that has no end', async () => {
    const endless: RequestListener = (request, response) => {
      const flow = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', flow);
      };
      request.on('error', () => {});
      flow();
    };
    const api = await against(endless, { maxBodyBytes: 1_000_000, maxEventBytes: 1_000_000 });
    expect(await failureOf(api.request({ method: 'GET', path: '/' }))).toMatchObject({ code: 'CLUSTER_BAD_REPLY' });
    expect(await failureOf(firstValueFrom(api.watch({ path: '/' }).pipe(toArray())))).toMatchObject({ code: 'CLUSTER_BAD_REPLY' });
  });

  it.each([
    ['no JSON', '<html>'],
    ['a JSON text', '"x"'],
  ])('takes %s for no answer', async (_what, body) => {
    const api = await against((_request, response) => response.end(body));
    expect(await failureOf(api.request({ method: 'GET', path: '/' }))).toMatchObject({ code: 'CLUSTER_BAD_REPLY' });
  });

  it('waits no longer than it was told to, and keeps the token out of every message', async () => {
    const api = await against(() => {}, { timeoutMs: 50 });
    const failure = await failureOf(api.request({ method: 'GET', path: '/x' }));
    expect(failure).toMatchObject({ code: 'CLUSTER_TIMEOUT', message: 'GET /x: no answer within 50 ms' });
    expect(await failureOf(firstValueFrom(api.watch({ path: '/x' })))).toMatchObject({ code: 'CLUSTER_TIMEOUT' });
    expect(JSON.stringify(failure)).not.toContain('sesame');
  });
});

it('comes again when the server asks for it, and reads an event that spans chunks', async () => {
  let tries = 0;
  const api = await against((request, response) => {
    if (request.url?.includes('watch')) {
      response.write('{"type":"ADDED","obj');
      setImmediate(() => response.end('ect":{"a":"ü"}}\n\n{"type":"DELETED","object":{}}'));
      return;
    }
    tries += 1;
    if (tries < 3) response.writeHead(429, { 'retry-after': '0' }).end('slow down');
    else response.end('{"ok":true}');
  });
  expect(await api.request({ method: 'POST', path: '/', body: {} })).toEqual({ ok: true });
  expect(tries).toBe(3);
  const seen = await firstValueFrom(api.watch({ path: '/' }).pipe(take(2), toArray()));
  expect(seen).toEqual([{ type: 'OPENED' }, { type: 'ADDED', object: { a: 'ü' } }]);
});
