import type { ReflectEvent } from '@solo-kubelet/cluster-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AssignedPods, emptyAssigned, fullName, isMirror, reduceAssigned } from './assigned-pods.js';

type Said = Extract<ReflectEvent<Pod>, { readonly type: 'applied' | 'deleted' }>;

/** An API server that says true things, but late, twice, or in another order, and that somebody may put back to what it was. */
const createServer = () => {
  let version = 0;
  let made = 0;
  let objects: ReadonlyMap<string, Pod> = new Map();
  let backup = objects;
  /** Said, and not heard yet. */
  let pending: readonly Said[] = [];
  const put = (pod: Pod): void => {
    version += 1;
    const object = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(version) } };
    objects = new Map(objects).set(pod.metadata.uid, object);
    pending = [...pending, { type: 'applied', object }];
  };
  return {
    objects: () => objects,
    /** One name after the other may be had again by a Pod of another UID. */
    create: (name: string, mirror: boolean, skewS: number): void => {
      if ([...objects.values()].some(({ metadata }) => metadata.name === name)) return;
      made += 1;
      put({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          namespace: 'default',
          name,
          uid: `u${made}`,
          creationTimestamp: new Date(skewS * 1_000).toISOString(),
          ...(mirror ? { annotations: { 'kubernetes.io/config.mirror': 'h' } } : {}),
        },
        spec: { containers: [] },
      } as unknown as Pod);
    },
    change: (name: string, value: number, skewS: number | undefined): void => {
      const pod = [...objects.values()].find(({ metadata }) => metadata.name === name);
      if (pod === undefined) return;
      const deletion =
        skewS === undefined ? {} : { deletionTimestamp: new Date(skewS * 1_000).toISOString(), deletionGracePeriodSeconds: value };
      put({ ...pod, metadata: { ...pod.metadata, labels: { value: String(value) }, ...deletion } });
    },
    remove: (name: string): void => {
      const pod = [...objects.values()].find(({ metadata }) => metadata.name === name);
      if (pod === undefined) return;
      version += 1;
      objects = new Map([...objects].filter(([uid]) => uid !== pod.metadata.uid));
      const object = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(version) } };
      pending = [...pending, { type: 'deleted', object }];
    },
    save: (): void => {
      backup = objects;
    },
    /** Out of a backup come Pods that had gone, by their old UIDs; everybody has to list anew. */
    restore: (): void => {
      objects = backup;
      version = Math.max(0, ...[...objects.values()].map(({ metadata }) => Number(metadata.resourceVersion)));
      pending = [];
    },
    /** One of what was not heard yet, once or twice. */
    hear: (which: number, times: number): readonly ReflectEvent<Pod>[] => {
      const index = which % Math.max(pending.length, 1);
      const event = pending[index];
      if (event === undefined) return [];
      pending = pending.filter((_, each) => each !== index);
      return Array.from({ length: times }, () => event);
    },
    /** The connection breaks and the server has forgotten what it had said: 410. */
    list: (): ReflectEvent<Pod> => {
      pending = [];
      return { type: 'replaced', objects: [...objects.values()] };
    },
    hasMore: (): boolean => pending.length > 0,
  };
};

const name = fc.constantFrom('a', 'b', 'c', 'm');
const skewS = fc.integer({ min: 0, max: 4_000_000_000 });
const step = fc.oneof(
  fc.record({ do: fc.constant('create' as const), name, skewS }),
  fc.record({ do: fc.constant('change' as const), name, value: fc.nat(9), skewS: fc.option(skewS, { nil: undefined }) }),
  fc.record({ do: fc.constant('remove' as const), name }),
  fc.record({ do: fc.constant('hear' as const), which: fc.nat(9), times: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ do: fc.constantFrom('list' as const, 'save' as const, 'restore' as const, 'lost' as const, 'back' as const) }),
);

it('what the node is given ends as the API has it, whatever the order, number and age of what was said', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.array(fc.nat(9)), (steps, order) => {
      const server = createServer();
      const reduce = reduceAssigned('n');
      let state: AssignedPods = emptyAssigned;
      /** What the kubelet runs, by what it was asked. */
      const asked = new Map<string, Pod>();
      const take = (event: ReflectEvent<Pod>): void => {
        state = reduce(state, event);
        for (const each of state.events) {
          if (each.type === 'applied') asked.set(each.pod.metadata.uid, each.pod);
          if (each.type === 'removed') asked.delete(each.origin.path);
        }
      };
      take(server.list());
      for (const each of steps) {
        if (each.do === 'create') server.create(each.name, each.name === 'm', each.skewS);
        if (each.do === 'change') server.change(each.name, each.value, each.skewS);
        if (each.do === 'remove') server.remove(each.name);
        if (each.do === 'hear') server.hear(each.which, each.times).forEach(take);
        if (each.do === 'save') server.save();
        if (each.do === 'lost') take({ type: 'lost', message: 'away' });
        if (each.do === 'back') take({ type: 'back' });
        if (each.do === 'restore') server.restore();
        if (each.do === 'list' || each.do === 'restore') take(server.list());
      }
      for (let index = 0; server.hasMore(); index += 1) server.hear(order[index] ?? 0, 1).forEach(take);
      const held = [...server.objects().values()];
      const versions = (pods: Iterable<Pod>) => [...pods].map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`).sort();
      expect(versions(state.pods.values())).toEqual(versions(held.filter((pod) => !isMirror(pod))));
      expect(versions(state.mirrors.values())).toEqual(versions(held.filter(isMirror)));
      expect([...state.mirrors.keys()].sort()).toEqual(held.filter(isMirror).map(fullName).sort());
      const wanted = (pods: Iterable<Pod>) =>
        [...pods].map(({ metadata: { uid, labels, deletionTimestamp } }) => JSON.stringify([uid, labels, deletionTimestamp])).sort();
      expect(wanted(asked.values())).toEqual(wanted(held.filter((pod) => !isMirror(pod))));
    }),
    { numRuns: 500 },
  );
});
