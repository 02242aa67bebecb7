import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, eventOf, removeAll, STAY } from './watching.js';

const one = (name: string, spec: object = {}, container: object = {}, metadata: object = {}): object =>
  podManifest(name, { ...spec, containers: [script('app', STAY, container)] }, metadata);
const port = { ports: [{ containerPort: 80, hostPort: 39_480, hostIP: '127.0.0.1' }] };
const cpu = (amount: string) => ({ resources: { requests: { cpu: amount } } });
/** So much of the machine that two pods of it do not fit. */
const MOST = `${availableParallelism() * 600}m`;
let node: TestNode;

beforeAll(async () => {
  node = await startNode({ flags: ['--node-labels', 'line=7'] });
});
afterAll(() => node?.[Symbol.asyncDispose]());

const refusal = async (name: string) => {
  const { status } = await node.pod(name, hasPhase('Failed'));
  return { reason: status?.reason, message: status?.message, started: status?.containerStatuses };
};

describe('a pod that the node cannot take', () => {
  it.each([
    [
      'too-big',
      one('too-big', {}, cpu('1000')),
      'OutOfcpu',
      /^Pod was rejected: Node didn't have enough resource: cpu, requested: 1000000, used: \d+, capacity: \d+$/,
    ],
    ['elsewhere', one('elsewhere', { nodeSelector: { line: '8' } }), 'NodeAffinity', /^Pod was rejected: Predicate NodeAffinity failed/],
    ['windows', one('windows', { os: { name: 'windows' } }), 'PodOSNotSupported', /OS field doesn't match node OS$/],
    [
      'sysctl',
      one('sysctl', { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '65536' }] } }),
      'SysctlForbidden',
      /^Pod was rejected: forbidden sysctl: "kernel.msgmax" not allowlisted$/,
    ],
  ])('is refused with the reason: %s', async (name, manifest, reason, message) => {
    await dropAll(node, manifest);
    expect(await refusal(name)).toEqual({ reason, message: expect.stringMatching(message), started: undefined });
    expect(await eventOf(node, name, reason)).toMatchObject({ type: 'Warning' });
    expect((await node.containerStatuses(name)).length).toBe(0);
    await removeAll(node, name);
  });

  it('runs as soon as its manifest is mended', async () => {
    await dropAll(node, one('mended', { nodeSelector: { line: '8' } }));
    await refusal('mended');
    await dropAll(node, one('mended', { nodeSelector: { line: '7' } }));
    await node.pod('mended', isRunning);
    await removeAll(node, 'mended');
  });
});

describe('a pod that another one stands in the way of', () => {
  it.each([
    ['port', one('first-port', {}, port), one('second-port', {}, port), 'NodePorts', /didn't have free ports for the requested pod ports$/],
    [
      'network',
      one('first-network', { hostNetwork: true }, { ports: [{ containerPort: 39_481 }] }),
      one('second-network', { hostNetwork: true }, { ports: [{ containerPort: 39_481 }] }),
      'NodePorts',
      /didn't have free ports/,
    ],
    [
      'cpu',
      one('first-cpu', {}, cpu(MOST)),
      one('second-cpu', {}, cpu(MOST)),
      'OutOfcpu',
      /^Pod was rejected: Node didn't have enough resource: cpu, requested: \d+, used: \d+, capacity: \d+$/,
    ],
  ])('is refused, and runs when that one has gone: %s', async (what, first, second, reason, message) => {
    await dropAll(node, first);
    await node.pod(`first-${what}`, isRunning);
    await dropAll(node, second);
    expect(await refusal(`second-${what}`)).toEqual({ reason, message: expect.stringMatching(message), started: undefined });
    await node.remove(`first-${what}.json`);
    const { status } = await node.pod(`second-${what}`, isRunning);
    expect(status).not.toHaveProperty('reason');
    await removeAll(node, `second-${what}`);
    await node.gone(`first-${what}`);
  });
});
