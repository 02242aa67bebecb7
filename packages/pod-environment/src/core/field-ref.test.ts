import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { metadataField, podField } from './field-ref.js';
import { podAddresses } from './ip-families.js';

const pod = testPod({}, { labels: { b: 'two', a: 'one' }, annotations: { note: 'say "hi"\n\ttab\\ \u0001 é \u200b 😀', 'x/Y': 'kept' } });
const context = { nodeName: 'node1', nodeIps: ['192.0.2.10', '2001:db8::1'], podIps: ['10.1.0.5', 'fd00::5'] };

describe('podField', () => {
  it.each([
    ['metadata.name', 'web-node1'],
    ['metadata.namespace', 'default'],
    ['metadata.uid', '0123456789abcdef0123456789abcdef'],
    ["metadata.labels['a']", 'one'],
    ["metadata.labels['missing']", ''],
    ["metadata.annotations['x/Y']", 'kept'],
    ['metadata.labels', 'a="one"\nb="two"'],
    ['spec.nodeName', 'node1'],
    ['spec.serviceAccountName', ''],
    ['status.hostIP', '192.0.2.10'],
    ['status.hostIPs', '192.0.2.10,2001:db8::1'],
    ['status.podIP', '10.1.0.5'],
    ['status.podIPs', '10.1.0.5,fd00::5'],
    ['spec.replicas', undefined],
  ])('%s is %s', (fieldPath, expected) => {
    expect(podField(pod, fieldPath, context)).toBe(expected);
  });

  it('quotes the values of a whole map as Go does', () => {
    expect(metadataField(pod, 'metadata.annotations')).toBe('note="say \\"hi\\"\\n\\ttab\\\\ \\x01 é \\u200b 😀"\nx/Y="kept"');
  });
});

describe('podAddresses', () => {
  it.each([
    ['one of each family, the node family first', false, ['fd00::5', '10.1.0.5', '10.1.0.6'], ['192.0.2.10'], ['10.1.0.5', 'fd00::5']],
    ['IPv6 first on an IPv6 node', false, ['10.1.0.5', 'fd00::5'], ['2001:db8::1'], ['fd00::5', '10.1.0.5']],
    ['the node addresses on the host network', true, [], ['192.0.2.10', '2001:db8::1'], ['192.0.2.10', '2001:db8::1']],
    ['none', false, [], ['192.0.2.10'], []],
  ])('are %s', (_, hostNetwork, podIps, nodeIps, expected) => {
    expect(podAddresses(hostNetwork, podIps, nodeIps)).toEqual(expected);
  });
});
