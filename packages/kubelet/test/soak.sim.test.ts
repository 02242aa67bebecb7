import type { Pod } from '@solo-kubelet/pod-spec';
import type { TestKubelet } from '@solo-kubelet/reconciler/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sameResources } from '../../reconciler/src/core/resize/pod-resources.js';
import { type AdmissionMachine, anyResizedPod, checkRoom, createMachine, expectSettled } from '../../reconciler/test/admission-machine.js';
import { watchStatuses } from '../../reconciler/test/watch-statuses.js';
import { type WatchedImages, watchImages } from './watch-images.js';

const [SECOND_MS, HOUR_MS, DAY_MS] = [1_000, 3_600_000, 86_400_000];
const YEAR_MS = 365 * DAY_MS;
const GIBIBYTE = 2 ** 30;
/** Longer than the longest back-off of a restart, and what Pods take to end. */
const CALM_MS = 900 * SECOND_MS;
const paths = ['/m/a.yaml', '/m/b.yaml', '/m/c.yaml', '/m/d.yaml', '/m/e.yaml'];

/** With a volume that is an image of its own. */
const withData = (pod: Pod): Pod => ({
  ...pod,
  spec: {
    ...pod.spec,
    volumes: [{ name: 'data', image: { reference: `registry.example/data-${pod.metadata.name}:1`, pullPolicy: 'IfNotPresent' } }],
  },
});

/** Something that happens to the machine or its user does, in words for a failure. */
interface Happening {
  readonly text: string;
  readonly run: (machine: AdmissionMachine) => Promise<void> | void;
}

