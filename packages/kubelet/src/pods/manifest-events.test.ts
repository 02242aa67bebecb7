import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { SourceDefinition } from '@solo-kubelet/verified-source';
import { lastValueFrom, scan, takeWhile } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { manifestSources } from './manifest-events.js';

let root: string;
let server: Server;
const web = 'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: app, image: x }] }\n';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sources-'));
  server = createServer((_request, response) => response.end(web));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  // The last good versions may still be on their way to disk.
  await rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

it('settles names between staticPodPath and staticPodURL, and knows when both have synced', async () => {
  const path = join(root, 'manifests');
  await mkdir(path);
  await writeFile(join(path, 'web.yaml'), web);
  const { manifestEvent$, sources } = manifestSources(
    {
      staticPodPath: path,
      staticPodURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/pods?token=s3cret`,
      staticPodURLHeader: {},
      featureGates: {},
      fileCheckFrequency: 3_600_000,
      httpCheckFrequency: 3_600_000,
    },
    { nodeName: 'n', rootDirectory: join(root, 'kubelet'), ageIdentityFile: join(root, 'none'), wallNow: Date.now, logger: silentLogger },
  );
  const events = await lastValueFrom(
    manifestEvent$.pipe(
      scan((seen, event) => [...seen, event], [] as readonly ManifestEvent[]),
      takeWhile((seen) => seen.filter(({ type }) => type === 'synced').length < 2, true),
    ),
  );
  expect(events.map(({ type }) => type).sort()).toEqual(['applied', 'shadowed', 'synced', 'synced']);
  const synced = events.flatMap((event) => (event.type === 'synced' ? [{ source: event.source, path: event.path }] : []));
  expect(synced).toEqual(expect.arrayContaining([...sources]));
  expect(JSON.stringify(sources)).not.toContain('s3cret');
});

it('takes of a source what is for the labels of the node, and of the directory all, with a warning', async () => {
  const path = join(root, 'manifests');
  await mkdir(path);
  const named = (name: string, site: string) =>
    web
      .replace('name: web', `name: ${name}, annotations: { solo-kubelet.dev/node-selector: site=${site} }`)
      .replace('image: x', 'image: "x:$(node.tag)"');
  await writeFile(join(path, 'web.yaml'), named('file', 'munich'));
  server.removeAllListeners('request').on('request', (_request, response) => {
    response.end([named('berlin', 'berlin'), named('munich', 'munich')].join('---\n'));
  });
  const source: SourceDefinition = {
    name: 'site',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
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
    priority: 0,
    labels: {},
    revisions: 'required',
    renewWithinMs: 0,
  };
  const { manifestEvent$ } = manifestSources(
    {
      staticPodPath: path,
      staticPodURL: '',
      staticPodURLHeader: {},
      featureGates: {},
      fileCheckFrequency: 3_600_000,
      httpCheckFrequency: 0,
    },
    {
      nodeName: 'n',
      rootDirectory: join(root, 'kubelet'),
      ageIdentityFile: join(root, 'none'),
      wallNow: Date.now,
      logger: silentLogger,
      sourceFiles: [{ path: '/s/site.yaml', source, problems: [] }],
      nodeLabels: { site: 'berlin' },
      nodeValues: { values: { name: 'n', tag: '7' } },
    },
  );
  const events = await lastValueFrom(
    manifestEvent$.pipe(
      scan((seen, event) => [...seen, event], [] as readonly ManifestEvent[]),
      takeWhile((seen) => seen.filter(({ type }) => type === 'synced').length < 2, true),
    ),
  );
  const applied = events.flatMap((event) => (event.type === 'applied' ? [event] : []));
  expect(applied.map(({ pod }) => pod.metadata.name).sort()).toEqual(['berlin-n', 'file-n']);
  const images = applied.map(({ pod }) => [pod.metadata.name, pod.spec.containers[0]?.image] as const);
  expect(Object.fromEntries(images)).toEqual({ 'berlin-n': 'x:7', 'file-n': 'x:$(node.tag)' });
  const warnings = applied.map(({ pod, warnings: all }) => [pod.metadata.name, all.map(({ message }) => message)] as const);
  expect(Object.fromEntries(warnings)).toEqual({
    'berlin-n': [],
    'file-n': [
      expect.stringContaining('it counts in verified sources only'),
      expect.stringContaining('filled in in verified sources only'),
    ],
  });
});
