import type { ClaimState } from '@solo-kubelet/workloads';
import { expect, it } from 'vitest';
import { BINDING_WAIT_MS, type ClaimQuestion, claimedVolume, NAMED_WAIT_MS } from './claimed-volume.js';

const pod = { metadata: { name: 'web', namespace: 'default', uid: 'u' }, spec: { containers: [] } };
const request = { pod, claimName: 'data', volumeName: 'v', ephemeral: false } as unknown as ClaimQuestion['request'];
const claim = (spec: object = {}): ClaimState['claim'] =>
  ({
    metadata: { name: 'data', namespace: 'default', uid: 'c' },
    spec: { accessModes: ['ReadWriteOnce'], ...spec },
  }) as ClaimState['claim'];
const pending = (reason?: string, spec?: object): ClaimState => ({
  claim: claim(spec),
  phase: 'Pending',
  terminating: false,
  ...(reason !== undefined && { reason, message: '' }),
});
const ask = (state: ClaimState | undefined, exists = true) =>
  claimedVolume({ request, state, exists, heldByOther: false, matches: () => true });

it.each([
  ['of which nothing is known but its document', undefined, true, BINDING_WAIT_MS],
  ['that nobody asks for', undefined, false, 0],
  ['that waits for its first consumer, which the Pod is', pending('WaitForFirstConsumer'), true, BINDING_WAIT_MS],
  ['that is being decided on', pending(), true, BINDING_WAIT_MS],
  ['that names a volume which is not there yet', pending(undefined, { volumeName: 'disk' }), true, NAMED_WAIT_MS],
  ['that can not be bound', pending('ProvisioningFailed'), true, 0],
])('a claim %s is waited for accordingly before anybody is told that a volume is missing', (_what, state, exists, waitMs) => {
  expect(ask(state, exists)).toMatchObject({ ok: false, waitMs });
});
