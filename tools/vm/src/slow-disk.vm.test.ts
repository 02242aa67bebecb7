import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Machine } from './machine.js';
import { putManifest, skipped, startPreparedMachine, text, title } from './prepared-machine.js';
import { createShownPods, PATIENCE, type ShownPods } from './shown-pods.js';

/** What a worn SD card does. */
const DISK = { operationsPerSecond: 100, bytesPerSecond: 10e6 };
const NAMES = ['guaranteed', 'half-limited', 'best-effort'] as const;

describe.skipIf(skipped)(title(`, a disk of ${DISK.operationsPerSecond} operations a second`), () => {
  let machine: Machine;
  let shown: ShownPods;
  beforeAll(async () => {
    machine = await startPreparedMachine({ disk: DISK });
    shown = createShownPods(machine);
  });
  afterAll(() => machine?.[Symbol.asyncDispose]());

  /** How often systemd started the service anew by itself: after a failure, or when it said nothing for too long. */
  const restarts = (): Promise<string> => machine.must('systemctl show --property=NRestarts --value solo-kubelet');
  const containers = async (): Promise<readonly unknown[]> => {
    const found = [];
    for (const name of NAMES) {
      const { containerID, restartCount } = await shown.untilReady(name);
      found.push([name, containerID, restartCount]);
    }
    return found;
  };

  it('the service comes up at the first attempt, and Pods run', async () => {
    await machine.must('kubelet-cli install');
    for (const name of NAMES) await putManifest(machine, name, await text(`pods/${name}.yaml`));
    await containers();
    expect(await restarts()).toBe('0\n');
  });

  it('while others write all that the disk takes, a Pod that comes runs, one that goes ends, and nothing is started anew', async () => {
    const before = await containers();
    await machine.must('systemd-run --unit=writer sh -c "while :; do dd if=/dev/zero of=/var/written bs=4k count=20000 oflag=dsync; done"');
    await putManifest(machine, 'burstable', (await text('pods/burstable.yaml')).replaceAll(/, hugepages-2Mi: 4Mi/g, ''));
    await shown.untilReady('burstable');
    await shown.remove('burstable');
    expect(await containers()).toEqual(before);
    expect(await restarts()).toBe('0\n');
    expect(await machine.must('systemctl is-active writer')).toBe('active\n');
    await machine.must('systemctl stop writer; rm /var/written');
  });

  it('after a boot everything is back, at the first attempt', async () => {
    await machine.reboot();
    const isUp = async (): Promise<boolean> => (await machine.run('systemctl is-active solo-kubelet')).stdout === 'active\n';
    await waitFor(isUp, { what: 'the service', ...PATIENCE });
    await containers();
    expect(await restarts()).toBe('0\n');
  });
});
