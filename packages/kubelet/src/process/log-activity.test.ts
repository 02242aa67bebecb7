import type { Logger } from '@solo-kubelet/diagnostics';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { type KubeletEvent, podUid } from '@solo-kubelet/reconciler';
import { pod } from '@solo-kubelet/reconciler/testing';
import { expect, it } from 'vitest';
import { activityFields, logEvent, logManifestEvent, logRefusedProbes } from './log-activity.js';

it('logs containers by name: values of variables never reach a record', () => {
  const container = { name: 'app', image: 'app:1', env: [{ name: 'PASSWORD', value: 'hunter2' }] };
  const action = { type: 'startContainer', container, kind: 'regular', restartCount: 0 } as const;
  const fields = activityFields({ type: 'actionStarted', scope: 'pod', atMs: 1, podUid: podUid('u'), pod: 'default/web', action });
  expect(fields).toEqual({ podUid: 'u', pod: 'default/web', action: 'startContainer', containerName: 'app' });
  expect(JSON.stringify(fields)).not.toContain('hunter2');
});

it('logs the first line of an event: what commands wrote stays in the event', () => {
  const lines: unknown[] = [];
  const sink = (...line: readonly unknown[]) => void lines.push(line);
  const logger = { error: sink, warn: sink, info: sink, debug: sink, trace: sink } as unknown as Logger;
  const time = '2026-01-01T00:00:00Z';
  logEvent(logger, {
    id: 'e',
    type: 'Warning',
    reason: 'FailedPreStopHook',
    message: "command 'sh' exited with 1\npassword=hunter2",
    involvedObject: { kind: 'Pod', name: 'web', namespace: 'default', uid: 'u' },
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component: 'kubelet' },
  } as KubeletEvent);
  expect(lines).toEqual([[{ pod: 'default/web', reason: 'FailedPreStopHook' }, "command 'sh' exited with 1"]]);
});

it('tells which annotation asks for a probe in vain', () => {
  const warnings: unknown[] = [];
  const logger = { warn: (...line: readonly unknown[]) => void warnings.push(line), info: () => {} } as unknown as Logger;
  const annotation = 'probes.solo-kubelet.dev/redis.readiness';
  logManifestEvent(
    logger,
    {
      type: 'applied',
      origin: { source: 'file', path: '/pods/web.yaml', document: 0 },
      pod: pod('web', {}, { annotations: { [annotation]: '{"redis": {}}' } }),
      warnings: [],
    },
    ['mqtt'],
  );
  expect(warnings).toEqual([
    [
      { path: '/pods/web.yaml', pod: 'default/web', annotation, reason: 'the Pod has no container "redis" that can be probed' },
      'Probe annotation unused',
    ],
  ]);
});

it('tells of a probe that no plugin serves, when its Pod comes', () => {
  const warnings: unknown[] = [];
  const logger = { warn: (...line: readonly unknown[]) => void warnings.push(line), info: () => {} } as unknown as Logger;
  const annotation = 'probes.solo-kubelet.dev/app.readiness';
  const applied = (kind: string) =>
    logManifestEvent(
      logger,
      {
        type: 'applied',
        origin: { source: 'file', path: '/pods/web.yaml', document: 0 },
        pod: pod('web', {}, { annotations: { [annotation]: `{"${kind}": {}}` } }),
        warnings: [],
      },
      ['httpGet', 'mqtt'],
    );
  applied('mqtt');
  expect(warnings).toEqual([]);
  applied('redis');
  expect(warnings).toEqual([
    [{ path: '/pods/web.yaml', pod: 'default/web', annotation, kind: 'redis' }, 'No plugin serves this kind of probe (--probe-plugin)'],
  ]);
});

it('tells of a probe that its plugin does not take, when its Pod comes', async () => {
  const warnings: unknown[] = [];
  const logger = { warn: (...line: readonly unknown[]) => void warnings.push(line) } as unknown as Logger;
  const annotation = 'probes.solo-kubelet.dev/app.readiness';
  const origin = { source: 'file', path: '/pods/web.yaml', document: 0 } as const;
  const refused = async () => [{ annotation, message: 'redis needs a port' }];
  await logRefusedProbes(logger, { type: 'applied', origin, pod: pod('web'), warnings: [] }, refused);
  await logRefusedProbes(logger, { type: 'removed', origin, podKey: 'default/web' } as ManifestEvent, refused);
  expect(warnings).toEqual([
    [
      { path: '/pods/web.yaml', pod: 'default/web', annotation, reason: 'redis needs a port' },
      'The plugin does not take this probe; no attempt will succeed',
    ],
  ]);
});
