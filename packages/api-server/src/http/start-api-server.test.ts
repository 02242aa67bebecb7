import { request } from 'node:https';
import { describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './start-api-server.js';
import { parseTokenFile } from './token-file.js';

const USERS = parseTokenFile('t1,admin,uid-1,"system:masters"\nt2,alice,uid-2\n');

const ask = (
  server: ApiServer,
  method: string,
  path: string,
  { token = 't1', body, type = 'application/json' }: { token?: string; body?: unknown; type?: string } = {},
) =>
  new Promise<{ code: number; value: Record<string, unknown> }>((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}`, ...(body !== undefined && { 'Content-Type': type }) };
    const sent = request(`${server.url}${path}`, { method, headers, ca: server.caPem }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      answer.on('end', () => resolve({ code: answer.statusCode ?? 0, value: JSON.parse(text) as Record<string, unknown> }));
    });
    sent.on('error', reject);
    sent.end(typeof body === 'string' ? body : JSON.stringify(body));
  });

const PODS = '/api/v1/namespaces/default/pods';
const pod = { metadata: { name: 'web' }, spec: { containers: [{ name: 'c', image: 'img:1' }] } };

describe('startApiServer', () => {
  it('keeps, patches and deletes objects over TLS', async () => {
    await using server = await startApiServer({ users: USERS });
    expect((await ask(server, 'POST', PODS, { body: pod })).code).toBe(201);
    const patch = { body: { metadata: { labels: { a: 'b' } } }, type: 'application/merge-patch+json' };
    expect((await ask(server, 'PATCH', `${PODS}/web`, patch)).value).toMatchObject({
      metadata: { labels: { a: 'b' } },
      status: { phase: 'Pending' },
    });
    expect((await ask(server, 'GET', `${PODS}?labelSelector=a%3Db`)).value).toMatchObject({
      kind: 'PodList',
      items: [{ metadata: { name: 'web' } }],
    });
    expect((await ask(server, 'DELETE', `${PODS}/web`)).code).toBe(200);
    expect((await ask(server, 'GET', `${PODS}/web`)).value).toMatchObject({ code: 404, message: 'pods "web" not found' });
  });

  it('lets only those in who may, with RBAC', async () => {
    await using server = await startApiServer({ users: USERS, authorizationMode: 'RBAC' });
    expect((await ask(server, 'GET', PODS, { token: 't2' })).value).toMatchObject({
      code: 403,
      message: 'pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace "default"',
    });
    expect((await ask(server, 'GET', PODS, { token: 'other' })).code).toBe(401);
    expect((await ask(server, 'GET', PODS)).code).toBe(200);
  });

  it('asks for the right to create where a stream begins with a GET', async () => {
    await using server = await startApiServer({ users: USERS, authorizationMode: 'RBAC' });
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    const role = { metadata: { name: 'look' }, rules: [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['get'] }] };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'look' };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' }];
    expect((await ask(server, 'POST', `${rbac}/roles`, { body: role })).code).toBe(201);
    expect((await ask(server, 'POST', `${rbac}/rolebindings`, { body: { metadata: { name: 'look' }, roleRef, subjects } })).code).toBe(201);
    expect((await ask(server, 'GET', `${PODS}/web/exec?command=id`, { token: 't2' })).value).toMatchObject({
      code: 403,
      message: expect.stringContaining('cannot create resource "pods/exec"'),
    });
    expect((await ask(server, 'GET', `${PODS}/web/exec?command=id`)).code).toBe(404);
  });

  it('has no definitions of resources, and says so to whoever may ask', async () => {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await using server = await startApiServer({ users: USERS, authorizationMode: 'RBAC' });
    expect((await ask(server, 'GET', path)).value).toMatchObject({ kind: 'CustomResourceDefinitionList', items: [] });
    expect((await ask(server, 'GET', path, { token: 't2' })).code).toBe(403);
    expect((await ask(server, 'GET', '/apis')).value).not.toMatchObject({
      groups: expect.arrayContaining([{ name: 'apiextensions.k8s.io' }]),
    });
  });

  it('refuses a body that is too large or nested too deeply, and goes on', async () => {
    await using server = await startApiServer({ users: USERS });
    const large = { metadata: { name: 'x' }, data: { a: 'x'.repeat(3 * 1024 * 1024) } };
    expect((await ask(server, 'POST', '/api/v1/namespaces/default/configmaps', { body: large })).code).toBe(413);
    const post = (levels: number) => {
      const body = `{"metadata":{"name":"x${levels}"},"foo":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
      return ask(server, 'POST', '/api/v1/namespaces/default/configmaps', { body });
    };
    expect((await post(200)).code).toBe(201);
    expect((await post(201)).value).toMatchObject({ code: 400, message: expect.stringContaining('exceeded max depth of 200') });
    expect((await post(10_001)).value).toMatchObject({
      code: 400,
      message: expect.stringContaining('json parse error: exceeded max depth'),
    });
    expect((await ask(server, 'GET', '/version')).code).toBe(200);
  });
});

it.each([
  [{ port: '8443' }, 'port takes a number, not "8443"'],
  [{ users: { token: { username: 'ada' } } }, 'users takes a Map'],
  [{ authorizationMode: 'Rbac' }, 'authorizationMode takes AlwaysAllow or RBAC, not "Rbac"'],
])('does not start with %j', async (options, message) => {
  await expect(startApiServer(options as never)).rejects.toThrow(message);
});
