import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { World } from './workload-world.js';

let world: World;
afterEach(() => world.stop());

const SURGE = 1;
const deployment = (image: string, replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: ${SURGE}, maxUnavailable: 0 } }
  selector: { matchLabels: { app: web } }
  template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: app, image: ${image} }] } }
`;
const stateful = (image: string): string => `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  replicas: 2
  selector: { matchLabels: { app: db } }
  template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: app, image: ${image} }] } }
`;
const INDEXES = 3;
const JOB = `
apiVersion: batch/v1
kind: Job
metadata: { name: pi }
spec:
  completions: ${INDEXES}
  parallelism: 2
  completionMode: Indexed
  backoffLimit: 1000
  template: { spec: { restartPolicy: Never, containers: [{ name: app, image: x }] } }
`;

type Step =
  | { readonly type: 'roll'; readonly image: string }
  | { readonly type: 'scale'; readonly replicas: number }
  | { readonly type: 'remove' | 'serve' | 'reap' | 'restart' }
  | { readonly type: 'unready' | 'refuse' | 'fail' | 'succeed'; readonly which: number }
  | { readonly type: 'time'; readonly seconds: number }
  | { readonly type: 'clock'; readonly seconds: number }
  | { readonly type: 'crash'; readonly at: 'lost' | 'kept' };

const BROKEN = 'broken';
const which = fc.nat({ max: 8 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('roll' as const), image: fc.constantFrom('v1', 'v2', BROKEN) }),
    fc.record({ type: fc.constant('scale' as const), replicas: fc.nat({ max: 4 }) }),
    fc.record({ type: fc.constantFrom('remove' as const, 'serve' as const, 'serve' as const, 'reap' as const, 'restart' as const) }),
    fc.record({
      type: fc.constantFrom('unready' as const, 'refuse' as const, 'fail' as const, 'succeed' as const, 'succeed' as const),
      which,
    }),
    fc.record({ type: fc.constant('time' as const), seconds: fc.nat({ max: 900 }) }),
    fc.record({ type: fc.constant('clock' as const), seconds: fc.integer({ min: -5_000, max: 5_000 }) }),
    fc.record({ type: fc.constant('crash' as const), at: fc.constantFrom('lost' as const, 'kept' as const) }),
  ),
  { maxLength: 30 },
);

const ofKind = (kind: string) => world.live().filter(({ pod }) => pod.metadata.ownerReferences?.[0]?.kind === kind);
const indexOf = (pod: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }): string =>
  pod.metadata.labels?.['batch.kubernetes.io/job-completion-index'] ?? '';
const isReady = (live: ReturnType<World['live']>[number]): boolean => live.status.conditions?.[0]?.status === 'True';

it('whatever befalls documents, Pods, clocks and the process, the laws of every kind hold, and all ends calm as it was asked for', () => {
  fc.assert(
    fc.property(steps, (history) => {
      world = new World();
      let [image, replicas] = ['v1', 2];
      const done = new Set<string>();
      world.onApplied = (pod) => {
        if (pod.metadata.ownerReferences?.[0]?.kind !== 'Job') return;
        expect(done.has(indexOf(pod)), 'an index that is done runs again').toBe(false);
      };
      const documents = (): void => {
        world.apply(deployment(image, replicas));
        world.apply(stateful(image));
        world.apply(JOB);
      };
      world.start();
      documents();
      for (const step of history) {
        const live = world.live();
        const servedBefore = ofKind('ReplicaSet').filter(isReady).length;
        switch (step.type) {
          case 'roll':
          case 'scale':
            if (step.type === 'roll') image = step.image;
            else replicas = step.replicas;
            documents();
            break;
          case 'remove':
            world.remove('Deployment/web');
            world.remove('StatefulSet/db');
            break;
          case 'serve':
            for (const one of live) if (one.pod.spec.containers[0]?.image !== BROKEN) world.ready(one);
            break;
          case 'reap':
            world.reap();
            break;
          case 'restart':
            world.start();
            break;
          case 'time':
            world.pass(step.seconds * 1_000);
            break;
          case 'clock':
            world.clockAheadMs += step.seconds * 1_000;
            break;
          case 'crash':
            world.nextWrite = step.at;
            world.apply(deployment(image === 'v1' ? 'v2' : 'v1', replicas));
            world.nextWrite = 'done';
            if (world.isDown()) world.start();
            documents();
            break;
          default: {
            const one = live[step.which % Math.max(live.length, 1)];
            if (one === undefined) break;
            const ofJob = one.pod.metadata.ownerReferences?.[0]?.kind === 'Job';
            if (step.type === 'unready') world.ready(one, false);
            else if (step.type === 'refuse') world.refuse(one, ofJob ? 'evicted' : 'refused');
            else if (step.type === 'succeed' && ofJob) {
              done.add(indexOf(one.pod));
              world.end(one, 0);
            } else if (step.type === 'fail') world.end(one, 1);
          }
        }
        expect(ofKind('ReplicaSet').length).toBeLessThanOrEqual(Math.max(replicas + SURGE, 0));
        if (step.type === 'roll' || step.type === 'restart' || step.type === 'time') {
          expect(ofKind('ReplicaSet').filter(isReady).length).toBeGreaterThanOrEqual(Math.min(servedBefore, replicas));
        }
        expect(new Set(world.names()).size).toBe(world.names().length);
      }
      [image, replicas] = ['v3', 3];
      for (const one of world.pods.values())
        if (one.returns !== undefined) Object.assign(one, { returns: undefined, status: { phase: 'Pending' } });
      documents();
      world.tell();
      for (let round = 0; round < 12; round += 1) {
        world.settle();
        for (const one of ofKind('Job')) {
          done.add(indexOf(one.pod));
          world.end(one, 0);
        }
      }
      expect(ofKind('ReplicaSet').map(({ pod }) => pod.spec.containers[0]?.image)).toEqual(['v3', 'v3', 'v3']);
      expect(
        ofKind('StatefulSet')
          .map(({ pod }) => pod.metadata.name)
          .sort(),
      ).toEqual(['db-0', 'db-1']);
      expect(ofKind('StatefulSet').map(({ pod }) => pod.spec.containers[0]?.image)).toEqual(['v3', 'v3']);
      expect(done.size).toBe(INDEXES);
      const [calls, uids] = [world.calls, [...world.pods.keys()]];
      world.pass(600_000);
      world.start();
      world.pass(600_000);
      expect([world.calls, [...world.pods.keys()]]).toEqual([calls, uids]);
    }),
    { numRuns: 60 },
  );
});
