import { describe, expect, it } from 'vitest';
import { container, pod } from '../testing/pod-builder.js';
import { stopOf } from './container-stop.js';
import type { ObservedContainer } from './observed-pod.js';
import type { StopReason } from './pod-action.js';

const running = { id: 'c1', name: 'app', state: 'running' } as ObservedContainer;

describe('the grace period of a stop', () => {
  it.each([
    [30, 30],
    [-1, 1],
    [-9_223_372_036_854_775_808n, 1],
    [2_147_483_647, 2_147_483_647],
    [1_000_000_000_000, 2_147_483_647],
    [9_223_372_036_854_775_807n, 2_147_483_647],
  ])('of %d s is %d s, which any runtime can count', (terminationGracePeriodSeconds, seconds) => {
    const stop = stopOf(pod('web', { terminationGracePeriodSeconds }), running, 'PodEnded');
    expect(stop.gracePeriodSeconds).toBe(seconds);
  });
});

describe('the event about a stop', () => {
  const web = pod('web', {
    initContainers: [container('side', { restartPolicy: 'Always' })],
    containers: [container('app'), container('once', { restartPolicy: 'Never' })],
  });
  it.each<[string, StopReason, string]>([
    ['app', 'PodEnded', 'Stopping container app'],
    ['app', 'SpecChanged', 'Container app definition changed, will be restarted'],
    ['once', 'SpecChanged', 'Container once definition changed, will be restarted'],
    ['side', 'SpecChanged', 'Init container side definition changed'],
    ['app', 'LivenessProbe', 'Container app failed liveness probe, will be restarted'],
    ['once', 'LivenessProbe', 'Container once failed liveness probe'],
    ['side', 'LivenessProbe', 'Init container side failed liveness probe'],
    ['app', 'StartupProbe', 'Container app failed startup probe, will be restarted'],
    ['once', 'StartupProbe', 'Container once failed startup probe'],
    ['side', 'StartupProbe', 'Init container side failed startup probe'],
    ['app', 'ContainerUnknown', 'Container is in "unknown" state, try killing it before restart'],
    ['side', 'ContainerUnknown', 'Init container is in "unknown" state, try killing it before restart'],
    ['app', 'ResizeRequired', 'Container app resize requires restart'],
    ['app', 'RestartAllContainers', 'killing'],
    ['app', 'PostStartHook', 'FailedPostStartHook'],
  ])('of %s by %s reads as upstream’s', (name, reason, message) => expect(stopOf(web, { ...running, name }, reason).message).toBe(message));
  it('of a container of a Pod that is never restarted does not say that it will be', () =>
    expect(stopOf(pod('web', { restartPolicy: 'Never' }), running, 'LivenessProbe').message).toBe('Container app failed liveness probe'));
});
