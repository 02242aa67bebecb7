import type { PodStatus } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { observedContainer, observedPod } from '../../testing/index.js';
import { newPodState, type PodInputs } from '../state/pod-state.js';
import { reportedStatus } from './reported-status.js';

const state = { terminated: { exitCode: 1 } };
const ended = { name: 'app', ready: false, restartCount: 0, image: '', imageID: '', state } as const;
const failed: PodStatus = { phase: 'Failed', reason: 'Evicted', containerStatuses: [ended] };
const running: PodStatus = { ...failed, containerStatuses: [{ ...ended, state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }] };
const phaseOf = (status: PodStatus, inputs: Partial<PodInputs>, { looked = true, shown }: { looked?: boolean; shown?: PodStatus } = {}) =>
  reportedStatus({ status, inputs: { ...newPodState.inputs, ...inputs } }, { looked, shown }).phase;
const gone = observedPod([observedContainer('app', { state: 'exited', exitCode: 1 })]);
const lost = observedPod([observedContainer('app', { state: 'unknown' })]);

it('holds an end back while something of the pod runs, and while a sync is at work that may be starting something', () => {
  expect(phaseOf(failed, { observed: gone, sight: 'settled' })).toBe('Failed');
  expect(phaseOf(failed, { observed: observedPod([observedContainer('app')]), sight: 'settled' })).toBe('Running');
  expect(phaseOf(failed, { observed: gone, sight: 'unsettled' })).toBe('Running');
  expect(phaseOf({ ...failed, containerStatuses: [] }, { sight: 'unsettled' })).toBe('Pending');
});

it('does not take back an end that was shown, though a runtime that was started anew no longer knows of it', () => {
  expect(phaseOf(failed, { observed: lost, sight: 'settled' })).toBe('Running');
  expect(phaseOf(failed, { observed: lost, sight: 'settled' }, { shown: failed })).toBe('Failed');
  expect(phaseOf(failed, { observed: gone, sight: 'unsettled' }, { shown: failed })).toBe('Failed');
});

it('believes an earlier process of a pod that has ended, but not of one that was only to end, until the pod has been read', () => {
  expect(phaseOf(failed, {}, { looked: false })).toBe('Failed');
  expect(phaseOf(running, {}, { looked: false })).toBe('Pending');
  expect(phaseOf(running, { observed: gone, sight: 'none' })).toBe('Running');
  expect(phaseOf(failed, { observed: gone, sight: 'none' })).toBe('Failed');
  expect(phaseOf(running, { observed: gone, sight: 'settled' })).toBe('Failed');
});
