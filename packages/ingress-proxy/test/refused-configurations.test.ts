import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { RouteTable } from '../src/index.js';
import { opensslPair } from './openssl-pair.js';
import { ask, installedProxies, SOON, startBackend, startProxy, tableOf } from './started-proxy.js';

const backend = { service: { name: 'web', port: { number: 80 } } };
const served = (host: string, port: number): RouteTable =>
  tableOf({
    ingresses: [
      {
        metadata: { name: 'web', namespace: 'shop' },
        spec: {
          tls: [{ hosts: [host] }],
          rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
        },
      },
    ],
    servers: { web: [port] },
  });
/** No proxy takes it, and no table that is computed has it. */
const refused = (table: RouteTable): RouteTable => ({
  ...table,
  backends: new Map([...table.backends].map(([name, each]) => [name, { ...each, endpoints: [{ address: 'no address', port: 80 }] }])),
});
const generations = async (directory: string) => (await readdir(directory)).filter((name) => name.startsWith('generation-'));

describe.each(installedProxies)('%s', { timeout: 180_000 }, (proxyName) => {
  it('a configuration that is refused leaves no keys behind, and is told once for as long as it is', async () => {
    const tools = await mkdtemp(join(tmpdir(), 'ref-'));
    try {
      const [program, calls] = [join(tools, proxyName), join(tools, 'calls')];
      await writeFile(program, `#!/bin/sh\necho >> ${calls}\nexec ${proxyName} "$@"\n`);
      await chmod(program, 0o755);
      const called = async () => (await readFile(calls, 'utf8').catch(() => '')).length;
      await using web = await startBackend('web');
      await using proxy = await startProxy(opensslPair, { proxy: proxyName, program });
      const good = served('a.example', web.port);
      expect(await proxy.apply(good)).toMatchObject({ type: 'applied' });
      const [inForce] = await generations(proxy.directory);
      const before = await called();
      proxy.want(refused(served('b.example', web.port)));
      await vi.waitFor(async () => expect(await called()).toBeGreaterThan(before + 2), SOON);
      // It stays as it is until the next one is looked at.
      proxy.want(good);
      await vi.waitFor(() => expect(proxy.reports.at(-1)).toMatchObject({ type: 'applied' }), SOON);
      expect(proxy.reports.filter(({ type }) => type === 'failed')).toEqual([
        { type: 'failed', message: expect.not.stringContaining(proxy.directory), serving: true },
      ]);
      expect(await generations(proxy.directory)).toEqual([inForce]);
      expect((await ask(proxy.httpPort, 'a.example', '/')).status).toBe(200);
    } finally {
      await rm(tools, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!installedProxies.includes('nginx'))('nginx', { timeout: 180_000 }, () => {
  it('after a restart what was served last is served while what is asked for is refused', async () => {
    await using web = await startBackend('web');
    await using before = await startProxy(opensslPair, { proxy: 'nginx', keep: true });
    const good = served('a.example', web.port);
    const started = await before.apply(good);
    if (started.type !== 'applied') throw new Error(JSON.stringify(started));
    before.leave();
    process.kill(-started.pid, 'SIGKILL');
    await vi.waitFor(() => expect(() => process.kill(started.pid, 0)).toThrow(), SOON);
    await using after = await startProxy(opensslPair, { proxy: 'nginx', keep: true, earlier: before });
    expect(await after.apply(refused(served('b.example', web.port)))).toMatchObject({ type: 'failed', serving: true });
    expect((await ask(after.httpPort, 'a.example', '/')).status).toBe(200);
    expect((await ask(after.httpsPort, 'a.example', '/', { tls: true })).status).toBe(200);
    expect(await after.apply(good)).toMatchObject({ type: 'applied', how: 'unchanged' });
    expect(await after.apply(served('c.example', web.port))).toMatchObject({ type: 'applied', how: 'reloaded' });
    expect((await ask(after.httpPort, 'c.example', '/')).status).toBe(200);
    expect(await generations(after.directory)).toHaveLength(1);
  });
});
