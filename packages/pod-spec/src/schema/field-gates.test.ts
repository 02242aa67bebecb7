import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ParseResult, parsePod } from '../parse/parse-pod.js';
import { dropDisabledFields, type FeatureGates, fieldGates } from './field-gates.js';
import { structNames, structSchema } from './field-schema.js';

type Json = Record<string, unknown>;

const container = (more: Json = {}): Json => ({ name: 'app', image: 'example.com/app:1', ...more });
const pod = (spec: Json = {}, more: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { containers: [container()], ...spec },
  ...more,
});
const mounted = (options: unknown, source: Json = { emptyDir: {} }): Json =>
  pod({
    containers: [container({ volumeMounts: [{ name: 'data', mountPath: '/data', bindMountOptions: options }] })],
    volumes: [{ name: 'data', ...source }],
  });
const withVolume = (source: Json): Json => pod({ volumes: [{ name: 'data', ...source }] });
const probed = (probe: Json): Json => pod({ containers: [container({ livenessProbe: probe })] });
const projected = (source: Json, more: Json = {}): Json => withVolume({ projected: { sources: [source], ...more } });
const nameOnly = { path: 'name', fieldRef: { fieldPath: 'metadata.name' } };
const MAX_ID = 2_147_483_647;
const responder = { name: 'acme.io/mover', priority: 10_000 };
const userError = 'must be between 0 and 2147483647, inclusive';

interface Row {
  readonly field: string;
  readonly gate: string;
  /** With the field. */
  readonly accepted: readonly Json[];
  readonly refused: readonly (readonly [Json, string])[];
}

