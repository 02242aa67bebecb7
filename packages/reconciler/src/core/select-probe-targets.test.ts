import { describe, expect, it } from 'vitest';
import { container, observedContainer, observedPod, pod } from '../testing/index.js';
import { syncInputOf } from '../testing/sync-input.js';
import type { RunningPodInput } from './pod-sync-input.js';
import { selectProbeTargets } from './select-probe-targets.js';

const probe = { tcpSocket: { port: 80 } };
const probed = { startupProbe: probe, livenessProbe: probe, readinessProbe: probe };
const web = pod('web', {
  initContainers: [container('init', probed), container('side', { ...probed, restartPolicy: 'Always' })],
  containers: [container('app', probed), container('plain')],
});
const observed = observedPod(['init', 'side', 'app', 'plain'].map((name) => observedContainer(name)));
const every = (name: string) => ['startup', 'liveness', 'readiness'].map((kind) => `${name} ${kind}`);
const selected = (rest: Partial<RunningPodInput>): readonly string[] =>
  selectProbeTargets(syncInputOf({ pod: web, observed, ...rest })).map(({ containerName, kind }) => `${containerName} ${kind}`);

describe('a pod', () => {
  it('is probed in its sidecars and regular containers', () => expect(selected({})).toEqual([...every('side'), ...every('app')]));

  it('is not probed where nothing runs', () => {
    const exited = observedContainer('app', { state: 'exited', exitCode: 0 });
    expect(selected({ observed: observedPod([exited]) })).toEqual([]);
  });

  it.each<[string, Partial<RunningPodInput>]>([
    ['removed', { wanted: false }],
    ['past its deadline', { pod: pod('web', { ...web.spec, activeDeadlineSeconds: 1 }), status: { startTime: '1970-01-01T00:00:00Z' } }],
    ['at its end with a sidecar left', { status: { phase: 'Succeeded' } }],
  ])('is probed for readiness only while it ends: %s', (_what, rest) =>
    expect(selected(rest)).toEqual(['side readiness', 'app readiness']),
  );

  it('is left alone while not every source has said whether it is wanted', () =>
    expect(selected({ wanted: false, allSynced: false })).toEqual([]));
});
