import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeCri, type FakeCri } from '@solo-kubelet/cri-client/testing';
import { kubeletBinary, lacksSystemdBed, type SystemdBed, startSystemdBed, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sleeper } from '../kubelet/manifests.js';

const lacking = lacksSystemdBed();
const UNIT = 'kubelet-under-test.service';
const EVENTS = 'MESSAGE_ID=0b1e7d9c52b64f0f9d3c1a8e64b7f2d5';

describe.skipIf(lacking !== undefined)(`the journal as a sink of events${lacking === undefined ? '' : `: ${lacking}`}`, () => {
  let bed: SystemdBed;
  let fake: FakeCri | undefined;
  beforeAll(async () => {
    bed = await startSystemdBed();
    for (const directory of ['manifests', 'kubelet', 'logs']) await mkdir(join(bed.directory, directory));
    fake = await createFakeCri({
      socketPath: join(bed.directory, 'cri.sock'),
      infoCgroupDriver: 'systemd',
      images: [{ tags: ['localhost/solo-kubelet/busybox:1'] }],
    });
    const configuration = {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      containerRuntimeEndpoint: `unix://${join(bed.directory, 'cri.sock')}`,
      staticPodPath: join(bed.directory, 'manifests'),
      podLogsDir: join(bed.directory, 'logs'),
      authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      ...{ failSwapOn: false, failCgroupV1: false, enableServer: false, healthzPort: 0 },
    };
    await writeFile(join(bed.directory, 'kubelet.json'), JSON.stringify(configuration));
    await writeFile(join(bed.directory, 'manifests/web.json'), JSON.stringify(sleeper('web')));
    await bed.run('systemctl', 'reset-failed');
    const program = [process.execPath, kubeletBinary, 'run', '--config', join(bed.directory, 'kubelet.json')];
    const flags = [
      '--root-dir',
      join(bed.directory, 'kubelet'),
      '--hostname-override',
      'n1',
      '--api-socket',
      '',
      '--event-sink',
      'journald:',
    ];
    const started = await bed.run('systemd-run', `--unit=${UNIT}`, '--', ...program, ...flags);
    expect(started).toMatchObject({ status: 0 });
  });
  afterAll(async () => {
    await bed?.[Symbol.asyncDispose]();
    await fake?.[Symbol.asyncDispose]();
  });

  const entries = async (...matches: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    (await bed.run('journalctl', '--no-pager', '--output=json', EVENTS, ...matches)).stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

  it('gets each as an entry of the unit, that its fields find', async () => {
    const started = await waitFor(async () => (await entries('KUBERNETES_EVENT_REASON=Started'))[0], {
      what: 'an entry',
      timeoutMs: 120_000,
    });
    expect(started).toMatchObject({
      MESSAGE: expect.stringMatching(/^Pod default\/web-n1: Started: /),
      PRIORITY: '6',
      SYSLOG_IDENTIFIER: 'solo-kubelet',
      KUBERNETES_EVENT_TYPE: 'Normal',
      KUBERNETES_NODE_NAME: 'n1',
      KUBERNETES_NAMESPACE_NAME: 'default',
      KUBERNETES_POD_NAME: 'web-n1',
      KUBERNETES_POD_UID: expect.stringMatching(/^[0-9a-f]{32}$/),
      KUBERNETES_CONTAINER_NAME: 'app',
      OBJECT_SYSTEMD_UNIT: UNIT,
    });
    expect(await entries('KUBERNETES_POD_NAME=web-n1', 'KUBERNETES_EVENT_REASON=Created')).toHaveLength(1);
    expect(await entries('KUBERNETES_POD_NAME=web-n1', 'KUBERNETES_EVENT_REASON=Created', `--unit=${UNIT}`)).toHaveLength(1);
  });

  it('that is stopped ends no kubelet, and gets what came meanwhile once it is back', async () => {
    await bed.run('systemctl', 'stop', 'systemd-journald.socket', 'systemd-journald-dev-log.socket', 'systemd-journald.service');
    await writeFile(join(bed.directory, 'manifests/late.json'), JSON.stringify(sleeper('late')));
    await waitFor(async () => fake?.containers.length === 2 || undefined, { what: 'a second container', timeoutMs: 60_000 });
    await bed.run('systemctl', 'start', 'systemd-journald.socket', 'systemd-journald-dev-log.socket', 'systemd-journald.service');
    await waitFor(async () => (await entries('KUBERNETES_POD_NAME=late-n1', 'KUBERNETES_EVENT_REASON=Started'))[0], {
      what: 'the entry of what came meanwhile',
      timeoutMs: 120_000,
    });
  });
});