const volumes = 'spec.volumes[0]';
const rows: readonly Row[] = [
  {
    field: 'bindMountOptions',
    gate: 'VolumeBindMountOptions',
    accepted: [mounted(['noexec']), mounted(['nodev', 'nosuid', 'noexec'])],
    refused: [
      [
        mounted(['ro']),
        'spec.containers[0].volumeMounts[0].bindMountOptions[0]: Unsupported value: "ro": supported values: "nodev", "noexec", "nosuid"',
      ],
      [mounted(['nodev', 'nodev']), 'spec.containers[0].volumeMounts[0].bindMountOptions[1]: Duplicate value: "nodev"'],
      [
        mounted(['nodev'], { image: { reference: 'example.com/data:1' } }),
        'spec.containers[0].volumeMounts[0].bindMountOptions: Forbidden: may not be set for image volumes',
      ],
      [mounted('nodev'), 'spec.containers[0].volumeMounts[0].bindMountOptions: expected a list, found a string'],
    ],
  },
  {
    field: 'mode',
    gate: 'EmptyDirVolumeMode',
    accepted: [withVolume({ emptyDir: { mode: 0 } }), withVolume({ emptyDir: { mode: 0o1777, medium: 'Memory' } })],
    refused: [0o2000, -1].map((mode) => [
      withVolume({ emptyDir: { mode } }),
      `${volumes}.emptyDir.mode: Invalid value: ${mode}: must be a number between 0 and 01777 (octal), both inclusive`,
    ]),
  },
  ...(
    [
      ['secret', { secret: { secretName: 'keys', defaultUser: 0 } }, 'secret.defaultUser'],
      ['configMap', { configMap: { name: 'keys', defaultUser: 0 } }, 'configMap.defaultUser'],
      ['downwardAPI', { downwardAPI: { items: [nameOnly], defaultUser: 0 } }, 'downwardAPI.defaultUser'],
      ['projected', { projected: { sources: [{ downwardAPI: { items: [nameOnly] } }], defaultUser: 0 } }, 'projected.defaultUser'],
    ] as const
  ).map(([kind, source, at]): Row => {
    const withUser = (defaultUser: number): Json =>
      withVolume({ [kind]: { ...(source as unknown as Record<string, Json>)[kind], defaultUser } });
    return {
      field: 'defaultUser',
      gate: 'AtomicWriteVolumeUserFields',
      accepted: [withUser(0), withUser(MAX_ID)],
      refused: [-1, MAX_ID + 1].map((user) => [withUser(user), `${volumes}.${at}: Invalid value: ${user}: ${userError}`]),
    };
  }),
  ...(
    [
      [(user: number) => withVolume({ secret: { secretName: 's', items: [{ key: 'a', path: 'a', user }] } }), 'secret.items[0].user'],
      [(user: number) => withVolume({ configMap: { name: 'c', items: [{ key: 'a', path: 'a', user }] } }), 'configMap.items[0].user'],
      [(user: number) => withVolume({ downwardAPI: { items: [{ ...nameOnly, user }] } }), 'downwardAPI.user'],
      [
        (user: number) => projected({ serviceAccountToken: { path: 'token', expirationSeconds: 3600, user } }),
        'projected.sources[0].serviceAccountToken.user',
      ],
      [(user: number) => projected({ clusterTrustBundle: { name: 'b', path: 'b', user } }), 'projected.sources[0].clusterTrustBundle.user'],
      [
        (user: number) =>
          projected({ podCertificate: { signerName: 'example.com/a', keyType: 'ED25519', credentialBundlePath: 'b', user } }),
        'projected.sources[0].podCertificate.user',
      ],
    ] as const
  ).map(
    ([withUser, at]): Row => ({
      field: 'user',
      gate: 'AtomicWriteVolumeUserFields',
      accepted: [withUser(0), withUser(MAX_ID)],
      refused: [[withUser(-1), `${volumes}.${at}: Invalid value: -1: ${userError}`]],
    }),
  ),
  {
    field: 'protocol',
    gate: 'H2CContainerProbe',
    accepted: [probed({ httpGet: { port: 80, protocol: 'HTTP1', scheme: 'HTTPS' } }), probed({ httpGet: { port: 80, protocol: 'HTTP2' } })],
    refused: [
      [
        probed({ httpGet: { port: 80, protocol: 'HTTP3' } }),
        'spec.containers[0].livenessProbe.httpGet.protocol: Unsupported value: "HTTP3": supported values: "HTTP1", "HTTP2"',
      ],
      [
        probed({ httpGet: { port: 80, protocol: 'HTTP2', scheme: 'HTTPS' } }),
        'spec.containers[0].livenessProbe.httpGet.protocol: Forbidden: HTTP2 may only be used with scheme HTTP',
      ],
      [
        pod({ containers: [container({ lifecycle: { preStop: { httpGet: { port: 80, protocol: 'HTTP2' } } } })] }),
        'spec.containers[0].lifecycle.preStop.httpGet.protocol: Forbidden: may only be set for probes',
      ],
    ],
  },
  {
    field: 'mode',
    gate: 'GRPCContainerProbeTLS',
    accepted: [probed({ grpc: { port: 80, mode: 'TLS' } }), probed({ grpc: { port: 80, mode: 'Plaintext' } })],
    refused: [
      [
        probed({ grpc: { port: 80, mode: 'mTLS' } }),
        'spec.containers[0].livenessProbe.grpc.mode: Unsupported value: "mTLS": supported values: "Plaintext", "TLS"',
      ],
    ],
  },
  {
    field: 'evictionResponders',
    gate: 'EvictionRequestAPI',
    accepted: [pod({ evictionResponders: [responder] }), pod({ evictionResponders: [{ ...responder, priority: 0 }] })],
    refused: [
      [
        pod({ evictionResponders: [{ ...responder, name: 'mover' }] }),
        'spec.evictionResponders[0].name: Invalid value: "mover": must be a domain-prefixed key (such as "acme.io/foo")',
      ],
      [pod({ evictionResponders: [{ priority: 1 }] }), 'spec.evictionResponders[0].name: Required value'],
      [pod({ evictionResponders: [{ name: responder.name }] }), 'spec.evictionResponders[0].priority: Required value'],
      [
        pod({ evictionResponders: [{ ...responder, priority: 100_001 }] }),
        'spec.evictionResponders[0].priority: Invalid value: 100001: must be between 0 and 100000, inclusive',
      ],
      [pod({ evictionResponders: [responder, responder] }), 'spec.evictionResponders[1]: Duplicate value: "acme.io/mover"'],
      [
        pod({ evictionResponders: Array.from({ length: 11 }, (_, i) => ({ ...responder, name: `acme.io/m${i}` })) }),
        'spec.evictionResponders: Too many: 11: must have at most 10 items',
      ],
    ],
  },
  {
    field: 'volumeHealth',
    gate: 'CSIVolumeHealth',
    accepted: [
      pod(
        {},
        {
          status: {
            volumeHealth: [
              {
                name: 'data',
                healthConditions: [{ status: 'Degraded', reason: 'Slow', message: 'one disk is gone' }],
                lastTransitionTime: '2026-08-13T00:00:00Z',
              },
            ],
          },
        },
      ),
    ],
    refused: [[pod({}, { status: { volumeHealth: [{ name: 1 }] } }), 'status.volumeHealth[0].name: expected a string, found a number']],
  },
];

