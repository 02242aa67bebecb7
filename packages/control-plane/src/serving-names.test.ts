import { expect, it } from 'vitest';
import { servingNames } from './serving-names.js';

const namesOf = (...addresses: readonly (readonly [type: string, address: string])[]) =>
  servingNames({ status: { addresses: addresses.map(([type, address]) => ({ type, address })) } });

it('are the addresses of the node, sorted and each once', () => {
  expect(
    namesOf(
      ['InternalIP', '10.0.0.9'],
      ['InternalIP', 'fd00::9'],
      ['ExternalIP', '10.0.0.9'],
      ['Hostname', 'box'],
      ['InternalDNS', 'a.example'],
      ['ExternalDNS', ''],
    ),
  ).toEqual({ dnsNames: ['a.example', 'box'], ips: ['10.0.0.9', 'fd00::9'] });
});

it('count a host name that is an IP as one', () => {
  expect(namesOf(['Hostname', '10.0.0.9'])).toEqual({ dnsNames: [], ips: ['10.0.0.9'] });
});

it('are not known while there is no IP, by which an API server would come', () => {
  expect(namesOf(['Hostname', 'box'], ['InternalIP', 'box'])).toBeUndefined();
  expect(servingNames({})).toBeUndefined();
});
