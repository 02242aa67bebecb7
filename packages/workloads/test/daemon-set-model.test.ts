import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DaemonRevision, type DaemonSet, type DaemonSetDecision, type DaemonSetRecord, reduceDaemonSet } from '../src/index.js';
import { act, createWorld, end, isActive, isReady, type PodWorld, removeTerminating, setReady } from './pod-world.js';

type Spec = DaemonSet['spec'];

const template = (image: string, more: object = {}): Spec['template'] => ({
  metadata: { labels: { app: 'agent' } },
  spec: { containers: [{ name: 'app', image }], ...more } as unknown as Spec['template']['spec'],
});

const SURGE = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } as const;

/** A kubelet with one DaemonSet: what it wrote down, and the Pods there are. */
interface Node {
  readonly world: PodWorld;
  daemonSet: DaemonSet;
  revisions: readonly DaemonRevision[];
  record: DaemonSetRecord;
  shouldRun: boolean;
  shouldContinueRunning: boolean;
  readonly stopFirst: boolean;
}

const nodeOf = (spec: Partial<Spec> = {}, stopFirst = false): Node => ({
  world: createWorld(),
  daemonSet: {
    metadata: { name: 'agent', namespace: 'default', uid: 'ds1' },
    spec: {
      template: template('v1'),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      revisionHistoryLimit: 1,
      ...spec,
    },
  },
  revisions: [],
  record: { podsMade: 0 },
  shouldRun: true,
  shouldContinueRunning: true,
  stopFirst,
});
const decide = ({ world, daemonSet, revisions, record, shouldRun, shouldContinueRunning, stopFirst }: Node): DaemonSetDecision =>
  reduceDaemonSet({
    daemonSet,
    revisions,
    record,
    pods: world.pods,
    node: { nodeName: 'node1', shouldRun, shouldContinueRunning },
    nowMs: world.nowMs,
    stopFirst,
  });
const sync = (node: Node, steps?: number): DaemonSetDecision => {
  const decision = decide(node);
  node.revisions = decision.revisions;
  node.record = decision.record;
  act(node.world, decision, steps);
  return decision;
};
const edit = (node: Node, spec: Partial<Spec>): void => {
  node.daemonSet = { ...node.daemonSet, spec: { ...node.daemonSet.spec, ...spec } };
};
const active = ({ world }: Node): PodWorld['pods'] => world.pods.filter(isActive);
const images = (node: Node): readonly (string | undefined)[] => active(node).map((pod) => pod.spec.containers[0]?.image);
const serveAll = (node: Node): void => {
  for (const pod of active(node)) if (!isReady(pod)) setReady(node.world, pod, true);
};
const changes = (node: Node): string => {
  const { create, delete: gone } = sync(node);
  return `+${create.length} -${gone.length}`;
};
/** All serve and what is to end has ended, until nothing is decided any more. */
const settle = (node: Node): void => {
  for (let round = 0; round < 20; round += 1) {
    sync(node);
    removeTerminating(node.world);
    serveAll(node);
    const { create, delete: gone } = decide(node);
    if (create.length + gone.length === 0 && active(node).length === node.world.pods.length) break;
    node.world.nowMs += 1_000_000;
  }
  sync(node);
};

