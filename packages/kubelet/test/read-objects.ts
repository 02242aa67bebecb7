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
export const costOf = async (count: number, { eachInAFile = false } = {}): Promise<{ readonly cpuMs: number; readonly ms: number }> => {
  const root = await mkdtemp(join(tmpdir(), 'objects-cost-'));
  const path = join(root, 'manifests');
  await mkdir(path);
  for (let i = 0; i < count / 4; i += 1) {
    const texts = objectsOf(i).map((object) => `---\n${JSON.stringify(object)}\n`);
    const files = eachInAFile ? texts : [texts.join('')];
    for (const [at, text] of files.entries()) await writeFile(join(path, `app-${i}-${at}.yaml`), text);
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
  const ms = (performance.now() - startMs) / count;
  await rm(root, { recursive: true, force: true });
  return { cpuMs: (user + system) / 1_000 / count, ms };
};
