import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  reduceStatefulSet,
  type StatefulRevision,
  type StatefulSet,
  type StatefulSetDecision,
  type StatefulSetRecord,
} from '../src/index.js';
import { act, createWorld, end, isActive, isReady, type PodWorld, removeTerminating, setReady } from './pod-world.js';

type Spec = StatefulSet['spec'];

const template = (image: string): Spec['template'] => ({
  metadata: { labels: { app: 'db' } },
  spec: { containers: [{ name: 'app', image }] } as unknown as Spec['template']['spec'],
});
/** No Pod of it ever serves. */
const BROKEN = 'v3';

const setOf = (spec: Partial<Spec> = {}): StatefulSet => ({
  metadata: { name: 'db', namespace: 'default', uid: 's1' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'db' } },
    template: template('v1'),
    volumeClaimTemplates: [{ metadata: { name: 'data' } }],
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
    ...spec,
  },
});

/** A kubelet with one StatefulSet: what it wrote down, and the Pods there are. */
interface Node {
  readonly world: PodWorld;
  set: StatefulSet;
  revisions: readonly StatefulRevision[];
  record: StatefulSetRecord;
}

const nodeOf = (spec?: Partial<Spec>): Node => ({ world: createWorld(), set: setOf(spec), revisions: [], record: {} });
const decide = ({ world, set, revisions, record }: Node): StatefulSetDecision =>
  reduceStatefulSet({ set, revisions, record, pods: world.pods, nowMs: world.nowMs });
const sync = (node: Node, steps?: number): StatefulSetDecision => {
  const decision = decide(node);
  node.revisions = decision.revisions;
  node.record = decision.record;
  act(node.world, decision, steps);
  return decision;
};
const edit = (node: Node, spec: Partial<Spec>): void => {
  node.set = { ...node.set, spec: { ...node.set.spec, ...spec } };
};
const imageOf = (pod: PodWorld['pods'][number]): string | undefined => pod.spec.containers[0]?.image;
const serves = (pod: PodWorld['pods'][number]): boolean => isActive(pod) && isReady(pod);
const serveAll = ({ world }: Node): void => {
  for (const pod of world.pods.filter(isActive)) if (!isReady(pod) && imageOf(pod) !== BROKEN) setReady(world, pod, true);
};
const shown = ({ world }: Node): string =>
  world.pods
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((pod) => `${pod.metadata.name}:${imageOf(pod)}`)
    .join(' ');
const done = (node: Node): readonly string[] => {
  const decision = sync(node);
  return [...decision.delete.map(({ name }) => `-${name}`), ...decision.create.map(({ metadata }) => `+${metadata.name}`)];
};
/** All that can serve does, and what is to end has ended, until nothing is decided any more. */
const settle = (node: Node): readonly string[] => {
  const all: string[] = [];
  for (let round = 0; round < 60; round += 1) {
    const changes = done(node);
    all.push(...changes);
    removeTerminating(node.world);
    serveAll(node);
    if (changes.length + decide(node).create.length + decide(node).delete.length === 0) break;
  }
  sync(node);
  return all;
};

