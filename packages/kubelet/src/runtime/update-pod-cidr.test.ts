import { createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { expect, it } from 'vitest';
import { updatePodCidr } from './update-pod-cidr.js';

it('tells the runtime the addresses of its pods, and goes on when it will not hear', async () => {
  await using fake = await createFakeCri();
  await using cri = createCriClient({ endpoint: fake.endpoint });
  const errors: unknown[] = [];
  const logger: Logger = { ...silentLogger, error: (...record: readonly unknown[]) => void errors.push(record) };
  const options = { logger, signal: new AbortController().signal };
  await updatePodCidr(cri, '', options);
  expect(fake.calls).toHaveLength(0);
  await updatePodCidr(cri, '10.1.0.0/24', options);
  expect((await cri.runtime.status({ verbose: true })).info['config']).toContain('10.1.0.0/24');
  fake.fault({ method: 'UpdateRuntimeConfig', type: 'error', code: 'UNIMPLEMENTED' });
  await updatePodCidr(cri, '10.2.0.0/24', options);
  expect(errors).toHaveLength(1);
});
