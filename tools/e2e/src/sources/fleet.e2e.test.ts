import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceObject } from '@solo-kubelet/node-api';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { sleeper } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

// What a fleet does with a box: a tree of manifests as one archive, documents for some boxes only, and events that go home.

let directory: string;
let site: Server;
let node: TestNode;
const answers = new Map<string, Buffer>();
const told: { readonly reason: string; readonly involvedObject: { readonly name: string } }[] = [];

const forSite = (manifest: object, selector: string): object => {
  const { metadata, ...rest } = manifest as { readonly metadata: object };
  return { ...rest, metadata: { ...metadata, annotations: { 'solo-kubelet.dev/node-selector': selector } } };
};
/** Publishes a tree of files as an archive. */
const publish = async (files: Readonly<Record<string, object>>): Promise<void> => {
  const tree = await mkdtemp(join(directory, 'tree-'));
  await mkdir(join(tree, 'apps'));
  for (const [name, manifest] of Object.entries(files)) await writeFile(join(tree, name), stringify(manifest));
  answers.set('/site.tar.gz', execFileSync('tar', ['-C', tree, '-cz', '.']));
};
const source = (reached: (one: SourceObject) => boolean): Promise<SourceObject> =>
  waitFor(async () => (await node.api.listSources({ signal: AbortSignal.timeout(15_000) })).find(reached), {
    what: 'the source',
    timeoutMs: 60_000,
  });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fleet-'));
  site = createServer((request, response) => {
    if (request.method === 'GET') {
      const answer = answers.get(request.url ?? '');
      response.writeHead(answer === undefined ? 404 : 200).end(answer);
      return;
    }
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      told.push(...(JSON.parse(text) as { readonly items: typeof told }).items);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const sourceDirectory = join(directory, 'sources.d');
  await mkdir(sourceDirectory);
  await writeFile(
    join(sourceDirectory, 'site.yaml'),
    stringify({
      apiVersion: 'solo-kubelet.dev/v1alpha1',
      kind: 'ManifestSource',
      metadata: { name: 'site' },
      spec: { url: `${url}/site.tar.gz`, interval: '5s', require: 'none' },
    }),
  );
  await publish({
    'apps/web.yaml': sleeper('web'),
    'apps/here.yaml': forSite(sleeper('here'), 'site=berlin'),
    'elsewhere.yaml': forSite(sleeper('elsewhere'), 'site in (munich)'),
  });
  node = await startNode({
    flags: [
      ...['--source-dir', sourceDirectory, '--node-labels', 'site=berlin'],
      ...['--event-sink', `${url}/events`, '--event-sink', `file://${join(directory, 'events.jsonl')}`],
    ],
  });
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  site?.closeAllConnections();
  site?.close();
  await rm(directory, { recursive: true, force: true });
});

it('runs of an archive what is for this box, and follows the next one', async () => {
  await Promise.all(['web', 'here'].map((name) => node.pod(name, isRunning)));
  await source(({ state }) => state === 'Ready');
  expect((await node.pods()).map(({ metadata }) => metadata.name).sort()).toEqual(['here-node1', 'web-node1']);
  const containerOf = async () => (await node.pod('web', isRunning)).status?.containerStatuses?.[0]?.containerID;
  const before = await containerOf();
  await publish({ 'apps/web.yaml': sleeper('web'), 'apps/here.yaml': forSite(sleeper('here'), 'site=munich') });
  await node.gone('here');
  expect(await containerOf()).toBe(before);
  // An archive that leads out of its tree: nothing of it counts.
  execFileSync('tar', ['-C', directory, '-cf', join(directory, 'bad.tar'), '--transform=s,^,../,', 'sources.d/site.yaml']);
  answers.set('/site.tar.gz', await readFile(join(directory, 'bad.tar')));
  await source(({ state }) => state === 'Stale');
  expect(await containerOf()).toBe(before);
});

it('tells a webhook and a file the same of it', async () => {
  const inFile = async (): Promise<typeof told> =>
    (await readFile(join(directory, 'events.jsonl'), 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as (typeof told)[number]);
  for (const events of [async () => told, inFile]) {
    await waitFor(async () => (await events()).some(({ reason }) => reason === 'SourceRefused') || undefined, {
      what: 'the last event',
      timeoutMs: 60_000,
    });
    const started = (await events()).filter(({ reason }) => reason === 'Started').map(({ involvedObject }) => involvedObject.name);
    expect(started.sort()).toEqual(['here-node1', 'web-node1']);
  }
});