describe('a StatefulSet', () => {
  it('makes and tells of a claim only where there is none', () => {
    const node = nodeOf({ volumeClaimTemplates: [{ metadata: { name: 'data' } }, { metadata: { name: 'logs' } }] });
    const { set, revisions, record, world } = node;
    const decision = reduceStatefulSet({
      ...{ set, revisions, record, pods: world.pods, nowMs: world.nowMs },
      hasClaim: (name) => name === 'data-db-0',
    });
    expect(decision.claims.map(({ metadata }) => metadata.name)).toEqual(['logs-db-0']);
    expect(decision.events.map(({ message }) => message)).toEqual([
      'Create Claim logs-db-0 Pod db-0 in StatefulSet db success',
      'Create Pod db-0 in StatefulSet db successful',
    ]);
  });

  it('makes its Pods and their claims one after the other, and then does nothing more', () => {
    const node = nodeOf();
    expect(decide(node).claims.map(({ metadata }) => metadata.name)).toEqual(['data-db-0']);
    expect(done(node)).toEqual(['+db-0']);
    expect(done(node)).toEqual([]);
    expect(settle(node)).toEqual(['+db-1', '+db-2']);
    expect(node.world.pods[2]?.metadata.labels?.['controller-revision-hash']).toBe(node.revisions[0]?.name);
    expect(node.record.status).toMatchObject({ replicas: 3, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 3 });
    node.world.nowMs += 600_000;
    expect(decide(node)).toMatchObject({ create: [], delete: [], events: [], record: node.record, revisions: node.revisions });
  });

  it('in parallel makes and ends all at once', () => {
    const node = nodeOf({ podManagementPolicy: 'Parallel' });
    expect(done(node)).toEqual(['+db-0', '+db-1', '+db-2']);
    serveAll(node);
    edit(node, { replicas: 1 });
    expect(done(node)).toEqual(['-db-2', '-db-1']);
  });

  it('updates from the last to the first, each when the one before serves', () => {
    const node = nodeOf();
    settle(node);
    edit(node, { template: template('v2') });
    expect(settle(node)).toEqual(['-db-2', '+db-2', '-db-1', '+db-1', '-db-0', '+db-0']);
    expect(shown(node)).toBe('db-0:v2 db-1:v2 db-2:v2');
    expect(node.record.status?.currentRevision).toBe(node.revisions[1]?.name);
  });

  it('updates down to its partition only, and keeps the old template below it', () => {
    const spec = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } } as const;
    const node = nodeOf(spec);
    settle(node);
    edit(node, { template: template('v2') });
    settle(node);
    end(node.world, node.world.pods.find(({ metadata }) => metadata.name === 'db-0')!, 1);
    settle(node);
    expect(shown(node)).toBe('db-0:v1 db-1:v1 db-2:v2');
  });

  it('with OnDelete updates Pods only when something else ends them', () => {
    const node = nodeOf({ updateStrategy: { type: 'OnDelete' } });
    settle(node);
    edit(node, { template: template('v2') });
    expect(settle(node)).toEqual([]);
    end(node.world, node.world.pods[1]!, 1);
    settle(node);
    expect(shown(node)).toBe('db-0:v1 db-1:v2 db-2:v1');
    expect(node.record.status?.currentRevision).toBe(node.revisions[0]?.name);
    for (const name of ['db-0', 'db-2']) {
      end(node.world, node.world.pods.find(({ metadata }) => metadata.name === name)!, 1);
      settle(node);
    }
    expect(shown(node)).toBe('db-0:v2 db-1:v2 db-2:v2');
    const updated = node.revisions[1]?.name;
    expect(node.record.status).toMatchObject({ currentRevision: updated, updateRevision: updated, currentReplicas: 3, updatedReplicas: 3 });
  });

  it('in parallel does not wait for Pods of an older template that never serve', () => {
    const node = nodeOf({ podManagementPolicy: 'Parallel', template: template(BROKEN) });
    settle(node);
    edit(node, { template: template('v2') });
    expect(settle(node)).toEqual(['-db-2', '+db-2', '-db-1', '+db-1', '-db-0', '+db-0']);
    expect(shown(node)).toBe('db-0:v2 db-1:v2 db-2:v2');
  });

  it('shrinks from the last, one after the other, and counts from its first ordinal', () => {
    const node = nodeOf({ ordinals: { start: 5 } });
    settle(node);
    edit(node, { replicas: 1 });
    expect(settle(node)).toEqual(['-db-7', '-db-6']);
    expect(shown(node)).toBe('db-5:v1');
  });

  it('makes no Pod while one of its name still ends', () => {
    const node = nodeOf({ replicas: 1 });
    settle(node);
    edit(node, { template: template('v2') });
    expect([done(node), done(node)]).toEqual([['-db-0'], []]);
    removeTerminating(node.world);
    expect(done(node)).toEqual(['+db-0']);
  });

  it('ends a broken Pod whose template was corrected', () => {
    const node = nodeOf();
    settle(node);
    edit(node, { template: template(BROKEN) });
    settle(node);
    expect(shown(node)).toBe(`db-0:v1 db-1:v1 db-2:${BROKEN}`);
    edit(node, { template: template('v2') });
    settle(node);
    expect(shown(node)).toBe('db-0:v2 db-1:v2 db-2:v2');
  });

  it('takes an old template back with a new number, and keeps as many revisions as it shall', () => {
    const node = nodeOf({ revisionHistoryLimit: 1 });
    for (const image of ['a', 'b', 'c', 'a']) {
      edit(node, { template: template(image) });
      settle(node);
    }
    expect(node.revisions.map(({ revision }) => revision)).toEqual([3, 4]);
  });

  it('waits for minReadySeconds, for which it wakes', () => {
    const node = nodeOf({ minReadySeconds: 30, replicas: 2 });
    sync(node);
    serveAll(node);
    expect(sync(node)).toMatchObject({ create: [], wakeAtMs: node.world.nowMs + 30_000 });
    node.world.nowMs += 30_000;
    expect(done(node)).toEqual(['+db-1']);
  });
});