const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...paths).chain((path) =>
      anyResizedPod(path)
        .map(withData)
        .map(
          (pod): Happening => ({
            text: `apply ${pod.metadata.uid} ${JSON.stringify(pod.spec)}`,
            run: ({ manifests, kubelet }) => {
              manifests.set(path, pod);
              kubelet.apply(pod, path);
            },
          }),
        ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...paths).map(
      (path): Happening => ({
        text: `remove ${path}`,
        run: ({ manifests, kubelet }) => {
          if (manifests.delete(path)) kubelet.remove(path);
        },
      }),
    ),
  },
  {
    // Volumes that have gone away: nothing of the pod starts, nor can it be cleaned up.
    weight: 4,
    arbitrary: fc
      .subarray(['updateResources', 'resizePod', 'memoryUsage', 'startContainer', 'refreshVolumes', 'releaseVolumes', 'cleanPod'])
      .map(
        (methods): Happening => ({
          text: `failing: ${methods}`,
          run: (machine) => {
            machine.failing = new Set(methods);
          },
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 3, 30).map(
      (gibibytes): Happening => ({
        text: `each container uses ${gibibytes} GiB`,
        run: (machine) => {
          machine.memoryBytes = gibibytes * GIBIBYTE;
        },
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(0, 500, 25_000, 120_000).map(
      (ms): Happening => ({
        text: `containers take ${ms} ms to end`,
        run: (machine) => {
          machine.stopsAfterMs = ms;
        },
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.nat(), fc.constantFrom(0, 1, 137)).map(
      ([which, code]): Happening => ({
        text: `container ${which} ends with ${code}`,
        run: ({ runtime }) => {
          const running = [...runtime.pods.values()].flatMap(({ containers }) => containers.filter(({ state }) => state === 'running'));
          const one = running[which % Math.max(1, running.length)];
          if (one !== undefined) runtime.exit(one.id, code);
        },
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...[SECOND_MS, HOUR_MS, DAY_MS, 10 * YEAR_MS].flatMap((ms) => [ms, -ms]))
      .map((ms): Happening => ({ text: `the clock jumps ${ms} ms`, run: ({ time }) => time.jump(ms) })),
  },
  { weight: 1, arbitrary: fc.constant<Happening>({ text: 'the kubelet dies', run: (machine) => machine.boot() }) },
);

const anyPeriod = fc.array(fc.tuple(anyHappening, fc.constantFrom(3, 300, 5_000, 40_000, 400_000)), { minLength: 4, maxLength: 12 });

/**
 * Whatever runs is shown as running, with what its cgroup is held to: limits that a container doesn't name are those of the pod, which may already
 * be the new ones where a condition says that the rest of a resize could not be carried out.
 */
const expectSeen = ({ runtime, kubelet, manifests }: AdmissionMachine): void => {
  const wanted = new Set([...manifests.values()].map(({ metadata }) => metadata.uid));
  for (const [uid, { containers }] of runtime.pods) {
    const pod: Pod | undefined = kubelet.view(uid)?.pod;
    const statuses = [...(pod?.status?.containerStatuses ?? []), ...(pod?.status?.initContainerStatuses ?? [])];
    for (const { id, name, state } of containers) {
      if (state !== 'running') continue;
      expect(wanted, `${name} of ${uid} runs though nobody wants it`).toContain(uid);
      const status = statuses.find(({ containerID }) => containerID?.endsWith(`//${id}`));
      expect(status?.state?.running, `${name} of ${uid} runs unseen`).toBeDefined();
      const has = runtime.containerCgroups.get(id);
      const told = `${name} of ${uid} shows ${JSON.stringify(status?.resources)} and has ${JSON.stringify(has)}: ${JSON.stringify(pod)}`;
      const { cpu, memory } = pod?.status?.resources?.limits ?? {};
      const isHalfDone = pod?.status?.conditions?.some(({ type, reason }) => type === 'PodResizeInProgress' && reason === 'Error');
      const ofPod = isHalfDone ? has?.limits : { ...(cpu && { cpu }), ...(memory && { memory }) };
      const limits = { ...ofPod, ...status?.resources?.limits };
      expect(sameResources({ ...status?.resources, limits }, has), told).toBe(true);
    }
  }
};

const expectLaws = (told: () => string, transitions: readonly string[], machine: AdmissionMachine): void => {
  const { kubelet, runtime, broken } = machine;
  expect([...transitions, ...broken, ...runtime.violations], told()).toEqual([]);
  expect(kubelet.crash, told()).toBeUndefined();
  try {
    expectSettled(machine);
    expectSeen(machine);
  } catch (cause) {
    const calls = runtime.calls.slice(-60).map(({ atMs, method, podUid, name }) => `${atMs} ${method} ${podUid} ${name}`);
    throw new Error([told(), (cause as Error).message, ...calls].join('\n'), { cause });
  }
};

/** `SOAK_DAYS=365` is the year: some 20 minutes of one processor. */
const days = Number(process.env['SOAK_DAYS'] ?? 0.25);
/** Between two periods a machine may rest for hours, as most do most of the time. In the short run of CI there is no time for that. */
const anyRest = days > 1 ? fc.constantFrom(0, HOUR_MS, 4 * HOUR_MS, 12 * HOUR_MS) : fc.constant(0);
/** Nothing of these is done while a machine rests. */
const CHANGES: ReadonlySet<string> = new Set([
  'createSandbox',
  'startContainer',
  'stopContainer',
  'removeContainer',
  'stopSandbox',
  'updateResources',
]);

it(
  `keeps its laws for ${days * 24} hours of clock jumps, resizes that fail, volumes that go away and Pods that take long to end`,
  async () => {
    const transitions: string[] = [];
    let images: WatchedImages | undefined;
    const watch = (kubelet: TestKubelet): (() => void) => {
      const stops = [watchStatuses(transitions)(kubelet), images?.collect()];
      return () => {
        for (const stop of stops) stop?.();
      };
    };
    const machine = await createMachine({ relistIntervalMs: 30 * SECOND_MS, syncFrequencyMs: 600 * SECOND_MS }, watch);
    images = watchImages(machine, machine.broken);
    machine.started = images.started;
    await machine.boot();
    const seed = fc.readConfigureGlobal().seed ?? 0;
    let passedMs = 0;
    const wait = async (ms: number): Promise<void> => {
      passedMs += ms;
      await machine.time.advance(ms);
    };
    for (let period = 0; passedMs < days * DAY_MS; period++) {
      const [drawn] = fc.sample(fc.record({ happenings: anyPeriod, restMs: anyRest }), { seed: seed + period, numRuns: 1 });
      const { happenings = [], restMs = 0 } = drawn ?? {};
      const told = (): string => `period ${period}: ${happenings.map(([{ text }]) => text).join('; ')}`;
      const left = `registry.example/left-${period}:1`;
      images.leave(left);
      for (const [{ run }, ms] of happenings) {
        await run(machine);
        await wait(ms);
        checkRoom(machine);
      }
      machine.failing = new Set();
      await wait(CALM_MS);
      expectLaws(told, transitions, machine);
      expect(images.names, told()).not.toContain(left);
      const { calls } = machine.runtime;
      const before = calls.length;
      await wait(restMs);
      expectLaws(told, transitions, machine);
      expect(
        calls.slice(before).filter(({ method }) => CHANGES.has(method)),
        `rest after ${told()}`,
      ).toEqual([]);
      machine.forget();
    }
    machine.stop();
  },
  Math.max(120, days * 300) * SECOND_MS,
);
