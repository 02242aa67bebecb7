import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDefaults, losslessJson, type Pod, parsePod } from '../src/index.js';
import { sampleManifests } from './sample-manifests.js';

const options = { path: 'a.yaml', nodeName: 'node1' };
const parse = (text: string): Pod => {
  const result = parsePod(text, options);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.pod;
};
const pods = sampleManifests.map(parse);

const int = fc.integer({ min: 1, max: 600 });
const quantity = fc.constantFrom('1', '100m', '1.5Gi', '12e6', '0.1', '128974848', '1u');
const list = fc.dictionary(fc.constantFrom('cpu', 'memory', 'hugepages-2Mi', 'example.com/gpu'), quantity, { noNullPrototype: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const probe = fc.record({
  httpGet: maybe(fc.record({ port: fc.oneof(int, fc.constant('http')) })),
  periodSeconds: maybe(int),
  failureThreshold: maybe(int),
});
const container = fc.record({
  name: fc.constantFrom('a', 'b', ''),
  image: fc.constantFrom('a', 'b:1', 'c:latest', 'BAD', ''),
  resources: fc.record({ limits: maybe(list), requests: maybe(list) }),
  livenessProbe: maybe(probe),
  ports: maybe(fc.array(fc.record({ containerPort: int, hostPort: maybe(int) }), { maxLength: 2 })),
});
const anyPod = fc.record({
  metadata: fc.record({ name: fc.constantFrom('x', 'y') }),
  spec: fc.record({
    containers: fc.array(container, { maxLength: 3 }),
    initContainers: maybe(fc.array(container, { maxLength: 2 })),
    hostNetwork: maybe(fc.boolean()),
    resources: maybe(fc.record({ limits: maybe(list), requests: maybe(list) })),
    overhead: maybe(list),
    terminationGracePeriodSeconds: maybe(fc.integer({ min: -5, max: 60 })),
    volumes: maybe(
      fc.array(fc.record({ name: fc.constant('v'), projected: maybe(fc.record({ sources: fc.constant([]) })) }), { maxLength: 2 }),
    ),
  }),
}) as unknown as fc.Arbitrary<Pod>;

describe('defaulting', () => {
  it('is idempotent', () => {
    fc.assert(
      fc.property(anyPod, (pod) => {
        const once = applyDefaults(pod);
        expect(applyDefaults(once)).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a pod', () => {
  it.each(pods)('written as JSON and read again is the same: %#', (pod) => {
    // The node's name is added to the name each time, so it is taken off first.
    const text = losslessJson({
      apiVersion: 'v1',
      kind: 'Pod',
      ...pod,
      metadata: { ...pod.metadata, name: pod.metadata.name.replace(/-node1$/, '') },
    });
    expect(parse(text)).toEqual(pod);
  });

  it.each(sampleManifests)('is the same from the same manifest: %#', (text) => {
    expect(parse(text)).toEqual(parse(text));
  });
});
