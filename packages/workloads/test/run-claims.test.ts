import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { parseObjects } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { of, Subject, throwError, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';
import { type ClaimRecord, emptyClaimRecord } from '../src/index.js';
import { type ClaimFeedback, type ClaimsOutput, runClaims } from '../src/rx/index.js';

const claimText = (name: string, uid: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, uid },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
const pod = (uid: string, spec: object): Pod =>
  ({ metadata: { name: uid, namespace: 'default', uid }, spec: { containers: [], ...spec } }) as Pod;
const using = (claimName: string): Pod => pod('p', { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] });
const bringing = (uid: string): Pod =>
  ({
    ...pod(uid, {
      volumes: [
        {
          name: 's',
          ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } },
        },
      ],
    }),
    metadata: { name: 'a', namespace: 'default', uid },
  }) as Pod;

const world = (record: ClaimRecord = emptyClaimRecord) => {
  const scheduler = new VirtualTimeScheduler(undefined, 1e9);
  const events$ = new Subject<ManifestEvent>();
  const feedback$ = new Subject<ClaimFeedback>();
  const discard$ = new Subject<string>();
  const outputs: ClaimsOutput[] = [];
  const saved: ClaimRecord[] = [];
  const removed: string[] = [];
  let saves: 'work' | 'fail' = 'work';
  let removals: 'work' | 'fail' = 'work';
  let documents = 0;
  events$
    .pipe(
      runClaims({
        sources: [{ source: 'file', path: '/m' }],
        record,
        save: (next) => {
          if (saves === 'fail') return throwError(() => new Error('disk full'));
          saved.push(next);
          return of(undefined);
        },
        removeData: (path) => {
          if (removals === 'fail') return throwError(() => new Error('busy'));
          removed.push(path);
          return of(undefined);
        },
        feedback$,
        discard$,
        node: { volumesDirectory: '/v', matches: () => true },
        scheduler,
      }),
    )
    .subscribe((output) => outputs.push(output));
  const origins = new Map<string, ManifestEvent & { readonly type: 'objectApplied' }>();
  return {
    outputs,
    saved,
    removed,
    /** Lets what waits happen, without end of its own. */
    pass: (ms: number) => {
      scheduler.maxFrames = scheduler.frame + ms;
      scheduler.flush();
    },
    let: (how: { readonly saves?: 'work' | 'fail'; readonly removals?: 'work' | 'fail' }) => {
      saves = how.saves ?? saves;
      removals = how.removals ?? removals;
    },
    claims: (...names: readonly string[]) => {
      for (const [name, event] of origins) {
        if (names.includes(name)) continue;
        origins.delete(name);
        events$.next({ type: 'removed', origin: event.origin });
      }
      for (const name of names) {
        if (origins.has(name)) continue;
        documents += 1;
        const result = parseObjects(claimText(name, ''), { path: 'a.json' })[0]?.result;
        if (!result?.ok) throw new Error('a claim that is none');
        const object = { ...result.object, metadata: { ...result.object.metadata, uid: `u${documents}` } } as typeof result.object;
        const event = {
          type: 'objectApplied' as const,
          origin: { source: 'file' as const, path: '/m/a', document: documents },
          object,
          warnings: [],
        };
        origins.set(name, event);
        events$.next(event);
      }
    },
    synced: () => events$.next({ type: 'synced', source: 'file', path: '/m' }),
    pods: (pods: readonly Pod[], more: Partial<ClaimFeedback> = {}) =>
      feedback$.next({ listed: true, unknownIn: new Set(), pods, ...more }),
    discard: (key: string) => discard$.next(key),
    phases: () => {
      const last = outputs.findLast((output) => output.type === 'decided');
      return last?.type === 'decided'
        ? [...last.claims].map(([key, { phase, volume }]) => `${key} ${phase} ${volume?.spec.local?.path ?? ''}`.trim())
        : [];
    },
    volumes: () => {
      const last = outputs.findLast((output) => output.type === 'decided');
      return last?.type === 'decided' ? [...last.volumes.values()].map(({ phase, claim }) => `${phase} ${claim}`) : [];
    },
  };
};

it('decides nothing before every source and the runtime have been read, and writes before it tells', () => {
  const w = world();
  w.claims('a');
  w.pods([using('a')], { listed: false });
  w.synced();
  expect(w.phases()).toEqual(['default/a Pending']);
  expect(w.saved).toEqual([]);
  w.let({ saves: 'fail' });
  w.pods([using('a')]);
  expect(w.phases()).toEqual(['default/a Pending']);
  expect(w.outputs.at(-1)).toEqual({ type: 'trouble', message: 'disk full' });
  w.let({ saves: 'work' });
  w.pass(11_000);
  expect(w.phases()).toEqual(['default/a Bound /v/default_a']);
  // In rest it does nothing more.
  const [writes, told] = [w.saved.length, w.outputs.length];
  w.pods([using('a')]);
  w.pass(600_000);
  expect([w.saved.length, w.outputs.length]).toEqual([writes, told]);
});

it('takes nothing from a Pod, nor from one that nobody knows any more, and deletes only on demand', () => {
  const w = world();
  w.claims('a');
  w.synced();
  w.pods([using('a')]);
  w.claims();
  expect(w.phases()).toEqual(['default/a Bound /v/default_a']);
  w.pods([], { unknownIn: new Set(['default']) });
  expect(w.phases()).toEqual(['default/a Bound /v/default_a']);
  w.pods([]);
  expect([w.phases(), w.volumes(), w.removed]).toEqual([[], ['Released default/a'], []]);
  w.let({ removals: 'fail' });
  w.discard('default/a');
  expect(w.volumes()).toEqual(['Released default/a']);
  w.let({ removals: 'work' });
  w.pass(11_000);
  expect([w.volumes(), w.removed]).toEqual([[], ['/v/default_a']]);
  w.claims('a');
  w.pods([using('a')]);
  expect(w.phases()).toEqual(['default/a Bound /v/default_a']);
});

it('gives a claim that comes back its data at once, though a Pod still uses it', () => {
  const w = world();
  w.claims('a');
  w.synced();
  w.pods([using('a')]);
  w.claims();
  w.claims('a');
  expect(w.phases()).toEqual(['default/a Bound /v/default_a']);
  w.pods([]);
  expect(w.volumes()).toEqual(['Bound default/a']);
});

it('lets what a Pod brought along go with it, and the next Pod of its name begin anew', () => {
  const w = world();
  w.synced();
  w.pods([bringing('one')]);
  expect(w.phases()).toEqual(['default/a-s Bound /v/default_a-s']);
  // The earlier Pod is still ending.
  w.pods([bringing('one'), bringing('two')]);
  expect(w.removed).toEqual([]);
  w.pods([bringing('two')]);
  expect(w.removed).toEqual(['/v/default_a-s']);
  expect(w.phases()).toEqual(['default/a-s Bound /v/default_a-s']);
});

it('keeps what an earlier process bound', () => {
  const before = world();
  before.claims('a');
  before.synced();
  before.pods([using('a')]);
  const after = world(JSON.parse(JSON.stringify(before.saved.at(-1))) as ClaimRecord);
  expect(after.phases()).toEqual(['default/a Bound /v/default_a']);
});
