import { describe, expect, it } from 'vitest';
import { numaMask } from './numa-mask.js';
import type { NumaNodes } from './numa-nodes.js';
import type { ResourceHints, TopologyHint } from './topology-hint.js';
import { decideTopology, type TopologyPolicyName } from './topology-policy.js';

const two: NumaNodes = {
  nodes: [0, 1],
  distances: new Map([
    [0, [10, 21]],
    [1, [21, 10]],
  ]),
};
const four: NumaNodes = {
  nodes: [0, 1, 2, 3],
  distances: new Map([
    [0, [10, 20, 30, 15]],
    [1, [20, 10, 15, 30]],
    [2, [30, 15, 10, 20]],
    [3, [15, 30, 20, 10]],
  ]),
};
const hint = (nodes: readonly number[], preferred: boolean): TopologyHint => ({ affinity: numaMask(nodes), preferred });
const cpu = (...list: readonly TopologyHint[]): ResourceHints => ({ cpu: list });
const gpu = (...list: readonly TopologyHint[]): ResourceHints => ({ 'example.com/gpu': list });
const decide = (name: TopologyPolicyName, hints: readonly ResourceHints[], numa = two, preferClosestNumaNodes = false) =>
  decideTopology({ name, numa, preferClosestNumaNodes }, hints);

/** After upstream's tables (pkg/kubelet/cm/topologymanager/policy_test.go). */
describe('the nodes on which all agree', () => {
  it.each([
    ['nobody cares', [{}], [0, 1], true],
    ['one does not care', [{}, cpu(hint([0], true), hint([1], true))], [0], true],
    ['one resource does not care', [{ a: undefined }, cpu(hint([1], true))], [1], true],
    ['there is none to be had', [{ a: [] }, cpu(hint([1], true))], [1], false],
    ['one node suits both', [cpu(hint([0], true), hint([1], true)), gpu(hint([1], true))], [1], true],
    ['both suit both: the lower', [cpu(hint([0], true), hint([1], true)), gpu(hint([0], true), hint([1], true))], [0], true],
    ['they want different nodes', [cpu(hint([0], true)), gpu(hint([1], true))], [0, 1], false],
    ['one needs both nodes', [cpu(hint([0, 1], true)), gpu(hint([1], true))], [1], false],
    ['both need both', [cpu(hint([0, 1], true)), gpu(hint([0, 1], true))], [0, 1], true],
    ['a preferred one is wider', [cpu(hint([0], false), hint([0, 1], true)), gpu(hint([0, 1], true))], [0, 1], true],
  ])('when %s', (_what, hints, nodes, preferred) => {
    expect(decide('best-effort', hints as ResourceHints[])).toEqual({ hint: hint(nodes, preferred), admit: true });
    expect(decide('restricted', hints as ResourceHints[]).admit).toBe(preferred);
  });

  it('are as many as the most demanding resource needs, where no answer is preferred', () => {
    const wide = [
      cpu(hint([0, 1], false), hint([0, 1, 2, 3], false)),
      gpu(hint([0], false), hint([0, 1], false), hint([0, 1, 2, 3], false)),
    ];
    expect(decide('best-effort', wide, four).hint).toEqual(hint([0, 1], false));
  });

  it('are near each other, when that is asked for', () => {
    const hints = [cpu(hint([0, 1], true), hint([0, 3], true), hint([1, 2], true))];
    expect(decide('best-effort', hints, four).hint).toEqual(hint([0, 1], true));
    expect(decide('best-effort', hints, four, true).hint).toEqual(hint([1, 2], true));
  });
});

describe('single-numa-node', () => {
  it.each([
    ['one node suits both', [cpu(hint([0], true), hint([1], true)), gpu(hint([1], true), hint([0, 1], false))], hint([1], true), true],
    ['nobody cares', [{}], { affinity: undefined, preferred: true }, true],
    ['one needs two nodes', [cpu(hint([0, 1], true)), gpu(hint([1], true))], { affinity: undefined, preferred: false }, false],
    ['they want different nodes', [cpu(hint([0], true)), gpu(hint([1], true))], { affinity: undefined, preferred: false }, false],
  ])('when %s', (_what, hints, expected, admit) => {
    expect(decide('single-numa-node', hints as ResourceHints[])).toEqual({ hint: expected, admit });
  });
});

it('under the policy none everything is admitted anywhere', () => {
  expect(decide('none', [{ a: [] }])).toEqual({ hint: { affinity: undefined, preferred: true }, admit: true });
});
