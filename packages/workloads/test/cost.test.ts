import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { PodStatus } from '@solo-kubelet/pod-spec';
import { of, Subject, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';
import { type PodFeedback, runWorkloads, type WorkloadEntry } from '../src/rx/index.js';
import { objectsOf } from './workload-world.js';

const READY = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
} as PodStatus;
const textOf = (name: string, image: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: {selector: {matchLabels: {a: ${name}}}, template: {metadata: {labels: {a: ${name}}}, spec: {containers: [{name: app, image: ${image}}]}}}\n`;

/** Ms of CPU time for each of so many Deployments, from the document over a rollout to its removal. */
const costOf = (count: number): number => {
  const documents = (image: string) =>
    Array.from({ length: count }, (_, i): ManifestEvent => {
      const origin = { source: 'file', path: `web-${i}`, document: 0 };
      return { type: 'objectApplied', origin, object: objectsOf(textOf(`web-${i}`, image))[0]!, warnings: [] };
    });
  const [first, second] = [documents('a:1'), documents('a:2')];
  const manifestEvent$ = new Subject<ManifestEvent>();
  const podFeedback$ = new Subject<PodFeedback>();
  const live = new Map<string, string>();
  let uids = 0;
  const before = process.cpuUsage();
  const running = manifestEvent$
    .pipe(
      runWorkloads({
        guardStore: { load: () => of(new Map()), save: () => of(undefined), remove: () => of(undefined) },
        sources: [{ source: 'file', path: '/m' }],
        podFeedback$,
        node: { name: 'node1', fits: () => true },
        newUid: () => {
          uids += 1;
          return `uid-${uids}`;
        },
        scheduler: new VirtualTimeScheduler(),
        wallNow: () => Date.parse('2026-01-01T00:00:10Z'),
        store: { load: () => of(new Map<string, WorkloadEntry>()), save: () => of(undefined), remove: () => of(undefined) },
      }),
    )
    .subscribe((output) => {
      if (output.type !== 'manifest' || !('origin' in output.event) || output.event.origin.source !== 'workload') return;
      const origin = `${output.event.origin.path}#${output.event.origin.document}`;
      if (output.event.type === 'applied') live.set(origin, output.event.pod.metadata.uid ?? '');
      if (output.event.type === 'removed') live.delete(origin);
    });
  const status = { status: READY };
  const tell = (): void => podFeedback$.next({ listed: true, pods: new Map([...live.values()].map((uid) => [uid, status])) });
  tell();
  for (const event of first) manifestEvent$.next(event);
  manifestEvent$.next({ type: 'synced', source: 'file', path: '/m' });
  tell();
  expect(live.size).toBe(count);
  for (const event of second) manifestEvent$.next(event);
  for (let round = 0; round < 4; round += 1) tell();
  expect(live.size).toBe(count);
  for (const { origin } of second as readonly Extract<ManifestEvent, { type: 'objectApplied' }>[])
    manifestEvent$.next({ type: 'removed', origin });
  tell();
  expect(live.size).toBe(0);
  running.unsubscribe();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / count;
};

it('a Deployment of 2,000 costs what one of 200 costs', () => {
  costOf(200);
  const [few, many] = [costOf(200), costOf(2_000)];
  console.info(`a Deployment: ${few.toFixed(2)} ms of CPU of 200, ${many.toFixed(2)} of 2,000`);
  expect(many / few).toBeLessThan(2);
}, 180_000);