type Step =
  | { readonly type: 'template'; readonly image: string }
  | { readonly type: 'replicas'; readonly replicas: number }
  | { readonly type: 'serve' | 'ended' }
  | { readonly type: 'unready' | 'fail'; readonly which: number }
  | { readonly type: 'crash'; readonly steps: number; readonly written: boolean };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('template' as const), image: fc.constantFrom('v1', 'v2', BROKEN) }),
    fc.record({ type: fc.constant('replicas' as const), replicas: fc.nat({ max: 5 }) }),
    fc.record({ type: fc.constantFrom('serve' as const, 'serve' as const, 'ended' as const, 'ended' as const) }),
    fc.record({ type: fc.constantFrom('unready' as const, 'fail' as const), which: fc.nat({ max: 4 }) }),
    fc.record({ type: fc.constant('crash' as const), steps: fc.nat({ max: 3 }), written: fc.boolean() }),
  ),
  { maxLength: 30 },
);

const change = (node: Node, step: Step): void => {
  const { world } = node;
  const pods = world.pods.filter(isActive);
  if (step.type === 'template') edit(node, { template: template(step.image) });
  else if (step.type === 'replicas') edit(node, { replicas: step.replicas });
  else if (step.type === 'serve') serveAll(node);
  else if (step.type === 'ended') removeTerminating(world);
  else if (step.type === 'unready' && pods[step.which]) setReady(world, pods[step.which]!, false);
  else if (step.type === 'fail' && pods[step.which]) end(world, pods[step.which]!, 1);
};

describe('any history of a StatefulSet', () => {
  it('never has two Pods of one name, keeps its order, ends no serving Pod while another is down, and ends calm', () => {
    fc.assert(
      fc.property(fc.constantFrom('OrderedReady' as const, 'Parallel' as const), steps, (podManagementPolicy, history) => {
        const node = nodeOf({ podManagementPolicy });
        const ordered = podManagementPolicy === 'OrderedReady';
        const checked = (stepsOfAct?: number): void => {
          const before = node.world.pods;
          const decision = sync(node, stepsOfAct);
          const isServing = (ordinal: number): boolean => before.some((pod) => pod.metadata.name === `db-${ordinal}` && serves(pod));
          if (!ordered) return;
          for (const { metadata } of decision.create) {
            const ordinal = Number(metadata.name.slice(3));
            expect(Array.from({ length: ordinal }, (_, i) => isServing(i))).toEqual(Array(ordinal).fill(true));
          }
          expect(decision.create.length + decision.delete.length).toBeLessThanOrEqual(1);
          const ended = before.find(({ metadata }) => metadata.uid === decision.delete[0]?.uid);
          if (ended !== undefined && serves(ended)) {
            for (let i = 0; i < node.set.spec.replicas; i += 1) expect(isServing(i)).toBe(true);
          }
        };
        checked();
        for (const step of history) {
          change(node, step);
          if (step.type === 'crash') {
            if (step.written) checked(step.steps);
            else decide(node);
          }
          checked();
          expect(decide(node)).toMatchObject({ create: [], delete: [], events: [] });
        }
        edit(node, { template: template('v2') });
        settle(node);
        expect(shown(node)).toBe(Array.from({ length: node.set.spec.replicas }, (_, i) => `db-${i}:v2`).join(' '));
        node.world.nowMs += 600_000;
        expect(decide(node)).toMatchObject({ create: [], delete: [], events: [], record: node.record, revisions: node.revisions });
      }),
      { numRuns: 150 },
    );
  });
});
