import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLedger } from './ledger.js';
import type { Machine } from './machine.js';
import { patient } from './patience.js';
import { driver, REBOOTS, skipped, startPreparedMachine, title } from './prepared-machine.js';
import { createShownPods } from './shown-pods.js';

describe.skipIf(skipped)(title(`, driver ${driver}: boot after boot`), () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startPreparedMachine();
  });
  afterAll(() => machine?.[Symbol.asyncDispose]());

  it(`${REBOOTS} times the machine boots anew: each time a Pod’s preStop hook has run to its end and its data is whole`, {
    timeout: patient((REBOOTS + 1) * 10 * 60_000),
  }, async () => {
    await machine.must('kubelet-cli install');
    await machine.must('printf "shutdownGracePeriod: 60s\\nshutdownGracePeriodCriticalPods: 10s\\n" >> /etc/kubernetes/kubelet.yaml');
    await machine.must('systemctl restart solo-kubelet');
    const ledger = await startLedger(machine);
    const shown = createShownPods(machine);
    await shown.untilReady('ledger');
    const boots = new Set([await machine.must('cat /proc/sys/kernel/random/boot_id')]);
    for (let reboot = 1; reboot <= REBOOTS; reboot++) {
      const startedAt = performance.now();
      await machine.reboot();
      const bootedAt = performance.now();
      await ledger.untilStarted();
      await shown.untilReady('ledger');
      boots.add(await machine.must('cat /proc/sys/kernel/random/boot_id'));
      const seconds = (from: number): string => ((performance.now() - from) / 1_000).toFixed(0);
      console.info(
        `reboot ${reboot} of ${REBOOTS}: ${seconds(startedAt)} s, of which ${seconds(bootedAt)} s from the first answer to a Pod that is ready`,
      );
    }
    expect(boots.size).toBe(REBOOTS + 1);
    expect(await machine.must('systemctl show --property=NRestarts --value solo-kubelet')).toBe('0\n');
  });
});
