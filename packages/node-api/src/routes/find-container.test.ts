import type { Pod } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { whyNotRunning } from './find-container.js';

const podWith = (state: object | undefined): Pod => ({ status: { containerStatuses: [{ name: 'a', state }] } }) as unknown as Pod;

it.each([
  [{ waiting: { reason: 'ImagePullBackOff', message: 'long' } }, 'container "a" does not run: it waits (ImagePullBackOff)'],
  [{ waiting: {} }, 'container "a" does not run: it waits'],
  [{ terminated: { reason: 'Error', exitCode: 3 } }, 'container "a" does not run: it ended (Error, exit code 3)'],
  [{ running: {} }, undefined],
])('says why a container in state %j does not run', (state, words) => expect(whyNotRunning(podWith(state), 'a')).toBe(words));

it('says nothing of a container that the pod does not have, nor without a pod', () => {
  expect(whyNotRunning(podWith({ waiting: {} }), 'b')).toBeUndefined();
  expect(whyNotRunning(undefined, 'a')).toBeUndefined();
});
