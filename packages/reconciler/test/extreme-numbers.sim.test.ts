import { fieldGates, losslessJson, type Pod, parsePod } from '@solo-kubelet/pod-spec';
import { createApiSchema, type StructSchema } from '@solo-kubelet/pod-spec/schema';
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

const { struct: structSchema } = createApiSchema();
const INT32_MAX = 2_147_483_647;
const INT32_MIN = -2_147_483_648;
const INT64_MAX = 9_223_372_036_854_775_807n;
const INT64_MIN = -9_223_372_036_854_775_808n;
/** The ends of each kind, what is around them, and what a clock or a timer can not hold. */
const VALUES: Readonly<Record<string, readonly (number | bigint)[]>> = {
  int32: [INT32_MIN, -1, 0, 1, 2, 65_535, INT32_MAX - 1, INT32_MAX],
  int64: [INT64_MIN, -1, 0, 1, 2, INT32_MAX, INT32_MAX + 1, 1_000_000_000_000, INT64_MAX],
  IntOrString: [INT32_MIN, -1, 0, 1, 65_535, 65_536, INT32_MAX],
};

const probe = (action: object, more: object = {}): object => ({
  ...action,
  initialDelaySeconds: 1,
  periodSeconds: 10,
  timeoutSeconds: 1,
  failureThreshold: 3,
  successThreshold: 1,
  ...more,
});
const probes = (action: object): object => ({
  livenessProbe: probe(action, { terminationGracePeriodSeconds: 5 }),
  readinessProbe: probe(action),
  startupProbe: probe(action, { initialDelaySeconds: 0, terminationGracePeriodSeconds: 5 }),
});
const exec = { exec: { command: ['true'] } };
const identity = { runAsUser: 1, runAsGroup: 1 };
const named = { path: 'a', fieldRef: { fieldPath: 'metadata.name' }, mode: 256, user: 1 };
const terms = { topologyKey: 'kubernetes.io/hostname' };

/** Fields of releases to come are there too. */
const featureGates = Object.fromEntries(Object.keys(fieldGates).map((gate) => [gate, true]));

/** A valid Pod with every number that a Pod can have. */
const WHOLE = {
  metadata: { generation: 1, deletionGracePeriodSeconds: 30 },
  spec: {
    terminationGracePeriodSeconds: 30,
    activeDeadlineSeconds: 3_600,
    priority: 0,
    evictionResponders: [{ name: 'responder.example/a', priority: 1 }],
    tolerations: [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }],
    securityContext: { ...identity, fsGroup: 1, supplementalGroups: [1] },
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, preference: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
        ],
      },
      podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: terms }] },
    },
    topologySpreadConstraints: [{ maxSkew: 1, minDomains: 1, ...terms, whenUnsatisfiable: 'DoNotSchedule' }],
    volumes: [
      { name: 'gce', gcePersistentDisk: { pdName: 'a', partition: 1 } },
      { name: 'aws', awsElasticBlockStore: { volumeID: 'a', partition: 1 } },
      { name: 'iscsi', iscsi: { targetPortal: '10.0.0.1:3260', iqn: 'iqn.2026-01.example:a', lun: 1 } },
      { name: 'fc', fc: { targetWWNs: ['a'], lun: 1 } },
      { name: 'info', downwardAPI: { defaultMode: 256, defaultUser: 1, items: [named] } },
      { name: 'scratch', emptyDir: { mode: 448 } },
      {
        name: 'projected',
        projected: {
          defaultMode: 256,
          defaultUser: 1,
          sources: [{ downwardAPI: { items: [named] } }],
        },
      },
    ],
    initContainers: [
      { name: 'side', image: 'app:1', restartPolicy: 'Always', ...probes(exec), securityContext: identity, ports: [{ containerPort: 90 }] },
    ],
    containers: [
      {
        name: 'app',
        image: 'app:1',
        restartPolicy: 'Always',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
        ...probes(exec),
        ports: [{ containerPort: 80, hostPort: 8_080 }],
        securityContext: identity,
        lifecycle: { preStop: { sleep: { seconds: 1 } } },
      },
      {
        name: 'web',
        image: 'app:1',
        ...probes({ httpGet: { port: 80 } }),
        lifecycle: { postStart: { httpGet: { port: 80 } }, preStop: { tcpSocket: { port: 80 } } },
      },
      { name: 'tcp', image: 'app:1', ...probes({ tcpSocket: { port: 80 } }), lifecycle: { postStart: { sleep: { seconds: 1 } } } },
      { name: 'grpc', image: 'app:1', ...probes({ grpc: { port: 80 } }) },
    ],
  },
};