describe('a DaemonSet on one node', () => {
  it('has one Pod, bound to the node, and then does nothing more', () => {
    const node = nodeOf({
      template: template('v1', {
        hostNetwork: true,
        tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
      }),
    });
    const [pod] = sync(node).create;
    expect(pod?.metadata.name).toMatch(/^agent-.{5}$/);
    expect(pod?.metadata.labels?.['controller-revision-hash']).toMatch(/^[bcdfghjklmnpqrstvwxz2-9]+$/);
    expect(pod?.spec.tolerations?.map(({ key }) => key?.replace('node.kubernetes.io/', ''))).toEqual([
      'not-ready',
      'unreachable',
      'disk-pressure',
      'memory-pressure',
      'pid-pressure',
      'unschedulable',
      'network-unavailable',
    ]);
    expect(pod?.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields).toEqual([
      { key: 'metadata.name', operator: 'In', values: ['node1'] },
    ]);
    settle(node);
    node.world.nowMs += 600_000;
    expect(decide(node)).toMatchObject({ create: [], delete: [], events: [], record: node.record, revisions: node.revisions });
    expect(decide(node).status).toMatchObject({
      desiredNumberScheduled: 1,
      numberAvailable: 1,
      numberUnavailable: 0,
      updatedNumberScheduled: 1,
    });
  });

  it('counts the old Pod for as long as it ends', () => {
    const node = nodeOf();
    settle(node);
    edit(node, { template: template('v2') });
    sync(node);
    expect(decide(node).status).toMatchObject({
      currentNumberScheduled: 1,
      numberReady: 1,
      numberAvailable: 1,
      numberUnavailable: 0,
      updatedNumberScheduled: 0,
    });
    removeTerminating(node.world);
    sync(node);
    expect(decide(node).status).toMatchObject({
      currentNumberScheduled: 1,
      numberReady: 0,
      numberUnavailable: 1,
      updatedNumberScheduled: 1,
    });
  });

  it('without surge ends the old Pod first, and makes none while that ends', () => {
    const node = nodeOf();
    settle(node);
    edit(node, { template: template('v2') });
    expect([changes(node), changes(node)]).toEqual(['+0 -1', '+0 -0']);
    removeTerminating(node.world);
    expect([changes(node), images(node)]).toEqual(['+1 -0', ['v2']]);
  });

  it('with surge ends the old Pod once the new one is available, or when it serves no more itself', () => {
    const node = nodeOf({ updateStrategy: SURGE });
    settle(node);
    edit(node, { template: template('v2') });
    expect([changes(node), changes(node)]).toEqual(['+1 -0', '+0 -0']);
    serveAll(node);
    expect([changes(node), images(node)]).toEqual(['+0 -1', ['v2']]);
    edit(node, { template: template('v3') });
    sync(node);
    setReady(node.world, active(node)[0]!, false);
    expect([changes(node), images(node)]).toEqual(['+0 -1', ['v3']]);
  });

  it('surges not where two cannot run at once', () => {
    const node = nodeOf({ updateStrategy: SURGE }, true);
    settle(node);
    edit(node, { template: template('v2') });
    expect(changes(node)).toBe('+0 -1');
  });

  it('with OnDelete updates only when something else ends the Pod', () => {
    const node = nodeOf({ updateStrategy: { type: 'OnDelete' } });
    settle(node);
    edit(node, { template: template('v2') });
    expect(changes(node)).toBe('+0 -0');
    end(node.world, active(node)[0]!, 0);
    expect(sync(node).events.map(({ reason }) => reason)).toEqual(['SucceededDaemonPod', 'SuccessfulDelete']);
    settle(node);
    expect(images(node)).toEqual(['v2']);
  });

  it.each([{ type: 'RollingUpdate' } as const, SURGE])('replaces a Pod that fails later and later (%j)', (updateStrategy) => {
    const node = nodeOf({ updateStrategy });
    settle(node);
    const waits: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      end(node.world, active(node)[0]!, 1);
      const from = node.world.nowMs;
      for (let round = 0; round < 4 && active(node).length === 0; round += 1) {
        const { wakeAtMs } = sync(node);
        removeTerminating(node.world);
        if (active(node).length === 0 && wakeAtMs !== undefined) node.world.nowMs = wakeAtMs;
      }
      waits.push(node.world.nowMs - from);
    }
    expect(waits).toEqual([0, 1_000, 2_000]);
  });

  it('leaves a node that it is not for, and stays where a taint only keeps new Pods away', () => {
    const node = nodeOf();
    settle(node);
    node.shouldRun = false;
    expect([changes(node), decide(node).status.numberMisscheduled]).toEqual(['+0 -0', 1]);
    node.shouldContinueRunning = false;
    expect(changes(node)).toBe('+0 -1');
    removeTerminating(node.world);
    expect(changes(node)).toBe('+0 -0');
  });

  it('keeps as many old revisions as it shall', () => {
    const node = nodeOf();
    for (const image of ['a', 'b', 'c']) {
      edit(node, { template: template(image) });
      settle(node);
    }
    expect(node.revisions.map(({ revision }) => revision)).toEqual([2, 3]);
  });

  it('in any history has at most one Pod, with surge two, and ends calm with one of the last template', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('template' as const), image: fc.constantFrom('v1', 'v2', 'v3') }),
      fc.record({
        type: fc.constantFrom(
          'serve' as const,
          'ended' as const,
          'fail' as const,
          'unready' as const,
          'lostAct' as const,
          'lostRecord' as const,
          'time' as const,
        ),
      }),
    );
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { maxLength: 30 }), (surges, history) => {
        const node = nodeOf(surges ? { updateStrategy: SURGE } : {});
        sync(node);
        for (const change of history) {
          const [first] = active(node);
          if (change.type === 'template') edit(node, { template: template(change.image) });
          else if (change.type === 'serve') serveAll(node);
          else if (change.type === 'ended') removeTerminating(node.world);
          else if (change.type === 'time') node.world.nowMs += 60_000;
          else if (change.type === 'lostRecord') decide(node);
          else if (change.type === 'lostAct') sync(node, 0);
          else if (first !== undefined && change.type === 'fail') end(node.world, first, 1);
          else if (first !== undefined) setReady(node.world, first, false);
          const before = active(node).filter(isReady).length;
          sync(node);
          expect(active(node).length).toBeLessThanOrEqual(surges ? 2 : 1);
          if (!surges) expect(node.world.pods.filter(({ status }) => status?.phase !== 'Failed').length).toBeLessThanOrEqual(1);
          if (surges && before > 0) expect(active(node).filter(isReady).length).toBeGreaterThan(0);
          expect(decide(node)).toMatchObject({ create: [], delete: [], events: [] });
        }
        edit(node, { template: template('v2') });
        settle(node);
        expect(images(node)).toEqual(['v2']);
        node.world.nowMs += 600_000;
        expect(decide(node)).toMatchObject({ create: [], delete: [], events: [], record: node.record, revisions: node.revisions });
      }),
      { numRuns: 150 },
    );
  });
});
