import { fakeRuntime, nodeFacts, pod, testKubelet, virtualTime } from '@solo-kubelet/reconciler/testing';
import { Subscriber } from 'rxjs';
import { expect, it } from 'vitest';

const SECOND_MS = 1_000;
const [FEW, MANY] = [40, 240];
/** Most that a Pod may take among many over what it takes among few: one listing is shared by all, and is not to be six times as much for each. */
const MOST_RATIO = 1.25;

/** What is done for each Pod: values handed on by streams, and entries written to maps, those of copies included. */
interface Operations {
  readonly told: number;
  readonly written: number;
}

/** How often a method is called from here on, until it is stopped. A spy would keep what each was called with. */
const counting = <Name extends string>(of: Record<Name, (...values: never[]) => unknown>, name: Name) => {
  const original = of[name];
  let calls = 0;
  of[name] = function (this: unknown, ...values: never[]) {
    calls += 1;
    return original.apply(this, values);
  };
  return {
    calls: () => calls,
    stop: () => {
      of[name] = original;
    },
  };
};

const countOperations = async (count: number): Promise<Readonly<Record<'start' | 'storm' | 'stop', Operations>>> => {
  const time = virtualTime();
  const { scheduler } = time;
  const runtime = fakeRuntime({ scheduler, events: true, latencyMs: () => 5 });
  const kubelet = testKubelet({ runtime, scheduler, relistIntervalMs: SECOND_MS });
  kubelet.node(nodeFacts({ allocatable: { cpu: '4', memory: '8Gi', pods: `${count}`, 'ephemeral-storage': '20Gi' } }));
  kubelet.synced();
  await time.advance(SECOND_MS);
  const names = Array.from({ length: count }, (_, index) => `p${index}`);
  const operationsOf = async (work: () => void, isDone: () => boolean): Promise<Operations> => {
    const [told, written] = [counting(Subscriber.prototype, 'next'), counting(Map.prototype, 'set')];
    try {
      work();
      // The same time for all: what comes by the clock comes as often.
      await time.advance(5 * SECOND_MS);
    } finally {
      told.stop();
      written.stop();
    }
    expect(kubelet.crash).toBeUndefined();
    expect(isDone()).toBe(true);
    return { told: told.calls() / count, written: written.calls() / count };
  };
  const run = (restarts: number): boolean =>
    names.every((name) => {
      const [status] = kubelet.view(`uid-${name}`)?.pod.status?.containerStatuses ?? [];
      return status?.state?.running !== undefined && status.restartCount === restarts;
    });
  const start = await operationsOf(
    () => {
      for (const name of names) kubelet.apply(pod(name));
    },
    () => run(0),
  );
  const storm = await operationsOf(
    () => {
      for (const { containers } of runtime.pods.values()) for (const { id } of containers) runtime.exit(id, 1);
    },
    () => run(1),
  );
  const stop = await operationsOf(
    () => {
      for (const name of names) kubelet.remove(`/m/${name}.yaml`);
    },
    () => kubelet.pods.size === 0,
  );
  kubelet.stop();
  return { start, storm, stop };
};

it(`takes as many steps for each of ${MANY} Pods as for each of ${FEW}, to start, to restart and to stop`, async () => {
  const [few, many] = [await countOperations(FEW), await countOperations(MANY)];
  for (const kind of ['start', 'storm', 'stop'] as const)
    for (const operation of ['told', 'written'] as const)
      expect.soft(many[kind][operation] / few[kind][operation], `${kind}: ${operation}`).toBeLessThan(MOST_RATIO);
});
