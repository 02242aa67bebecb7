import { describe, expect, it } from 'vitest';
import { judgeTexts, messagesOf, warningsOf } from '../testing/judge-text.js';

const policy = judgeTexts('networking.k8s.io/v1', 'NetworkPolicy');
const peer = (text: string): string => `spec: {ingress: [{from: [{${text}}]}]}`;
const port = (text: string): string => `spec: {egress: [{ports: [{${text}}]}]}`;

describe('a NetworkPolicy', () => {
  it.each([
    ['', ['Ingress']],
    ['egress: []', ['Ingress']],
    ['egress: [{}]', ['Ingress', 'Egress']],
    ['egress: [{}], policyTypes: [Egress]', ['Egress']],
  ])('is of the types that its rules tell: {%s}', (spec, policyTypes) =>
    expect(policy.sound(`spec: {${spec}}`)).toMatchObject({ spec: { policyTypes } }),
  );

  it.each([
    [port('port: 80, endPort: 90'), []],
    [port('protocol: X'), ['spec.egress[0].ports[0].protocol: Unsupported value: "X": supported values: "TCP", "UDP", "SCTP"']],
    [port('port: 80, endPort: 79'), ['spec.egress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`']],
    [port('endPort: 79'), ['spec.egress[0].ports[0].endPort: Invalid value: 79: may not be specified when `port` is not specified']],
    [port('port: a, endPort: 79'), ['spec.egress[0].ports[0].endPort: Invalid value: 79: may not be specified when `port` is non-numeric']],
    [peer(''), ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      peer('podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}'),
      ['spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
    ],
    [peer('ipBlock: {}'), ['spec.ingress[0].from[0].ipBlock.cidr: Required value']],
    [
      peer('ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16, 10.1.0.0/16]}'),
      ['spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`'],
    ],
    ['spec: {policyTypes: [X]}', ['spec.policyTypes[0]: Unsupported value: "X": supported values: "Ingress", "Egress"']],
    [
      'spec: {policyTypes: [A, B, C]}',
      [expect.stringMatching(/^spec\.policyTypes: Invalid value: .*: may not specify more than two policyTypes$/)],
    ],
  ])('%s', (body, messages) => expect(messagesOf(policy.create(body))).toEqual(messages));

  it('is warned of blocks in other forms than the canonical one', () => {
    expect(warningsOf(policy.create(peer('ipBlock: {cidr: "::/0", except: ["FD00::/8"]}')))).toEqual([
      'spec.ingress[0].from[0].ipBlock.except[0]: IPv6 CIDR value "FD00::/8" should be in RFC 5952 canonical format ("fd00::/8")',
    ]);
  });

  it('an empty list where there was none steps the generation', () => {
    const generation = (before: string, after: string) => {
      const result = policy.update(`spec: {${before}}`, `spec: {${after}}`);
      return result.ok ? result.object.metadata.generation : undefined;
    };
    expect(generation('podSelector: {}', 'podSelector: {}, ingress: []')).toBe(2);
    expect(generation('podSelector: {}', 'podSelector: {}')).toBe(1);
    expect(generation('podSelector: {}, ingress: [{}]', 'podSelector: {}, ingress: [{from: []}]')).toBe(2);
  });
});
