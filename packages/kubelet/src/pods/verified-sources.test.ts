import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { type ManifestEvent, shadowDuplicates } from '@solo-kubelet/manifest-source';
import type { SourceDefinition } from '@solo-kubelet/verified-source';
import { combineLatest, filter, firstValueFrom, scan } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { verifiedSources } from './verified-sources.js';

let root: string;
let server: Server;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sources-'));
  const pod = (image: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: app, image: ${image} }] }\n`;
  server = createServer((request, response) => response.end(pod(request.url === '/low' ? 'low' : 'high')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

const source = (name: string, priority: number): SourceDefinition => ({
  name,
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`,
  intervalMs: 3_600_000,
  jitter: 0,
  timeoutMs: 30_000,
  maxBytes: 1 << 20,
  maxImageBytes: 2 ** 34,
  require: 'none',
  keys: [],
  keyFiles: [],
  sshNamespace: 'solo-kubelet',
  clusterScoped: true,
  priority,
  labels: {},
  revisions: 'required',
  renewWithinMs: 0,
});

it('tells the Pods and the statuses of every source, and of files that describe none', async () => {
  const sources = verifiedSources(
    [
      { path: '/s/a.yaml', source: source('low', 1), problems: [] },
      { path: '/s/b.yaml', source: source('high', 2), problems: [] },
      { path: '/s/c.yaml', problems: ['/s/c.yaml:1:1: no'] },
    ],
    { nodeName: 'n', directoryOf: (name) => join(root, name), prepare: async (content) => content, wallNow: () => 5, logger: silentLogger },
  );
  expect(sources.sources.map(({ path }) => path)).toEqual(['sources/low', 'sources/high', 'sources/c.yaml']);
  expect([...sources.priorities]).toEqual([
    ['sources/low', 1],
    ['sources/high', 2],
  ]);
  const events$ = sources.manifestEvent$.pipe(
    shadowDuplicates({ priorityOf: ({ path }) => sources.priorities.get(path) ?? 0 }),
    scan((seen: readonly ManifestEvent[], event) => [...seen, event], []),
    filter((seen) => seen.filter(({ type }) => type === 'synced').length === 2),
  );
  const statuses$ = sources.statuses$.pipe(filter((all) => ['low', 'high'].every((name) => all.get(name)?.state === 'Ready')));
  const [events, statuses] = await firstValueFrom(combineLatest([events$, statuses$]));
  expect(statuses.get('c.yaml')).toMatchObject({ state: 'Failed', reason: 'SourceFileInvalid', message: '/s/c.yaml:1:1: no' });
  // Whichever came first, the higher one has the name at the end.
  const held = events.flatMap((event) =>
    event.type === 'applied' || event.type === 'shadowed' ? [`${event.type} ${event.origin.path}`] : [],
  );
  expect(held.filter((one) => one.endsWith('high')).at(-1)).toBe('applied sources/high');
  expect(held.filter((one) => one.endsWith('low')).at(-1)).toBe('shadowed sources/low');
}, 60_000);
