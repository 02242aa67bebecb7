import { expect, it } from 'vitest';
import { finishedMs, type ObservedPod } from './pod-state.js';

const ended = (name: string, finishedAt: string) => ({ name, state: { terminated: { exitCode: 1, finishedAt } } });
const podOf = (status: object, metadata: object = {}): ObservedPod =>
  ({
    metadata: { name: 'p', namespace: 'default', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    spec: { containers: [{ name: 'app' }], initContainers: [{ name: 'log', restartPolicy: 'Always' }, { name: 'init' }] },
    status,
  }) as unknown as ObservedPod;
const at = (pod: ObservedPod): string => new Date(finishedMs(pod)).toISOString().slice(11, 19);

it('a Pod ended with its last container or sidecar, else with its readiness, else when its end was asked for', () => {
  const containerStatuses = [ended('app', '2026-01-01T00:01:00Z')];
  const init = ended('init', '2026-01-01T00:05:00Z');
  expect(at(podOf({ containerStatuses, initContainerStatuses: [init] }))).toBe('00:01:00');
  expect(at(podOf({ containerStatuses, initContainerStatuses: [ended('log', '2026-01-01T00:02:00Z'), init] }))).toBe('00:02:00');
  const unready = { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:03:00Z' }] };
  const deleted = { deletionTimestamp: '2026-01-01T00:04:30Z', deletionGracePeriodSeconds: 30n };
  expect(at(podOf({ containerStatuses, initContainerStatuses: [{ name: 'log', state: { running: {} } }], ...unready }, deleted))).toBe(
    '00:03:00',
  );
  expect(at(podOf({}, deleted))).toBe('00:04:00');
  expect(at(podOf({}))).toBe('00:00:00');
});