const parse = (manifest: Json, featureGates?: FeatureGates) =>
  parsePod(JSON.stringify(manifest), { path: 'pod.json', nodeName: 'node', objects: true, ...(featureGates && { featureGates }) });

/** What only an API server has may be referred to: that a node alone has none is another matter. */
const judgement = (result: ParseResult) => ({
  sound: result.ok || result.apiRef !== '',
  notes: result.ok ? result.warnings : result.issues.filter(({ severity }) => severity === 'warning'),
});

const namesIn = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]) : [];
const countOf = (value: unknown, name: string): number => namesIn(value).filter((each) => each === name).length;

/** The rows' manifests, and random parts of them put together: with and without the fields. */
const gatedNames = new Set(
  structNames().flatMap((name) => structSchema(name).fields.flatMap(({ gate, name: field }) => (gate === '' ? [] : [field]))),
);
const anyValue = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.constant(null),
  fc.constant({}),
  fc.constant([]),
  fc.constant([{ name: 1 }]),
  fc.boolean(),
);
const gatedValues = fc.record(
  Object.fromEntries([...gatedNames].filter((name) => name !== 'mode').map((name) => [name, anyValue])) as Record<string, typeof anyValue>,
  { requiredKeys: [], noNullPrototype: true },
);
const keyed = fc.record({
  key: fc.constantFrom('a', ''),
  path: fc.constantFrom('a', '../b', ''),
  mode: fc.option(fc.integer({ max: 600 }), { nil: undefined }),
});
const strewn = (base: fc.Arbitrary<Json>): fc.Arbitrary<readonly [Json, Json]> =>
  fc.tuple(base, gatedValues).map(([json, gated]) => [json, { ...json, ...gated }] as const);
const both = (parts: Readonly<Record<string, fc.Arbitrary<readonly [unknown, unknown]>>>): fc.Arbitrary<readonly [Json, Json]> =>
  fc.record(parts).map((pairs) => {
    const side = (at: 0 | 1): Json =>
      Object.fromEntries(Object.entries(pairs).map(([name, pair]) => [name, (pair as readonly [unknown, unknown])[at]]));
    return [side(0), side(1)] as const;
  });
const listOf = (item: fc.Arbitrary<readonly [unknown, unknown]>): fc.Arbitrary<readonly [unknown[], unknown[]]> =>
  fc.array(item, { maxLength: 2 }).map((pairs) => [pairs.map(([plain]) => plain), pairs.map(([, full]) => full)] as const);
const same = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<readonly [Value, Value]> => value.map((each) => [each, each] as const);
const joined = (...parts: readonly fc.Arbitrary<readonly [Json, Json]>[]): fc.Arbitrary<readonly [Json, Json]> =>
  fc
    .tuple(...parts)
    .map((pairs) => [Object.assign({}, ...pairs.map(([plain]) => plain)), Object.assign({}, ...pairs.map(([, full]) => full))] as const);
