import { describe, expect, it } from 'vitest';
import {
  configKeyErrors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  dnsSubdomainPrefixErrors,
  dnsSubdomainUnderscoreErrors,
  envNameErrors,
  httpHeaderNameErrors,
  labelValueErrors,
  portNameErrors,
  qualifiedNameErrors,
} from './grammar.js';

const counts: readonly [string, (text: string) => readonly string[], readonly (readonly [string, number])[]][] = [
  [
    'a DNS label',
    dnsLabelErrors,
    [
      ['a', 0],
      ['a-1', 0],
      ['', 1],
      ['-a', 1],
      ['A', 1],
      ['a'.repeat(63), 0],
      ['a'.repeat(64), 1],
      ['_'.repeat(64), 2],
    ],
  ],
  [
    'a DNS subdomain',
    dnsSubdomainErrors,
    [
      ['a.b', 0],
      ['a..b', 1],
      ['a_b', 1],
      ['a'.repeat(254), 1],
      ['A'.repeat(254), 2],
    ],
  ],
  [
    'the start of a subdomain',
    dnsSubdomainPrefixErrors,
    [
      ['a-', 0],
      ['-', 1],
      ['a.b-', 0],
    ],
  ],
  [
    'a search path',
    dnsSubdomainUnderscoreErrors,
    [
      ['_tcp.a_b', 0],
      ['a_', 1],
      ['', 1],
    ],
  ],
  [
    'a qualified name',
    qualifiedNameErrors,
    [
      ['a', 0],
      ['x.y/A_b.c', 0],
      ['', 2],
      ['/a', 1],
      ['a/', 2],
      ['a/b/c', 1],
      ['X/a', 1],
      [`${'a'.repeat(254)}/b`, 1],
    ],
  ],
  [
    'a label value',
    labelValueErrors,
    [
      ['', 0],
      ['v1.2_3-x', 0],
      ['-a', 1],
      ['a'.repeat(64), 1],
    ],
  ],
  [
    'a port name',
    portNameErrors,
    [
      ['http', 0],
      ['a1-b', 0],
      ['', 2],
      ['80', 1],
      ['a--b', 1],
      ['-a', 1],
      ['a-very-long-name', 1],
    ],
  ],
  [
    'an environment variable',
    envNameErrors,
    [
      ['A', 0],
      ['1 a!', 0],
      ['A=B', 1],
      ['é', 1],
      ['A\tB', 1],
    ],
  ],
  [
    'a config key',
    configKeyErrors,
    [
      ['a.b', 0],
      ['..a', 1],
      ['.', 1],
      ['..', 1],
      ['a b', 1],
      ['a'.repeat(254), 1],
    ],
  ],
  [
    'an HTTP header',
    httpHeaderNameErrors,
    [
      ['X-A', 0],
      ['X_A', 1],
      ['', 1],
    ],
  ],
];

describe.each(counts)('the grammar of %s', (_what, errorsOf, cases) => {
  it.each(cases)('has for %j %i message(s)', (text, count) => expect(errorsOf(text)).toHaveLength(count));
});

it('says that a label is a subdomain when only its dots are wrong', () => expect(dnsLabelErrors('a.b')).toEqual(['must not contain dots']));

it('counts bytes, not characters', () => expect(labelValueErrors('é'.repeat(32))[0]).toBe('must be no more than 63 bytes'));
