import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { emptyManifestStates, reduceManifests } from '@solo-kubelet/manifest-source';
import type { PodView } from '@solo-kubelet/reconciler';
import { parseSourceFile, type SourceHealth, type SourceStatus } from '@solo-kubelet/verified-source';
import {
  BehaviorSubject,
  distinctUntilChanged,
  filter,
  firstValueFrom,
  map,
  of,
  type Subscription,
  scan,
  shareReplay,
  skip,
  startWith,
} from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KubeletContext } from '../kubelet-services.js';
import { sourceHealthService } from './source-health-service.js';
import { verifiedSources } from './verified-sources.js';

// The feedback edge as it is wired in a kubelet: from what a source asks for to Pods, and from how these are back to the source.

let root: string;
let server: Server;
let content = '';
const subscriptions: Subscription[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'trials-'));
  server = createServer((_request, response) => response.end(content));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const subscription of subscriptions.splice(0)) subscription.unsubscribe();
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

type Fate = 'serves' | 'crashes';
const publish = (revision: number): void => {
  content = `apiVersion: solo-kubelet.dev/v1alpha1\nkind: SourceRevision\nspec: { revision: ${revision} }\n---\napiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: app, image: "web:${revision}" }] }\n`;
};
const statusOf = (fate: Fate): object =>
  fate === 'serves'
    ? { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
    : {
        phase: 'Running',
        containerStatuses: [{ name: 'app', restartCount: 5, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      };

/** A node with one source, on which it is known what becomes of each image. */
const node = (fates: Readonly<Record<string, Fate>>) => {
  const file = parseSourceFile(
    `apiVersion: solo-kubelet.dev/v1alpha1\nkind: ManifestSource\nmetadata: { name: site }\nspec: { url: "http://127.0.0.1:${
      (server.address() as AddressInfo).port
    }/site.yaml", require: none, rollout: { minReady: 5s, progressDeadline: 1h } }\n`,
    { path: '/s/site.yaml', maxBytes: 1 << 20 },
  );
  if (!file.ok) throw new Error(JSON.stringify(file));
  const sources = verifiedSources([{ path: '/s/site.yaml', source: { ...file.source, intervalMs: 30 }, problems: [] }], {
    nodeName: 'n',
    directoryOf: (name) => join(root, name),
    prepare: async (text) => text,
    wallNow: Date.now,
    logger: silentLogger,
  });
  const pods$ = sources.manifestEvent$.pipe(
    scan((pods: ReadonlyMap<string, PodView>, event) => {
      if (event.type !== 'applied') return pods;
      const { pod } = event;
      const status = statusOf(fates[pod.spec.containers[0]?.image ?? ''] ?? 'serves');
      const podUid = pod.metadata.uid ?? '';
      return new Map([[podUid, { podUid, terminating: false, pod: { ...pod, status } } as unknown as PodView]]);
    }, new Map()),
    startWith(new Map<string, PodView>()),
  );
  const told$ = new BehaviorSubject('');
  const status$ = new BehaviorSubject<SourceStatus | undefined>(undefined);
  subscriptions.push(
    sources.statuses$.pipe(map((all) => all.get('site'))).subscribe(status$),
    sourceHealthService({
      sources$: sources.statuses$,
      manifests$: sources.manifestEvent$.pipe(
        filter(({ type }) => type !== 'synced' && type !== 'sourceFailed'),
        scan(reduceManifests, emptyManifestStates),
        startWith(emptyManifestStates),
        shareReplay({ bufferSize: 1, refCount: true }),
      ),
      objects$: of(new Map()),
      reconciler: { pods$ } as unknown as KubeletContext['reconciler'],
      sourceHealth: (name, health) => {
        sources.health(name, health);
        told$.next(health.type);
      },
    }).subscribe(),
  );
  const until = (is: (status: SourceStatus) => boolean) =>
    firstValueFrom(status$.pipe(filter((status) => status !== undefined && is(status))));
  return {
    until,
    /** Runs a revision, how it is has been told, and a check has come and gone since. */
    knows: async (revision: number, health: SourceHealth['type']): Promise<void> => {
      await until((status) => status.revision === revision);
      await firstValueFrom(told$.pipe(filter((type) => type === health)));
      const checks = status$.pipe(
        map((status) => status?.checkedAtMs),
        distinctUntilChanged(),
        skip(2),
      );
      await firstValueFrom(checks);
    },
  };
};

it('a revision that fails is left at once for one that serves', async () => {
  publish(1);
  const { knows, until } = node({ 'web:2': 'crashes' });
  await knows(1, 'ready');
  publish(2);
  const back = await until(({ rollout }) => rollout?.reason === 'RolledBack');
  expect(back).toMatchObject({ revision: 1, rollout: { revision: 2, message: expect.stringContaining('container app ended 5 times') } });
});

it('a revision that fails as the one before did has its time, and serves if it comes to', async () => {
  publish(1);
  const { knows, until } = node({ 'web:1': 'crashes', 'web:2': 'crashes' });
  await knows(1, 'failed');
  publish(2);
  const trial = await until(({ rollout }) => rollout?.message.includes('ended 5 times') === true);
  expect(trial).toMatchObject({ revision: 2, onTrial: true, rollout: { reason: 'Progressing' } });
  publish(3);
  expect(await until(({ revision, onTrial }) => revision === 3 && onTrial === undefined)).not.toHaveProperty('refusedRevision');
}, 30_000);