const plainRecord = fc.constant<Json>({});
const anyManifest = both({
  apiVersion: same(fc.constant('v1')),
  kind: same(fc.constant('Pod')),
  metadata: same(fc.constant({ name: 'web' })),
  status: strewn(plainRecord).map(([plain, { volumeHealth }]) => [plain, { volumeHealth }] as const),
  spec: joined(
    strewn(plainRecord).map(([, { evictionResponders }]) => [{}, { evictionResponders }] as const),
    both({
      containers: listOf(
        joined(
          same(fc.record({ name: fc.constantFrom('a', 'b', ''), image: fc.constantFrom('a', '') }) as fc.Arbitrary<Json>),
          both({
            volumeMounts: listOf(
              fc.tuple(fc.constantFrom('v', 'w'), gatedValues).map(
                ([name, { bindMountOptions }]) =>
                  [
                    { name, mountPath: '/v' },
                    { name, mountPath: '/v', bindMountOptions },
                  ] as const,
              ),
            ),
            livenessProbe: both({
              httpGet: fc.tuple(fc.constantFrom(80, 0), gatedValues).map(([port, { protocol }]) => [{ port }, { port, protocol }] as const),
            }),
            readinessProbe: both({
              grpc: fc.tuple(fc.constantFrom(80, 0), anyValue).map(([port, mode]) => [{ port }, { port, mode }] as const),
            }),
          }),
        ),
      ),
      volumes: listOf(
        fc.oneof(
          fc.tuple(fc.constantFrom('v', 'w', ''), anyValue).map(
            ([name, mode]) =>
              [
                { name, emptyDir: {} },
                { name, emptyDir: { mode } },
              ] as const,
          ),
          fc.tuple(fc.constantFrom('v', 'w'), fc.array(keyed, { maxLength: 2 }), gatedValues).map(
            ([name, items, { user, defaultUser }]) =>
              [
                { name, secret: { secretName: 's', items } },
                { name, secret: { secretName: 's', items: items.map((item) => ({ ...item, user })), defaultUser } },
              ] as const,
          ),
        ),
      ),
    }),
  ),
});

describe('the gates of fields', () => {
  it('each stand at some field, and each field at one of them', () => {
    const named = structNames().flatMap((name) => structSchema(name).fields.flatMap(({ gate }) => (gate === '' ? [] : [gate])));
    expect([...new Set(named)].sort()).toEqual(Object.keys(fieldGates).sort());
    expect(new Set(rows.map(({ gate }) => gate))).toEqual(new Set(Object.keys(fieldGates)));
  });

  it.each(rows)('$field is kept when $gate is on', ({ field, gate, accepted }) => {
    for (const manifest of accepted) {
      const result = parse(manifest, { [gate]: true });
      expect(judgement(result)).toEqual({ sound: true, notes: [] });
      expect(countOf(result.pod, field)).toBe(countOf(manifest, field));
    }
  });

  it.each(rows)('$field is held to its rules when $gate is on', ({ gate, refused }) => {
    for (const [manifest, message] of refused) {
      const result = parse(manifest, { [gate]: true });
      expect(
        result.ok ? [] : result.issues.map((issue) => (issue.type === '' ? `${issue.field}: ${issue.message}` : issue.message)),
      ).toEqual([message]);
    }
  });

  it.each(rows)('$field does not count, whatever it says, when $gate is off', ({ field, gate, accepted, refused }) => {
    for (const manifest of [...accepted, ...refused.map(([each]) => each)]) {
      for (const gates of [undefined, { [gate]: false }, { SomeOtherGate: true }]) {
        const result = parse(manifest, gates);
        const { sound, notes } = judgement(result);
        expect(sound).toBe(true);
        expect(countOf(result.pod, field)).toBe(0);
        expect(notes.length).toBeGreaterThan(0);
        expect(notes.filter(({ code, hint }) => code !== 'UNKNOWN_FIELD' || !hint.includes(gate))).toEqual([]);
      }
    }
  });

  it.each(rows)('$field is dropped from objects that were not read here when $gate is off', ({ field, gate, accepted }) => {
    for (const manifest of accepted) {
      const read = parse(manifest, { [gate]: true }).pod;
      expect(countOf(dropDisabledFields(structSchema('Pod'), read, {}), field)).toBe(0);
      expect(dropDisabledFields(structSchema('Pod'), read, { [gate]: true })).toBe(read);
      const { metadata: _, ...dropped } = dropDisabledFields(structSchema('Pod'), read, {})!;
      expect(dropped).toMatchObject({ spec: parse(manifest).pod!.spec });
    }
  });

  it('change no verdict while they are off', () => {
    fc.assert(
      fc.property(anyManifest, ([plain, full]) => {
        const [without, withFields] = [parse(plain), parse(full)];
        expect(withFields.ok).toBe(without.ok);
        const errors = (result: ParseResult) =>
          result.ok ? [] : result.issues.filter(({ severity }) => severity === 'error').map(({ message, field }) => [field, message]);
        expect(errors(withFields)).toEqual(errors(without));
        expect(withFields.pod).toEqual(without.pod);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are own names only', () => {
    expect(
      parse(pod({ evictionResponders: [responder] }), Object.create({ EvictionRequestAPI: true }) as FeatureGates).pod?.spec,
    ).not.toHaveProperty('evictionResponders');
  });
});
