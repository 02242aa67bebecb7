import { expect, it } from 'vitest';
import { decodeConfiguration } from '../config/decode-configuration.js';
import { accessWarnings } from './listen-options.js';

const warnings = (json: object, flags: Partial<Parameters<typeof accessWarnings>[1]> = {}) =>
  accessWarnings(decodeConfiguration({ ...json }).config, { tokenAuthFile: undefined, kubeApi: undefined, ...flags });

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
  expect(warnings({ authorization: { mode: 'AlwaysAllow' }, enableServer: false })).toEqual([]);
});

it('says what counts for nothing while the server is off', () => {
  const off = { enableServer: false, port: 18_250, readOnlyPort: 10_255 };
  expect(warnings(off, { tokenAuthFile: '/etc/tokens' })).toEqual([
    'enableServer is false: nothing listens for clients, so port 18250, readOnlyPort 10255, --token-auth-file /etc/tokens count for nothing (--enable-server, or enableServer: true in the configuration file)',
  ]);
  // Tokens count at the Kubernetes API, too.
  const kubeApi = { host: '127.0.0.1', port: 6443, kubeconfigPath: '/k' };
  expect(warnings({ enableServer: false }, { tokenAuthFile: '/etc/tokens', kubeApi })).toEqual([]);
});
