import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, fakeView, startApi, type TestApi } from './api.js';

let test: TestApi;
beforeAll(async () => {
  const nowMs = Date.parse('2030-01-01T02:03:04Z');
  test = await startApi({
    port: 0,
    readOnlyPort: 0,
    anonymous: true,
    authorization: 'AlwaysAllow',
    now: () => nowMs,
    view: fakeView({
      healthChecks: [{ name: 'log', check: () => 'full' }],
      component: { version: 'v1.36.0', startedAtMs: nowMs - 3_723_000, flags: () => ({ v: '2', 'root-dir': '/var/lib/kubelet' }) },
    }),
  });
});
afterAll(() => test[Symbol.asyncDispose]());

const secure = (path: string, headers = {}) => ask({ tls: true, port: test.api.listeners.tls?.port, path, headers });
const open = (path: string) => ask({ port: test.api.listeners.readOnly?.port, path });

it('/statusz tells the version, since when it runs, and the paths', async () => {
  const { status, body, headers } = await secure('/statusz');
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(body).toContain('\nkubelet statusz\n');
  expect(body).toContain('Up: 1 hr 02 min 03 sec\nNode.js version: v');
  expect(body).toContain('Binary version: v1.36.0\n');
  expect(body).toMatch(/^Paths: .*\/configz .*\/healthz .*\/metrics /m);
});

it('/flagz tells every flag', async () => {
  expect((await secure('/flagz', { accept: 'text/plain' })).body).toMatch(/\nkubelet flags\n.*\n\nroot-dir=\/var\/lib\/kubelet\nv=2\n$/);
});

it('both have a text form only, and are not for the read-only port', async () => {
  expect((await secure('/statusz', { accept: 'application/json' })).status).toBe(406);
  expect((await secure('/flagz', { accept: 'application/json, text/*;q=0.5' })).status).toBe(200);
  expect((await open('/statusz')).status).toBe(404);
});

it('/metrics/slis counts health checks as they are asked for', async () => {
  expect((await open('/healthz')).status).toBe(500);
  expect((await open('/healthz/ping')).status).toBe(200);
  const { body } = await open('/metrics/slis');
  expect(body).toContain('kubernetes_healthcheck{name="ping",type="healthz"} 1\n');
  expect(body).toContain('kubernetes_healthcheck{name="log",type="healthz"} 0\n');
  expect(body).toContain('kubernetes_healthchecks_total{name="ping",type="healthz",status="success"} 2\n');
  expect(body).toContain('kubernetes_healthchecks_total{name="log",type="healthz",status="error"} 1\n');
});
