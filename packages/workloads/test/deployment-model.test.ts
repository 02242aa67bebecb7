import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Deployment,
  type DeploymentDecision,
  type DeploymentRecord,
  type DeploymentRevision,
  type DeploymentStrategy,
  minAvailable,
  reduceDeployment,
  usedFenceposts,
} from '../src/index.js';
import { act, createWorld, end, isActive, isReady, type PodWorld, removeTerminating, setReady } from './pod-world.js';

const template = (image: string): Deployment['spec']['template'] => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'app', image }] } as unknown as Deployment['spec']['template']['spec'],
});

/** No Pod of it ever serves. */
const BROKEN = 'v3';

const deploymentOf = (spec: Partial<Deployment['spec']>): Deployment => ({
  metadata: { name: 'web', namespace: 'default', uid: 'd1' },
  spec: {
    replicas: 3,
    strategy: { type: 'RollingUpdate', maxSurge: 1, maxUnavailable: 0 },
    template: template('v1'),
    revisionHistoryLimit: 2,
    progressDeadlineSeconds: 600,
    ...spec,
  },
});

/** A kubelet with one Deployment: what it wrote down, and the Pods there are. */
interface Node {
  readonly world: PodWorld;
  deployment: Deployment;
  revisions: readonly DeploymentRevision[];
  record: DeploymentRecord;
  readonly stopFirst: boolean;
}

const nodeOf = (spec: Partial<Deployment['spec']> = {}, stopFirst = false): Node => ({
  world: createWorld(),
  deployment: deploymentOf(spec),
  revisions: [],
  record: { podsMade: 0 },
  stopFirst,
});

const decide = ({ world, deployment, revisions, record, stopFirst }: Node): DeploymentDecision =>
  reduceDeployment({ deployment, revisions, record, pods: world.pods, nowMs: world.nowMs, stopFirst });

const sync = (node: Node, steps?: number): DeploymentDecision => {
  const decision = decide(node);
  node.revisions = decision.revisions;
  node.record = decision.record;
  act(node.world, decision, steps);
  return decision;
};

const imageOf = (pod: PodWorld['pods'][number]): string | undefined => pod.spec.containers[0]?.image;
const active = (node: Node): PodWorld['pods'] => node.world.pods.filter(isActive);

/** All that can serve does, and what is to end has ended; again and again, until nothing is decided any more. */
const settle = (node: Node): readonly string[] => {
  const told: string[] = [];
  for (let round = 0; round < 60; round += 1) {
    const { create, delete: deleted, events } = sync(node);
    told.push(...events.map(({ message }) => message));
    removeTerminating(node.world);
    for (const pod of active(node)) if (!isReady(pod) && imageOf(pod) !== BROKEN) setReady(node.world, pod, true);
    if (round > 0 && create.length + deleted.length === 0 && active(node).every(isReady)) break;
    node.world.nowMs += 1_000_000;
  }
  return told;
};

const imagesOf = (node: Node): readonly (string | undefined)[] => active(node).map(imageOf);
const scalings = (told: readonly string[]): readonly string[] => told.filter((message) => message.startsWith('Scaled'));
const progressing = ({ record }: Node): string | undefined => record.status?.conditions.find(({ type }) => type === 'Progressing')?.reason;

