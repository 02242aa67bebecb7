import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceObject } from '@solo-kubelet/node-api';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { podManifest, SLEEP, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

// A revision on trial, on a real runtime: one whose containers end goes back to what ran, and is left alone until somebody asks for it.

let directory: string;
let site: Server;
let node: TestNode;
let answer = '';

const publish = (revision: number, command: string): void => {
  answer = [
    { apiVersion: 'solo-kubelet.dev/v1alpha1', kind: 'SourceRevision', spec: { revision } },
    podManifest('web', { containers: [script('app', command)] }),
  ]
    .map((one) => stringify(one))
    .join('---\n');
};
const source = (what: string, reached: (one: SourceObject) => boolean): Promise<SourceObject> =>
  waitFor(async () => (await node.api.listSources({ signal: AbortSignal.timeout(15_000) })).find(reached), {
    what: `the source: ${what}`,
    timeoutMs: 60_000,
  });
const commandOf = async (): Promise<string | undefined> => (await node.pod('web', isRunning)).spec.containers[0]?.command?.[2];
const steer = (command: string): Promise<string> => node.api.commandSource('site', command, { signal: AbortSignal.timeout(15_000) });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollouts-'));
  site = createServer((_, response) => {
    response.end(answer);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const sourceDirectory = join(directory, 'sources.d');
  await mkdir(sourceDirectory);
  await writeFile(
    join(sourceDirectory, 'site.yaml'),
    stringify({
      apiVersion: 'solo-kubelet.dev/v1alpha1',
      kind: 'ManifestSource',
      metadata: { name: 'site' },
      spec: {
        url: `http://127.0.0.1:${(site.address() as AddressInfo).port}/site.yaml`,
        interval: '5s',
        require: 'none',
        rollout: { progressDeadline: '10s', minReady: '5s' },
      },
    }),
  );
  publish(1, SLEEP);
  node = await startNode({ flags: ['--source-dir', sourceDirectory] });
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  site?.closeAllConnections();
  site?.close();
  await rm(directory, { recursive: true, force: true });
});

it('goes back from a revision whose containers end, and says so', async () => {
  await source('the first revision has passed', ({ revision, onTrial }) => revision === 1 && onTrial !== true);
  publish(2, 'exit 1');
  await source('on trial', ({ revision, onTrial }) => revision === 2 && onTrial === true);
  const back = await source('back', ({ rollout }) => rollout?.reason === 'RolledBack');
  expect(back).toMatchObject({ revision: 1, state: 'Ready' });
  expect(await commandOf()).toBe(SLEEP);
});

it('keeps to what runs until a newer revision comes, which passes', async () => {
  const later = `: later; ${SLEEP}`;
  publish(3, later);
  await source(
    'the newer revision has passed',
    ({ revision, onTrial, rollout }) => revision === 3 && onTrial !== true && rollout === undefined,
  );
  expect(await commandOf()).toBe(later);
});

it('leaves what is on trial when it is told to skip it', async () => {
  publish(4, `: skipped; ${SLEEP}`);
  await source('on trial', ({ revision, onTrial }) => revision === 4 && onTrial === true);
  await steer('skip');
  await source('left', ({ revision, rollout }) => revision === 3 && rollout?.reason === 'Skipped');
  expect(await commandOf()).toBe(`: later; ${SLEEP}`);
});
