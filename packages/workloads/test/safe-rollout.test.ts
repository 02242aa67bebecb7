import { beforeEach, describe, expect, it } from 'vitest';
import { World } from './workload-world.js';

let world: World;
beforeEach(() => {
  world = new World();
});

const template = (image: string): string =>
  `template: {metadata: {labels: {a: web}}, spec: {containers: [{name: app, image: ${image}, env: [{name: M, valueFrom: {configMapKeyRef: {name: conf, key: k}}}]}], volumes: [{name: c, configMap: {name: conf}}]}}`;
const deployment = (image: string, { annotations = '', spec = '' } = {}): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, annotations: {${annotations}}}\nspec: {replicas: 2, progressDeadlineSeconds: 60, ${spec}selector: {matchLabels: {a: web}}, ${template(image)}}\n`;
const daemonSet = (image: string): string =>
  `apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: web, annotations: {rollback.solo-kubelet.dev/deadline-seconds: "60"}}\nspec: {selector: {matchLabels: {a: web}}, ${template(image)}}\n`;
const configMap = (value: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {k: ${value}}\n`;
const images = (): readonly (string | undefined)[] => world.live().map(({ pod }) => pod.spec.containers[0]?.image);
const configs = (): readonly (string | undefined)[] => world.live().map(({ pod }) => pod.spec.volumes?.[0]?.configMap?.name);
const serves = (image: string) => (pod: { readonly spec: { readonly containers: readonly { readonly image?: string }[] } }) =>
  pod.spec.containers[0]?.image !== image;
interface Shown {
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[] };
}
const conditions = () => (world.views.get('Deployment.apps/default/web')!.object as unknown as Shown).status.conditions;

describe('a rollout that does not come to serve', () => {
  it('goes back to what served, stays there over a restart, and is not tried again until something changes', () => {
    world.start();
    world.apply(deployment('a:1'));
    world.settle();
    const good = world.names();
    world.apply(deployment('broken'));
    world.pass(30_000);
    world.reap();
    expect(images().toSorted()).toEqual(['a:1', 'a:1', 'broken']);
    world.pass(60_000);
    world.settle(serves('broken'));
    expect(images()).toEqual(['a:1', 'a:1']);
    expect(world.names()).toEqual(good);
    expect(world.told.filter((line) => line.includes('RolloutFailed'))).toHaveLength(1);
    expect(conditions()).toContainEqual(
      expect.objectContaining({ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }),
    );
    expect(conditions()).toContainEqual(expect.objectContaining({ type: 'RolledBack', status: 'True' }));
    const calls = world.calls;
    world.start();
    world.pass(600_000);
    expect([world.calls, world.names()]).toEqual([calls, good]);

    world.apply(deployment('broken', { annotations: 'rollback.solo-kubelet.dev/retried-at: now' }));
    expect(images().toSorted()).toEqual(['a:1', 'a:1', 'broken']);
    world.settle();
    expect(images()).toEqual(['broken', 'broken']);
    expect(conditions().map(({ type }) => type)).not.toContain('RolledBack');
  });

  it('with Recreate makes what served anew, with the images that it ran', () => {
    world.start();
    const spec = 'strategy: {type: Recreate}, ';
    world.apply(deployment('a:1', { spec }));
    world.settle();
    for (const live of world.live()) world.runs(live, 'registry/a@sha256:1234');
    world.apply(deployment('broken', { spec }));
    world.settle(serves('broken'));
    expect(images()).toEqual(['registry/a@sha256:1234', 'registry/a@sha256:1234']);
    world.apply(deployment('a:2', { spec }));
    world.settle();
    expect(images()).toEqual(['a:2', 'a:2']);
  });

  it('is left as it is where it is said so, and where nothing served before', () => {
    world.start();
    world.apply(deployment('broken'));
    world.settle(serves('broken'));
    expect(images()).toEqual(['broken', 'broken']);
    world.apply(deployment('a:1', { annotations: 'rollback.solo-kubelet.dev: never' }));
    world.settle(serves('broken'));
    world.apply(deployment('broken', { annotations: 'rollback.solo-kubelet.dev: never' }));
    world.settle(serves('broken'));
    expect(images().toSorted()).toEqual(['a:1', 'a:1', 'broken']);
  });

  it.each([deployment, daemonSet])('is not one whose time went by while the kubelet was away: %#', (workload) => {
    world.start();
    world.apply(workload('a:1'));
    world.settle();
    world.apply(workload('a:2'));
    world.pass(30_000);
    world.stop();
    world.pass(3_600_000);
    world.start();
    world.pass(30_000);
    expect(world.told.some((line) => line.includes('RolloutFailed'))).toBe(false);
    world.settle();
    expect(new Set(images())).toEqual(new Set(['a:2']));
  });

  it('of a DaemonSet goes back after its own deadline', () => {
    world.start();
    world.apply(daemonSet('a:1'));
    world.settle();
    world.apply(daemonSet('broken'));
    world.settle(serves('broken'));
    expect(images()).toEqual(['a:1']);
    world.apply(daemonSet('a:2'));
    world.settle();
    expect(images()).toEqual(['a:2']);
  });
});

