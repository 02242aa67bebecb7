import type { Pod } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { fakeIo } from '../../test/fake-io.js';
import type { NodeClient } from '../client/node-client.js';
import { portForward } from './port-forward.js';

it('says of a pod that does not run that no port can be forwarded, as kubectl', async () => {
  const pending = {
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [] },
    status: { phase: 'Pending' },
  } as unknown as Pod;
  const client = { listPods: async () => [pending] } as unknown as NodeClient;
  const context = { client, io: fakeIo(), signal: new AbortController().signal, now: () => 0 };
  await expect(portForward({ pod: 'web', ports: ['80'] }, context)).rejects.toThrow(
    'unable to forward port because pod is not running. Current status=Pending',
  );
});
