import { describe, expect, it } from 'vitest';
import { judgeTexts, messagesOf, warningsOf } from '../testing/judge-text.js';

const slice = judgeTexts('discovery.k8s.io/v1', 'EndpointSlice');
const at = (addresses: string, type = 'IPv4', more = ''): string => `addressType: ${type}\nendpoints: [{addresses: [${addresses}]${more}}]`;

describe('an EndpointSlice', () => {
  it('names ports and their protocol, and drops the old topology', () => {
    const object = slice.sound(`${at('10.0.0.1', 'IPv4', ', deprecatedTopology: {a: b}')}\nports: [{port: 80}]`);
    expect(object).toMatchObject({ endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ name: '', port: 80, protocol: 'TCP' }] });
    expect(JSON.stringify(object)).not.toContain('deprecatedTopology');
  });

  it.each([
    ['endpoints: []', ['addressType: Required value']],
    [at(''), ['endpoints[0].addresses: Required value: must contain at least 1 address']],
    [at('"fd00::1"'), ['endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address']],
    [at('127.0.0.1'), ['endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)']],
    [at('"FD00::1"', 'IPv6'), ['endpoints[0].addresses[0]: Invalid value: "FD00::1": must be in canonical form ("fd00::1")']],
    [
      at('a.b., a', 'FQDN'),
      ['endpoints[0].addresses[1]: Invalid value: "a": should be a domain with at least two segments separated by dots'],
    ],
    [at('10.0.0.1', 'IPv4', ', hints: {forZones: [{name: a}, {name: a}]}'), ['endpoints[0].hints.forZones[1].name: Duplicate value: "a"']],
    ['addressType: IPv4\nports: [{}, {}]', ['ports[1].name: Duplicate value: ""']],
    ['addressType: IPv4\nports: [{protocol: X}]', ['ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"']],
  ])('%s', (body, messages) => expect(messagesOf(slice.create(body))).toEqual(messages));

  it('keeps its address type; endpoints that stay are not looked at again', () => {
    expect(messagesOf(slice.update(at('10.0.0.1'), at('10.0.0.1', 'IPv6')))).toEqual([
      'addressType: Invalid value: "IPv6": field is immutable',
    ]);
  });

  it.each([
    ['a label', at('10.0.0.1'), 'labels: {a: b}', 2],
    ['an annotation', at('10.0.0.1'), 'annotations: {a: b}', 1],
    ['an address', at('10.0.0.2'), '', 2],
    ['what is dropped', at('10.0.0.1', 'IPv4', ', deprecatedTopology: {a: b}'), '', 2],
  ])('counts a change of %s as %s', (_what, body, metadata, generation) =>
    expect(slice.update(at('10.0.0.1'), body, metadata)).toMatchObject({ object: { metadata: { generation } } }),
  );

  it('is warned of domain names, when it is new', () => {
    expect(warningsOf(slice.create(at('a.b', 'FQDN')))).toEqual(['spec.addressType: FQDN endpoints are deprecated']);
    expect(warningsOf(slice.update(at('a.b', 'FQDN'), at('a.c', 'FQDN')))).toEqual([]);
  });
});