describe('a Deployment', () => {
  it('makes its Pods, names them for good and then does nothing more', () => {
    const node = nodeOf();
    settle(node);
    expect(imagesOf(node)).toEqual(['v1', 'v1', 'v1']);
    expect(new Set(active(node).map(({ metadata }) => metadata.name)).size).toBe(3);
    expect(active(node)[0]?.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2-9]{8,10}-[bcdfghjklmnpqrstvwxz2-9]{5}$/);
    expect([node.revisions[0]?.revision, progressing(node)]).toEqual([1, 'NewReplicaSetAvailable']);
    node.world.nowMs += 600_000;
    expect(decide(node)).toMatchObject({ create: [], delete: [], events: [], revisions: node.revisions, record: node.record });
    expect(decide(node).wakeAtMs).toBeUndefined();
  });

  it('takes its decision again as it was when it was lost, and goes on where it was when only the act was', () => {
    const node = nodeOf();
    expect(decide(node)).toEqual(decide(node));
    sync(node, 1);
    expect(active(node)).toHaveLength(1);
    sync(node);
    expect(active(node)).toHaveLength(3);
  });

  it('replaces one Pod after the other, the new one first', () => {
    const node = nodeOf({ replicas: 2 });
    settle(node);
    node.deployment = deploymentOf({ replicas: 2, template: template('v2') });
    const [old, young] = [node.revisions[0]?.name, decide(node).revisions[1]?.name];
    expect(scalings(settle(node))).toEqual([
      `Scaled up replica set ${young} from 0 to 1`,
      `Scaled down replica set ${old} from 2 to 1`,
      `Scaled up replica set ${young} from 1 to 2`,
      `Scaled down replica set ${old} from 1 to 0`,
    ]);
    expect(imagesOf(node)).toEqual(['v2', 'v2']);
    expect(node.revisions.map(({ revision, replicas }) => [revision, replicas])).toEqual([
      [1, 0],
      [2, 2],
    ]);
  });

  it('gives a template that comes back its old revision and a new number', () => {
    const node = nodeOf();
    for (const image of ['v1', 'v2', 'v1']) {
      node.deployment = deploymentOf({ template: template(image) });
      settle(node);
    }
    expect(node.revisions.map(({ revision, revisionHistory, replicas }) => [revision, revisionHistory, replicas])).toEqual([
      [3, [1], 3],
      [2, [], 0],
    ]);
  });

  it('keeps as many old revisions as it shall', () => {
    const node = nodeOf({ revisionHistoryLimit: 1 });
    for (const image of ['a', 'b', 'c', 'd']) {
      node.deployment = deploymentOf({ revisionHistoryLimit: 1, template: template(image) });
      settle(node);
    }
    expect(node.revisions.map(({ revision }) => revision)).toEqual([3, 4]);
  });

  it('says when there was no progress for too long, wakes for that, and leaves the old Pods alone', () => {
    const node = nodeOf();
    settle(node);
    node.deployment = deploymentOf({ template: template(BROKEN) });
    const wakeAtMs = sync(node).wakeAtMs!;
    expect(wakeAtMs - node.world.nowMs).toBe(601_000);
    node.world.nowMs = wakeAtMs;
    expect(sync(node).status.conditions.at(-1)).toMatchObject({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(imagesOf(node)).toEqual(['v1', 'v1', 'v1', BROKEN]);
    expect(sync(node).wakeAtMs).toBeUndefined();
  });

  it('scales, but rolls nothing, while it is paused', () => {
    const node = nodeOf();
    settle(node);
    node.deployment = deploymentOf({ template: template('v2'), replicas: 5, paused: true });
    settle(node);
    expect([imagesOf(node), progressing(node)]).toEqual([Array(5).fill('v1'), 'DeploymentPaused']);
    node.deployment = deploymentOf({ template: template('v2'), replicas: 5 });
    settle(node);
    expect([imagesOf(node), progressing(node)]).toEqual([Array(5).fill('v2'), 'NewReplicaSetAvailable']);
  });

  it('gives a template that it goes back to the highest number while it is paused, too', () => {
    const node = nodeOf();
    settle(node);
    node.deployment = deploymentOf({ template: template('v2') });
    settle(node);
    node.deployment = deploymentOf({ template: template('v1'), paused: true });
    settle(node);
    expect(node.revisions.map(({ revision, revisionHistory }) => [revision, revisionHistory])).toEqual([
      [3, [1]],
      [2, []],
    ]);
    expect(imagesOf(node)).toEqual(Array(3).fill('v2'));
  });

  it('with Recreate waits until the last old Pod has ended', () => {
    const spec = { replicas: 2, strategy: { type: 'Recreate' } } as const;
    const node = nodeOf(spec);
    settle(node);
    node.deployment = deploymentOf({ ...spec, template: template('v2') });
    expect(sync(node)).toMatchObject({ create: [], delete: [{}, {}] });
    expect(sync(node)).toMatchObject({ create: [], delete: [] });
    removeTerminating(node.world);
    expect(sync(node).create).toHaveLength(2);
  });

  it('stops the old Pod first where two cannot run at once', () => {
    const node = nodeOf({ replicas: 1 }, true);
    settle(node);
    node.deployment = deploymentOf({ replicas: 1, template: template('v2') });
    expect(sync(node).delete).toHaveLength(1);
    expect(active(node).length).toBeLessThanOrEqual(1);
    settle(node);
    expect(imagesOf(node)).toEqual(['v2']);
  });

  it('counts a Pod as available after minReadySeconds only, and wakes for that', () => {
    const node = nodeOf({ replicas: 1, minReadySeconds: 30 });
    sync(node);
    setReady(node.world, active(node)[0]!, true);
    const { wakeAtMs, status } = sync(node);
    expect([status.readyReplicas, status.availableReplicas, wakeAtMs]).toEqual([1, 0, node.world.nowMs + 30_000]);
    node.world.nowMs += 30_000;
    expect(sync(node).status.availableReplicas).toBe(1);
  });

  it('replaces a Pod that ended, each time later', () => {
    const node = nodeOf({ replicas: 1 });
    settle(node);
    for (const delayMs of [1_000, 2_000, 4_000]) {
      end(node.world, active(node)[0]!, 1);
      const { create, wakeAtMs } = sync(node);
      expect([create, wakeAtMs]).toEqual([[], node.world.nowMs + delayMs]);
      node.world.nowMs += delayMs;
      expect(sync(node).create).toHaveLength(1);
    }
  });

  it('keeps its Pods when its record is lost, and rolls away those of a template that it does not know', () => {
    const node = nodeOf();
    settle(node);
    const names = active(node).map(({ metadata }) => metadata.name);
    node.revisions = [];
    node.record = { podsMade: 0 };
    settle(node);
    expect(active(node).map(({ metadata }) => metadata.name)).toEqual(names);
    node.revisions = [];
    node.record = { podsMade: 0 };
    node.deployment = deploymentOf({ template: template('v2') });
    settle(node);
    expect(imagesOf(node)).toEqual(['v2', 'v2', 'v2']);
  });
});

type Step =
  | { readonly type: 'template'; readonly image: string }
  | { readonly type: 'replicas'; readonly replicas: number }
  | { readonly type: 'pause' | 'serve' | 'ended' }
  | { readonly type: 'unready' | 'fail'; readonly which: number }
  | { readonly type: 'time'; readonly seconds: number }
  | { readonly type: 'crash'; readonly steps: number; readonly written: boolean };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('template' as const), image: fc.constantFrom('v1', 'v2', BROKEN) }),
    fc.record({ type: fc.constant('replicas' as const), replicas: fc.nat({ max: 6 }) }),
    fc.record({ type: fc.constantFrom('pause' as const, 'serve' as const, 'serve' as const, 'ended' as const) }),
    fc.record({ type: fc.constantFrom('unready' as const, 'fail' as const), which: fc.nat({ max: 5 }) }),
    fc.record({ type: fc.constant('time' as const), seconds: fc.nat({ max: 700 }) }),
    fc.record({ type: fc.constant('crash' as const), steps: fc.nat({ max: 4 }), written: fc.boolean() }),
  ),
  { maxLength: 25 },
);