type Keys = readonly (string | number)[];

/** A number of a manifest: where it stands, and which field of the API it is. */
interface Place {
  readonly keys: Keys;
  readonly field: string;
  readonly kind: string;
}

const placesIn = (value: unknown, struct: StructSchema, keys: Keys): readonly Place[] =>
  struct.fields.flatMap((field): readonly Place[] => {
    const own = (value as Record<string, unknown>)[field.name];
    if (own === undefined || own === null) return [];
    const parts: readonly (readonly [Keys, unknown])[] =
      field.container === 'list'
        ? (own as readonly unknown[]).map((one, index) => [[...keys, field.name, index], one])
        : [[[...keys, field.name], own]];
    return parts.flatMap(([at, one]) => {
      if (field.struct !== undefined) return placesIn(one, field.struct, at);
      return field.base in VALUES ? [{ keys: at, field: `${struct.name}.${field.name}`, kind: field.base }] : [];
    });
  });
const PLACES = [
  ...placesIn(WHOLE.metadata, structSchema('ObjectMeta'), ['metadata']),
  ...placesIn(WHOLE.spec, structSchema('PodSpec'), ['spec']),
];

/** Every number that a Pod's manifest can have, by the schema. */
const numbersOf = (struct: StructSchema, seen: Set<StructSchema>): readonly string[] => {
  if (seen.has(struct)) return [];
  seen.add(struct);
  return struct.fields.flatMap((field) => {
    if (field.struct !== undefined) return numbersOf(field.struct, seen);
    return field.base in VALUES ? [`${struct.name}.${field.name}`] : [];
  });
};

/** Only of what an API server has, which a Pod of a file may not name. */
const OF_THE_API = [
  'KeyToPath.mode',
  'SecretVolumeSource.defaultMode',
  'ConfigMapVolumeSource.defaultMode',
  'ServiceAccountTokenProjection.expirationSeconds',
  'PodCertificateProjection.maxExpirationSeconds',
  'PodCertificateProjection.user',
  'ClusterTrustBundleProjection.user',
  'ConfigMapVolumeSource.defaultUser',
  'KeyToPath.user',
  'SecretVolumeSource.defaultUser',
  'ServiceAccountTokenProjection.user',
];

it('the Pods of this test have every number of the API', () => {
  const seen = new Set<StructSchema>();
  const all = [...numbersOf(structSchema('ObjectMeta'), seen), ...numbersOf(structSchema('PodSpec'), seen)];
  expect(new Set([...PLACES.map(({ field }) => field), ...OF_THE_API])).toEqual(new Set(all));
});

type Change = readonly [place: Place, value: number | bigint];
type Tree = Record<string | number, unknown>;

const ownerOf = (manifest: unknown, keys: Keys): Tree | undefined =>
  keys.slice(0, -1).reduce<Tree | undefined>((owner, key) => owner?.[key] as Tree | undefined, manifest as Tree);

