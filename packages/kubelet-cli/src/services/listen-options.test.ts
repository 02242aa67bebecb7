import { expect, it } from 'vitest';
import { decodeConfiguration } from '../config/decode-configuration.js';
import { accessWarnings } from './listen-options.js';

const warnings = (json: object) => accessWarnings(decodeConfiguration({ ...json }).config);

it('warns of AlwaysAllow, of the read-only port and of ciphers that mean nothing', () => {
  const found = warnings({
    authorization: { mode: 'AlwaysAllow' },
    authentication: { anonymous: { enabled: true } },
    readOnlyPort: 10_255,
    tlsCipherSuites: ['TLS_ROT13'],
  });
  expect(found).toEqual([
    'authorization.mode AlwaysAllow: anybody who reaches 0.0.0.0:10250 may run commands in every container',
    'readOnlyPort: anybody who reaches 0.0.0.0:10255 may read pods, environment included',
    'tlsCipherSuites: TLS_ROT13 is not known and is left out',
  ]);
});

it('has nothing to say about roles, or about a server that is off', () => {
  expect(warnings({ authorization: { mode: 'Roles' } })).toEqual([]);
  expect(warnings({ authorization: { mode: 'AlwaysAllow' }, enableServer: false, readOnlyPort: 10_255 })).toEqual([]);
});
