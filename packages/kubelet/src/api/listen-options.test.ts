import { expect, it } from 'vitest';
import { decodeConfiguration } from '../config/decode-configuration.js';
import { accessWarnings } from './listen-options.js';

const warnings = (json: object) => accessWarnings(decodeConfiguration({ ...json }).config);

it('warns of AlwaysAllow and of the read-only port', () => {
  const found = warnings({
    authorization: { mode: 'AlwaysAllow' },
    authentication: { anonymous: { enabled: true } },
    readOnlyPort: 10_255,
  });
  expect(found).toEqual([
    'authorization.mode AlwaysAllow: anybody who reaches 0.0.0.0:10250 may run commands in every container',
    'readOnlyPort: anybody who reaches 0.0.0.0:10255 may read pods, environment included',
  ]);
});

it('has nothing to say about roles, or about a server that is off', () => {
  expect(warnings({ authorization: { mode: 'Roles' } })).toEqual([]);
  expect(warnings({ authorization: { mode: 'AlwaysAllow' }, enableServer: false, readOnlyPort: 10_255 })).toEqual([]);
});