describe('a change of what Pods refer to', () => {
  const restart = { annotations: 'restart-on-change.solo-kubelet.dev: "true"' };

  it('restarts nothing by itself, and rolls a workload that asks for it, once for files written together', () => {
    world.start();
    world.apply(configMap('one'));
    world.apply(deployment('a:1'));
    world.settle();
    const before = world.names();
    world.apply(configMap('two'));
    world.settle();
    expect(world.names()).toEqual(before);
    world.apply(deployment('a:1', restart));
    world.settle();
    expect(world.names(), 'the annotation alone').toEqual(before);
    world.apply(configMap('three'));
    world.apply(configMap('four'));
    world.settle();
    expect(world.names().some((name) => before.includes(name))).toBe(false);
    expect(world.objects.get(configs()[0] ?? '')).toEqual({ k: 'four' });
    const after = world.names();
    world.start();
    world.pass(600_000);
    expect(world.names(), 'a restart of the kubelet').toEqual(after);
    world.apply(configMap('four').replace('name: conf', 'name: conf, labels: {a: b}'));
    world.settle();
    expect(world.names(), 'metadata alone').toEqual(after);
  });

  it('that breaks the Pods is undone with the rollout, content included', () => {
    world.start();
    world.apply(configMap('good'));
    world.apply(deployment('a:1', { ...restart, spec: 'strategy: {type: Recreate}, ' }));
    world.settle();
    const [first] = configs();
    world.apply(configMap('bad'));
    world.settle(({ spec }) => spec.volumes?.[0]?.configMap?.name === first);
    expect(configs()).toEqual([first, first]);
    expect(world.objects.get(first ?? '')).toEqual({ k: 'good' });
    world.apply(configMap('better'));
    world.settle();
    expect(world.objects.get(configs()[0] ?? '')).toEqual({ k: 'better' });
    expect([...world.objects.keys()], 'copies that nothing needs are gone').toEqual([configs()[0]]);
    world.remove('Deployment/web');
    world.settle();
    expect([...world.objects.keys()]).toEqual([]);
  });

  it('that makes an object appear for the first time, or go, rolls nothing', () => {
    world.start();
    world.apply(deployment('a:1', restart));
    world.settle();
    const before = world.names();
    world.apply(configMap('one'));
    world.settle();
    world.remove('ConfigMap/conf');
    world.settle();
    world.apply(configMap('one'));
    world.settle();
    expect(world.names()).toEqual(before);
  });

  it('understands what Reloader is told', () => {
    world.start();
    world.apply(configMap('one'));
    world.apply(deployment('a:1', { annotations: 'configmap.reloader.stakater.com/reload: "conf"' }));
    world.settle();
    const before = world.names();
    world.apply(configMap('two'));
    world.settle();
    expect(world.names().some((name) => before.includes(name))).toBe(false);
  });
});
