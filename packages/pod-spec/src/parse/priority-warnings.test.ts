import { describe, expect, it } from 'vitest';
import { parsePod } from './parse-pod.js';

const warningsOf = (spec: object): readonly string[] => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
  };
  const result = parsePod(JSON.stringify(manifest), { path: 'pod.json', nodeName: 'node' });
  expect(result.ok).toBe(true);
  return result.ok ? result.warnings.map(({ field, message }) => `${field}: ${message}`) : [];
};

describe('the priority of a static Pod', () => {
  it.each([
    [{}],
    [{ priority: 5 }],
    [{ priority: 1_000_000_000, priorityClassName: 'high' }],
    [{ priorityClassName: 'system-node-critical' }],
    [{ priority: 2_000_001_000, priorityClassName: 'system-node-critical' }],
    [{ priority: 2_000_000_000, priorityClassName: 'system-cluster-critical' }],
  ])('is as an API server would give it: %j', (spec) => expect(warningsOf(spec)).toEqual([]));

  it.each([
    [
      { priority: 5, priorityClassName: 'system-node-critical' },
      'spec.priority: the priority of class system-node-critical is 2000001000, not 5',
    ],
    [{ priority: 2_000_000_000 }, 'spec.priority: priorities above 1000000000 are those of system classes: 2000000000'],
    [
      { priority: 1_000_000_001, priorityClassName: 'high' },
      'spec.priority: priorities above 1000000000 are those of system classes: 1000000001',
    ],
  ])('is told of, and the Pod runs, where it is not: %j', (spec, warning) => expect(warningsOf(spec)).toEqual([warning]));
});
