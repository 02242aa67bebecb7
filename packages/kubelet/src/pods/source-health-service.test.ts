import type { ManifestStates } from '@solo-kubelet/manifest-source';
import type { PodView } from '@solo-kubelet/reconciler';
import { type SourceHealth, type SourceStatus, verifiedSourceOrigin } from '@solo-kubelet/verified-source';
import { BehaviorSubject } from 'rxjs';
import { afterEach, expect, it } from 'vitest';
import type { NodeObjectView } from '../api/node-objects.js';
import type { KubeletContext } from '../kubelet-services.js';
import { sourceHealthService } from './source-health-service.js';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const status = (name: string, digest?: string, more: Partial<SourceStatus> = {}): SourceStatus => ({
  name,
  url: '',
  require: 'signature',
  priority: 0,
  state: 'Ready',
  sinceMs: 0,
  failures: 0,
  ...(digest !== undefined && { digest }),
  ...more,
});
const sourcesOf = (...statuses: readonly SourceStatus[]) => new Map(statuses.map((one) => [one.name, one]));
/** One Pod of each source. */
const manifests = (...names: readonly string[]) =>
  ({
    manifests: new Map(
      names.map((name) => [
        name,
        {
          origin: { ...verifiedSourceOrigin(name), document: 0 },
          state: 'accepted',
          podKey: `default/${name}`,
          podUid: name,
          issues: [],
          message: '',
        },
      ]),
    ),
  }) as unknown as ManifestStates;
const podsOf = (ready: Readonly<Record<string, boolean>>) =>
  new Map(
    Object.entries(ready).map(([name, isReady]) => [
      name,
      {
        podUid: name,
        terminating: false,
        pod: {
          metadata: { name, namespace: 'default' },
          spec: { containers: [] },
          status: { phase: 'Running', conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
        },
      } as unknown as PodView,
    ]),
  );

const bed = (sources: ReadonlyMap<string, SourceStatus>) => {
  const sources$ = new BehaviorSubject(sources);
  const pods$ = new BehaviorSubject<ReadonlyMap<string, PodView>>(new Map());
  const objects$ = new BehaviorSubject<ReadonlyMap<string, NodeObjectView>>(new Map());
  const told: string[] = [];
  const subscription = sourceHealthService({
    sources$,
    manifests$: new BehaviorSubject(manifests('a', 'b')),
    objects$,
    reconciler: { pods$ } as unknown as KubeletContext['reconciler'],
    sourceHealth: (name: string, { type }: SourceHealth) => told.push(`${name} ${type}`),
  }).subscribe();
  stops.push(() => subscription.unsubscribe());
  return { sources$, pods$, objects$, heard: () => told.splice(0) };
};

it('tells each source how it is, on trial or not, and only what has changed', () => {
  const { sources$, pods$, heard } = bed(sourcesOf(status('a'), status('b')));
  expect(heard()).toEqual([]);
  sources$.next(sourcesOf(status('a', '1'), status('b')));
  expect(heard()).toEqual(['a progressing']);
  pods$.next(podsOf({ a: true, b: true }));
  expect(heard()).toEqual(['a ready']);
  sources$.next(sourcesOf(status('a', '1', { state: 'Stale' }), status('b', '1')));
  expect(heard()).toEqual(['b ready']);
  pods$.next(podsOf({ a: false, b: true }));
  expect(heard()).toEqual(['a progressing']);
});

it('forgets how a source was with its next revision, and leaves the others their time', () => {
  const { sources$, pods$, heard } = bed(sourcesOf(status('a', '1'), status('b', '1', { onTrial: true })));
  pods$.next(podsOf({ a: true, b: true }));
  heard();
  sources$.next(sourcesOf(status('a', '2', { onTrial: true }), status('b', '1', { onTrial: true })));
  expect(heard()).toEqual(['a unknown', 'a ready']);
});

it('looks at nothing where there are no sources, and from the start on where there are', () => {
  expect(bed(new Map()).objects$.observed).toBe(false);
  expect(bed(sourcesOf(status('a'))).objects$.observed).toBe(true);
});
