import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, fakeView, pod, startApi, watchable } from './api.js';

describe('/healthz', () => {
  it('names the checks when asked, and keeps reasons to itself', async () => {
    let stuck: string | undefined;
    await using test = await startApi({ readOnlyPort: 0, view: fakeView({ healthChecks: [{ name: 'syncloop', check: () => stuck }] }) });
    const port = test.api.listeners.readOnly?.port ?? 0;
    expect((await ask({ port, path: '/healthz?verbose' })).body).toBe('[+]ping ok\n[+]syncloop ok\nhealthz check passed\n');
    stuck = 'no pass for 6 min';
    expect(await ask({ port, path: '/healthz' })).toMatchObject({
      status: 500,
      body: '[+]ping ok\n[-]syncloop failed: reason withheld\nhealthz check failed\n',
    });
    expect((await ask({ port, path: '/healthz/ping' })).status).toBe(200);
    expect((await ask({ port, path: '/healthz/syncloop' })).status).toBe(500);
    expect((await ask({ port, path: '/healthz?exclude=syncloop' })).status).toBe(200);
    expect((await ask({ port, path: '/livez' })).status).toBe(500);
  });
});

describe('/allocatedPods', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-lists-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it.each([
    [{ allocatedPods: () => [pod('web')] }, 200, [pod('web')]],
    [{ allocatedPods: () => [] }, 200, null],
    [{}, 404, undefined],
  ])('lists pods with what is allocated to them, where it is served', async (view, status, items) => {
    const socketPath = join(directory, 'api.sock');
    await using _test = await startApi({ socket: { path: socketPath }, view: fakeView(view) });
    const answer = await ask({ socketPath, path: '/allocatedPods' });
    expect(answer.status).toBe(status);
    if (status === 200) expect(JSON.parse(answer.body)).toEqual({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items });
  });
});

describe('/pods', () => {
  it('writes whole numbers beyond 2^53 without loss', async () => {
    const big = { ...pod('big'), spec: { containers: [], terminationGracePeriodSeconds: 9_223_372_036_854_775_807n } };
    await using test = await startApi({ readOnlyPort: 0, view: fakeView({ pods: watchable([big]) }) });
    expect((await ask({ port: test.api.listeners.readOnly?.port ?? 0, path: '/pods' })).body).toContain(
      '"terminationGracePeriodSeconds":9223372036854775807',
    );
  });

  it('says items: null when there are none, as upstream', async () => {
    await using test = await startApi({ readOnlyPort: 0 });
    expect((await ask({ port: test.api.listeners.readOnly?.port ?? 0, path: '/pods' })).body).toBe(
      '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":null}',
    );
  });

  it('streams what is there and then every change', async () => {
    const pods = watchable([pod('web')]);
    await using test = await startApi({ readOnlyPort: 0, view: fakeView({ pods }) });
    const lines: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const watching = request(
        { host: '127.0.0.1', port: test.api.listeners.readOnly?.port, path: '/pods?watch=true', agent: false },
        (response) => {
          response.setEncoding('utf8');
          response.on('data', (text: string) => {
            lines.push(...text.trim().split('\n'));
            if (lines.length === 1) pods.emit({ type: 'DELETED', object: pod('web') });
            if (lines.length === 2) {
              watching.destroy();
              resolve();
            }
          });
        },
      );
      watching.on('error', (error) => lines.length < 2 && reject(error));
      watching.end();
    });
    expect(lines.map((line) => JSON.parse(line) as { type: string }).map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
  });
});

describe('/metrics', () => {
  it('counts what the node has, in a form that parses', async () => {
    await using test = await startApi({ readOnlyPort: 0 });
    const { body, headers } = await ask({ port: test.api.listeners.readOnly?.port ?? 0, path: '/metrics' });
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    expect(body).toContain('kubelet_running_containers{container_state="running"} 1');
    for (const line of body.split('\n').filter((text) => text !== '' && !text.startsWith('#'))) {
      expect(line).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="[^"]*",?)*\})? (NaN|[+-]?Inf|[-+0-9.e]+)( \d+)?$/);
    }
  });

  it('says that a scrape failed when the runtime cannot be reached', async () => {
    await using test = await startApi({ readOnlyPort: 0 });
    const { status, body } = await ask({ port: test.api.listeners.readOnly?.port ?? 0, path: '/metrics/resource' });
    expect(status).toBe(200);
    expect(body).toContain('resource_scrape_error 1');
  });
});