/** First each value of each number alone, then several at a time. */
const changesOf = (runs: number): readonly (readonly Change[])[] => {
  const alone = PLACES.flatMap((place) => (VALUES[place.kind] ?? []).map((value): readonly Change[] => [[place, value]]));
  const change = fc
    .constantFrom(...PLACES)
    .chain((place) => fc.constantFrom(...(VALUES[place.kind] ?? [])).map((value): Change => [place, value]));
  const several = fc.array(change, { minLength: 2, maxLength: 12 });
  const rest = fc.sample(several, { numRuns: Math.max(1, runs - alone.length), seed: Number(process.env['EXTREME_SEED'] ?? 11) });
  return [...alone, ...rest].slice(0, Math.max(runs, alone.length));
};

const RUNS = Number(process.env['EXTREME_PODS'] ?? 700);
const BATCH = 25;

/** What the parser makes of it; a number that is refused stays as it was. */
const accepted = (changes: readonly Change[], name: string): Pod => {
  const { metadata, spec } = structuredClone(WHOLE);
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name, uid: name }, spec };
  const open = new Map(changes.map((change) => [change[0].keys.join('.'), change]));
  const put = ({ keys }: Place, value: unknown): void => {
    const [owner, last] = [ownerOf(manifest, keys), keys.at(-1)];
    if (owner !== undefined && last !== undefined) owner[last] = value;
  };
  for (const [place, value] of open.values()) put(place, value);
  for (;;) {
    const result = parsePod(losslessJson(manifest), { path: `/m/${name}.yaml`, nodeName: 'node', featureGates });
    if (result.ok) return result.pod;
    const faulty = result.issues
      .map(({ field = '' }) => open.get(field.replaceAll(/\[(\d+)\]/g, '.$1')))
      .filter((change) => change !== undefined);
    // One that has to do with another number, which is the one that is named.
    const undone = faulty.length > 0 ? faulty : [...open.values()].slice(0, 1);
    if (undone.length === 0) expect.fail(`refused: ${result.issues.map(({ message }) => message)}`);
    for (const [place] of undone) {
      open.delete(place.keys.join('.'));
      put(
        place,
        place.keys.reduce<unknown>((tree, key) => (tree as Tree)[key], WHOLE),
      );
    }
  }
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
  const handlers = (['exec', 'httpGet', 'tcpSocket', 'grpc'] as const).map(
    (field): ProbeHandler => ({
      field,
      probe: async (_action, { podUid }) => {
        attempts.set(podUid, (attempts.get(podUid) ?? 0) + 1);
        return { result: 'success', output: '' };
      },
    }),
  );
  const kubelet = testKubelet({ runtime, scheduler, runProbes: runProbes({ handlers, scheduler, random: () => 0 }) });
  cleanups.push(() => kubelet.stop());
  kubelet.synced();
  await time.advance(10);
  return { time, runtime, kubelet, attempts };
};

const LIFE_MS = 5_000;

/** As many attempts as the probes of a pod may make in its life, startup and restarts included. */
const mostAttempts = (pod: Pod): number =>
  [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
    .flatMap(({ livenessProbe, readinessProbe, startupProbe }) =>
      [livenessProbe, readinessProbe, startupProbe].map((it) => (it === undefined ? 0 : 3 + LIFE_MS / 1_000 / (it.periodSeconds ?? 10))),
    )
    .reduce((sum, more) => sum + more, 0);

const sleepSeconds = (pod: Pod): number => Number(pod.spec.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0);

it(`takes ${RUNS} valid Pods with extreme numbers from their start to their removal`, {
  timeout: Math.max(600_000, RUNS * 600),
}, async () => {
  const given = changesOf(RUNS);
  let taken = 0;
  for (let from = 0; from < given.length; from += BATCH) {
    const { time, runtime, kubelet, attempts } = await machine();
    const pods = given.slice(from, from + BATCH).map((one, index) => accepted(one, `p${from + index}`));
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
    expect(runtime.calls.length).toBeLessThan(pods.length * 120 + 1_000);
    kubelet.stop();
  }
  expect(taken).toBe(given.length);
});
