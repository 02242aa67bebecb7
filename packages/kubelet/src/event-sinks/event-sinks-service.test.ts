import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { createKubeletMetrics } from '@solo-kubelet/node-api';
import type { KubeletEvent } from '@solo-kubelet/reconciler';
import { concat, EMPTY, NEVER, of } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { flagValues } from '../api/flag-values.js';
import { loadConfiguration } from '../config/load-configuration.js';
import type { KubeletContext } from '../kubelet-services.js';
import { eventSinksService } from './event-sinks-service.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sinks-'));
});
afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 }));

const event: KubeletEvent = {
  id: 'web.1',
  type: 'Warning',
  reason: 'BackOff',
  message: 'Back-off\nrestarting',
  involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web-n', uid: 'u' },
  count: 2,
  firstTimestamp: '2031-01-01T00:00:00Z',
  lastTimestamp: '2031-01-01T00:00:05Z',
  source: { component: 'kubelet' },
};

it('writes what happens to the sinks of the flags, as v1 Events of this node, and counts it', async () => {
  const path = join(root, 'log', 'events.jsonl');
  const { config, flags } = await loadConfiguration([
    '--event-sink',
    `file://${path}#maxSize=1Mi`,
    '--event-sink',
    `mqtt://joe:s3cret@127.0.0.1:1/t`,
  ]);
  const metrics = createKubeletMetrics({ nodeName: 'n' });
  const context = {
    flags,
    nodeName: 'n',
    reconciler: { events$: concat(of(event, { ...event, count: 3 }), NEVER) },
    metrics,
    logger: silentLogger,
  };
  const subscription = eventSinksService(context as unknown as KubeletContext).subscribe();
  const lines = await vi.waitFor(
    async () => {
      const text = await readFile(path, 'utf8');
      return text
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
    },
    { timeout: 20_000 },
  );
  subscription.unsubscribe();
  expect(lines).toMatchObject([
    {
      kind: 'Event',
      apiVersion: 'v1',
      metadata: { name: 'web.1', namespace: 'shop' },
      involvedObject: { kind: 'Pod', name: 'web-n' },
      message: 'Back-off\nrestarting',
      count: 2,
      source: { component: 'kubelet', host: 'n' },
      reportingComponent: 'kubelet',
      reportingInstance: 'n',
    },
    { count: 3 },
  ]);
  const scraped = await metrics.registry.metrics();
  expect(scraped).toContain(`solo_kubelet_event_sink_delivered_total{sink="file://${path}"} 2`);
  expect(scraped).toContain('solo_kubelet_event_sink_dropped_total{sink="mqtt://127.0.0.1:1/t",reason="full"} 0');
  expect(scraped).not.toContain('s3cret');
  expect(flagValues(config, flags)['event-sink']).toBe(`file://${path},mqtt://127.0.0.1:1/t`);
});

it('does nothing without a sink', () => {
  expect(eventSinksService({ flags: {} } as unknown as KubeletContext)).toBe(EMPTY);
});

it.each([
  [['ftp://joe:s3cret@x/'], 'want a URL of http, https, file, mqtt, mqtts, otlp+http or otlp+https, or journald:'],
  [['file:///a', 'file:///a#maxFiles=2'], 'file:///a: it is given twice'],
])('refuses flags that can not be used, without their secrets: %j', async (sinks, message) => {
  const refused = await loadConfiguration(sinks.flatMap((sink) => ['--event-sink', sink])).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'KUBELET_USAGE', message: `--event-sink: ${message}` });
});
