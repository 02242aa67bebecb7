import { losslessJson, type Pod, parsePod } from '@solo-kubelet/pod-spec';
import { type ProbeHandler, runProbes } from '@solo-kubelet/probe-engine';
import {
  type FakeRuntime,
  fakeRuntime,
  type TestKubelet,
  testKubelet,
  type VirtualTime,
  virtualTime,
} from '@solo-kubelet/reconciler/testing';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';

const INT32_MAX = 2_147_483_647;
const INT32_MIN = -2_147_483_648;
const INT64_MAX = 9_223_372_036_854_775_807n;
const INT64_MIN = -9_223_372_036_854_775_808n;
const int32 = fc.constantFrom(INT32_MIN, -1, 0, 1, 2, 65_535, INT32_MAX - 1, INT32_MAX);
const int64 = fc.constantFrom<(number | bigint)[]>(INT64_MIN, -1, 0, 1, 2, INT32_MAX, INT32_MAX + 1, 1_000_000_000_000, INT64_MAX);
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 1 });

const probe = (grace: boolean) =>
  fc.record({
    exec: fc.constant({ command: ['true'] }),
    initialDelaySeconds: maybe(int32),
    periodSeconds: maybe(int32),
    timeoutSeconds: maybe(int32),
    failureThreshold: maybe(int32),
    ...(grace ? { terminationGracePeriodSeconds: maybe(int64) } : {}),
  });

/** Every number of a Pod that the kubelet waits for, counts with or hands on, at its ends and around them. */
const extremePod = fc.record({
  spec: fc.record({
    terminationGracePeriodSeconds: maybe(int64),
    activeDeadlineSeconds: maybe(int64),
    priority: maybe(int32),
    tolerations: maybe(
      fc.record({ operator: fc.constant('Exists'), effect: fc.constant('NoExecute'), tolerationSeconds: int64 }).map((one) => [one]),
    ),
    securityContext: maybe(fc.record({ runAsUser: maybe(int64), runAsGroup: maybe(int64), fsGroup: maybe(int64) })),
    containers: fc
      .record({
        name: fc.constant('app'),
        image: fc.constant('app:1'),
        livenessProbe: maybe(probe(true)),
        readinessProbe: maybe(probe(false)),
        startupProbe: maybe(probe(true)),
        ports: maybe(int32.map((containerPort) => [{ containerPort }])),
        securityContext: maybe(fc.record({ runAsUser: maybe(int64) })),
        lifecycle: maybe(fc.record({ preStop: int64.map((seconds) => ({ sleep: { seconds } })) })),
      })
      .map((app) => [app]),
  }),
});

const RUNS = Number(process.env['EXTREME_PODS'] ?? 1_000);
const BATCH = 25;

/** What the parser makes of it; undefined where it is refused. Odd fields are taken away until the rest is valid. */
const accepted = (given: { readonly spec: Record<string, unknown> }, name: string): Pod | undefined => {
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name, uid: name }, spec: structuredClone(given.spec) };
  for (let tries = 0; tries < 20; tries += 1) {
    const result = parsePod(losslessJson(manifest), { path: `/m/${name}.yaml`, nodeName: 'node' });
    if (result.ok) return result.pod;
    const field = result.issues[0]?.field ?? '';
    const keys = field.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
    let owner: Record<string, unknown> | undefined = manifest as unknown as Record<string, unknown>;
    for (const key of keys.slice(0, -1)) owner = owner?.[key] as Record<string, unknown> | undefined;
    const last = keys.at(-1) ?? '';
    if (owner === undefined || !(last in owner)) return undefined;
    delete owner[last];
  }
  return undefined;
};

interface Machine {
  readonly time: VirtualTime;
  readonly runtime: FakeRuntime;
  readonly kubelet: TestKubelet;
  readonly attempts: Map<string, number>;
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const machine = async (): Promise<Machine> => {
  const time = virtualTime();
  const { scheduler } = time;
  const runtime = fakeRuntime({ scheduler, script: () => ({ stopsAfterMs: 20 }) });
  const attempts = new Map<string, number>();
  const handler: ProbeHandler = {
    field: 'exec',
    probe: async (_action, { podUid }) => {
      attempts.set(podUid, (attempts.get(podUid) ?? 0) + 1);
      return { result: 'success', output: '' };
    },
  };
  const kubelet = testKubelet({ runtime, scheduler, runProbes: runProbes({ handlers: [handler], scheduler, random: () => 0 }) });
  cleanups.push(() => kubelet.stop());
  kubelet.synced();
  await time.advance(10);
  return { time, runtime, kubelet, attempts };
};

const LIFE_MS = 5_000;

/** As many attempts as the probes of a pod may make in its life, startup and restarts included. */
const mostAttempts = (pod: Pod): number =>
  pod.spec.containers
    .flatMap(({ livenessProbe, readinessProbe, startupProbe }) =>
      [livenessProbe, readinessProbe, startupProbe].map((it) => (it === undefined ? 0 : 3 + LIFE_MS / 1_000 / (it.periodSeconds ?? 10))),
    )
    .reduce((sum, more) => sum + more, 0);

const sleepSeconds = (pod: Pod): number => Number(pod.spec.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0);

it(`takes ${RUNS} valid Pods with extreme numbers from their start to their removal`, { timeout: 600_000 }, async () => {
  const given = fc.sample(extremePod, { numRuns: RUNS, seed: Number(process.env['EXTREME_SEED'] ?? 11) });
  let taken = 0;
  for (let from = 0; from < given.length; from += BATCH) {
    const { time, runtime, kubelet, attempts } = await machine();
    const pods = given
      .slice(from, from + BATCH)
      .map((one, index) => accepted(one as never, `p${from + index}`))
      .filter((pod) => pod !== undefined);
    taken += pods.length;
    for (const pod of pods) kubelet.apply(pod);
    await time.advance(LIFE_MS);
    expect(kubelet.crash).toBe(undefined);
    const began = runtime.calls.filter(({ method }) => method === 'startContainer').length;
    expect(began).toBeGreaterThan(0);
    for (const pod of pods)
      expect(
        attempts.get(pod.metadata.uid ?? '') ?? 0,
        JSON.stringify(pod.spec, (_, value) => String(value)),
      ).toBeLessThanOrEqual(mostAttempts(pod));
    for (const pod of pods) kubelet.remove(`/m/${pod.metadata.name}.yaml`);
    await time.advance(15_000);
    // Those that sleep before their end for longer are still there, and no other is.
    const sleeping = pods.filter((pod) => sleepSeconds(pod) > 15).map(({ metadata }) => metadata.uid);
    for (const uid of runtime.pods.keys()) expect(sleeping).toContain(uid);
    expect(runtime.violations).toEqual([]);
    expect(kubelet.crash).toBe(undefined);
    // No busy loop: what a pod costs in its life is a matter of tens of calls.
    expect(runtime.calls.length).toBeLessThan(pods.length * 60 + 1_000);
    kubelet.stop();
  }
  expect(taken).toBeGreaterThan(RUNS * 0.9);
});
