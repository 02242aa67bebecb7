import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import {
  emptyManifestStates,
  emptyObjectStore,
  reduceManifests,
  shadowDuplicates,
  watchManifestDirectory,
} from '@solo-kubelet/manifest-source';
import { completePods, createNodeObjects } from '@solo-kubelet/pod-objects';
import { filter, firstValueFrom, ignoreElements, merge, NEVER, of, scan, share } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { nodeObjects } from '../src/api/node-objects.js';
import { nodeWorkloads } from '../src/pods/node-workloads.js';

const template = (name: string): object => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name: 'app', image: 'a:1', envFrom: [{ configMapRef: { name } }, { secretRef: { name } }] }] },
});
const objectsOf = (i: number): readonly object[] => {
  const name = `app-${i}`;
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: 'b', c: 'd'.repeat(200) } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { key: 'value' } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: `plain-${i}` }, spec: { containers: [{ name: 'app', image: 'a:1' }] } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { selector: { matchLabels: { app: name } }, template: template(name) },
    },
  ];
};

/** Reads a directory of objects until all of them, and the Pods of the workloads among them, are there. In ms of CPU time and of the clock, per object. */
const costOf = async (count: number): Promise<{ readonly cpuMs: number; readonly ms: number }> => {
  const root = await mkdtemp(join(tmpdir(), 'objects-cost-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const path = join(root, 'manifests');
  await mkdir(path);
  for (let i = 0; i < count / 4; i += 1) {
    await writeFile(
      join(path, `app-${i}.yaml`),
      objectsOf(i)
        .map((object) => `---\n${JSON.stringify(object)}\n`)
        .join(''),
    );
  }
  const [startMs, before] = [performance.now(), process.cpuUsage()];
  const sources = [{ source: 'file', path }];
  const workloads = nodeWorkloads({
    manifestEvent$: watchManifestDirectory({ path, nodeName: 'n', settleNames: false, timeoutMs: 60_000 }).pipe(shadowDuplicates()),
    ...{ sources, rootDirectory: root, facts: { nodeName: 'n' } as never, wallNow: Date.now, logger: silentLogger },
  });
  const event$ = workloads.manifestEvent$.pipe(createNodeObjects().take(), completePods({ store: emptyObjectStore, sources: 2 }), share());
  let pods = 0;
  await firstValueFrom(
    merge(
      event$.pipe(scan(reduceManifests, emptyManifestStates), ignoreElements()),
      nodeObjects(event$, workloads.workload$, NEVER).pipe(ignoreElements()),
      event$.pipe(filter((event) => event.type === 'applied' && ++pods === count / 2)),
      workloads.follow({ pods$: of(new Map()), known$: of(true) } as never).pipe(ignoreElements()),
    ),
  );
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1_000 / count, ms: (performance.now() - startMs) / count };
};

it('reads objects and makes the Pods of workloads at a cost for each that does not grow with their number', async () => {
  await costOf(200);
  const few = await costOf(200);
  const many = await costOf(2_000);
  console.info(
    `objects: ${few.cpuMs.toFixed(2)} ms of CPU each of 200, ${many.cpuMs.toFixed(2)} of 2,000; ${(many.ms * 1_000).toFixed(0)} ms by the clock for 1,000`,
  );
  expect(many.cpuMs / few.cpuMs).toBeLessThan(2);
}, 120_000);