const strategies: fc.Arbitrary<DeploymentStrategy> = fc.oneof(
  fc.constant({ type: 'Recreate' } as const),
  fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })).map(([maxSurge, maxUnavailable]) => ({
    type: 'RollingUpdate' as const,
    maxSurge: maxSurge + maxUnavailable === 0 ? 1 : maxSurge,
    maxUnavailable,
  })),
);

const change = (node: Node, step: Step): void => {
  const { world } = node;
  const pods = active(node);
  const edit = (spec: Partial<Deployment['spec']>): void => {
    node.deployment = { ...node.deployment, spec: { ...node.deployment.spec, ...spec } };
  };
  if (step.type === 'template') edit({ template: template(step.image) });
  else if (step.type === 'replicas') edit({ replicas: step.replicas });
  else if (step.type === 'pause') edit({ paused: !node.deployment.spec.paused });
  else if (step.type === 'serve') for (const pod of pods) setReady(world, pod, imageOf(pod) !== BROKEN);
  else if (step.type === 'ended') removeTerminating(world);
  else if (step.type === 'time') world.nowMs += step.seconds * 1_000;
  else if (step.type === 'unready' && pods[step.which]) setReady(world, pods[step.which]!, false);
  else if (step.type === 'fail' && pods[step.which]) end(world, pods[step.which]!, 1);
};

/** Available Pods, of each revision no more than it shall have. */
const serving = (node: Node): number =>
  node.revisions.reduce((sum, { hash, replicas }) => {
    const ready = active(node).filter((pod) => pod.metadata.labels?.['pod-template-hash'] === hash && isReady(pod));
    return sum + Math.min(ready.length, replicas);
  }, 0);

describe('any history of a Deployment', () => {
  it('never has too many Pods or too few that serve, and ends calm in what was asked for', () => {
    fc.assert(
      fc.property(strategies, steps, (strategy, history) => {
        const node = nodeOf({ strategy });
        sync(node);
        for (const step of history) {
          change(node, step);
          const { replicas, paused } = node.deployment.spec;
          const before = serving(node);
          const rescaled = paused || node.revisions.some((revision) => revision.replicas > 0 && revision.desired !== replicas);
          if (step.type === 'crash') {
            const decision = decide(node);
            if (step.written) {
              node.revisions = decision.revisions;
              node.record = decision.record;
              act(node.world, decision, step.steps);
            }
          }
          sync(node);
          expect(active(node).length).toBeLessThanOrEqual(replicas + usedFenceposts(strategy, replicas).surge);
          if (!rescaled && strategy.type === 'RollingUpdate')
            expect(serving(node)).toBeGreaterThanOrEqual(Math.min(before, minAvailable(strategy, replicas)));
          expect(decide(node)).toMatchObject({ create: [], delete: [], events: [] });
        }
        node.deployment = { ...node.deployment, spec: { ...node.deployment.spec, paused: false, template: template('v2') } };
        settle(node);
        const { replicas } = node.deployment.spec;
        expect(imagesOf(node)).toEqual(Array(replicas).fill('v2'));
        expect(node.revisions.filter((revision) => revision.replicas > 0).length).toBe(replicas > 0 ? 1 : 0);
        sync(node);
        node.world.nowMs += 600_000;
        expect(decide(node)).toMatchObject({ create: [], delete: [], events: [], revisions: node.revisions, record: node.record });
      }),
      { numRuns: 150 },
    );
  });
});
