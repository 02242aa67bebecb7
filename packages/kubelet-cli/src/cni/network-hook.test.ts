import { CniError } from '@solo-kubelet/cni-invoker';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { expect, it } from 'vitest';
import { extraNetworksHook } from './network-hook.js';

const failing = (error: Error) =>
  extraNetworksHook({
    networks: {
      attach: async () => [],
      detach: () => Promise.reject(error),
      collectGarbage: async () => ({ detached: ['gone'], failures: [{ network: 'cam', message: 'disk' }] }),
    },
    logger: { ...silentLogger, info: (fields) => logged.push(fields), warn: (fields) => logged.push(fields) },
  });
const logged: unknown[] = [];

it('a detach that fails does not keep the sandbox from stopping', async () => {
  const error = new CniError({ code: 'CNI_DETACH_FAILED', message: 'busy' });
  await failing(error).detach({ podSandboxId: 's1' }, {});
  expect(logged).toEqual([{ podSandboxId: 's1', err: error }]);
});

it('an abort or a bug does', async () => {
  await expect(failing(new DOMException('stop', 'AbortError')).detach({ podSandboxId: 's1' }, {})).rejects.toMatchObject({
    name: 'AbortError',
  });
});

it('a collection tells what it released and what it could not', async () => {
  logged.length = 0;
  await failing(new Error('unused')).collectGarbage([], {});
  expect(logged).toEqual([{ podSandboxId: 'gone' }, { network: 'cam', message: 'disk' }]);
});
