import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences, parseCgroups } from './compare-cgroups.js';
import type { MemoryQos } from './kubernetes-formulas.js';
import type { Machine } from './machine.js';
import { pods } from './pods.js';
import { driver, putManifest, skipped, startPreparedMachine, text, title } from './prepared-machine.js';
import { createShownPods, PATIENCE, type ShownPods } from './shown-pods.js';

const KEPT = ['guaranteed', 'half-limited', 'best-effort'] as const;
const CONFIGURATION = '/etc/kubernetes/kubelet.yaml';

describe.skipIf(skipped)(title(`, driver ${driver}: memory is kept for Pods (MemoryQoS)`), () => {
  let machine: Machine;
  let shown: ShownPods;
  beforeAll(async () => {
    machine = await startPreparedMachine();
    shown = createShownPods(machine);
    await machine.must(`kubelet-cli install && cp ${CONFIGURATION} /root/plain.yaml`);
  });
  afterAll(() => machine?.[Symbol.asyncDispose]());

  const configure = async (lines: readonly string[]): Promise<void> => {
    await machine.must(`cat /root/plain.yaml - > ${CONFIGURATION} && systemctl restart solo-kubelet`, { input: `${lines.join('\n')}\n` });
  };
  const KEEP = ['featureGates:', '  MemoryQoS: true', 'memoryReservationPolicy: TieredReservation'];
  /** Waits for the right values, and tells those that are wrong when time is up. */
  const expectValues = async (names: readonly (keyof typeof pods)[], memoryQos?: MemoryQos): Promise<void> => {
    let wrong: readonly string[] = ['not looked at'];
    const isRight = async (): Promise<boolean> => {
      const facts = await machine.must("nproc; awk '/^MemTotal/ { print $2 }' /proc/meminfo");
      const [cpus = 0, kibibytes = 0] = facts.trim().split('\n').map(Number);
      const values = parseCgroups(await machine.must('sh -s', { input: await text('read-cgroups.sh') }));
      const wanted = names.map((name) => pods[name]);
      wrong = differences(values, wanted, { cpus, memoryBytes: kibibytes * 1024 }, { memoryQos });
      return wrong.length === 0;
    };
    await waitFor(isRight, { what: 'the values', ...PATIENCE }).catch(() => {});
    expect(wrong).toEqual([]);
  };

  it('what Pods ask for is kept, firmly or softly, at every level; no container is slowed down', async () => {
    await configure(KEEP);
    for (const name of KEPT) await putManifest(machine, name, await text(`pods/${name}.yaml`));
    for (const name of KEPT) await shown.untilReady(name);
    await expectValues(KEPT, {});
  });

  it('with a factor, containers that start then are slowed down between request and limit', async () => {
    await shown.remove(...KEPT);
    await configure([...KEEP, 'memoryThrottlingFactor: 0.5']);
    for (const name of KEPT) await putManifest(machine, name, await text(`pods/${name}.yaml`));
    for (const name of KEPT) await shown.untilReady(name);
    await expectValues(KEPT, { throttlingFactor: 0.5 });
  });

  it('a Pod that is removed is kept nothing for any more', async () => {
    await shown.remove('guaranteed');
    await expectValues(['half-limited', 'best-effort'], { throttlingFactor: 0.5 });
  });

  it('once the gate is off everything is free, also after systemd was told to read its files anew; the containers ran on', async () => {
    const { containerID } = await shown.untilReady('half-limited');
    await configure([]);
    await expectValues(['half-limited', 'best-effort']);
    await machine.must('systemctl daemon-reload');
    await machine.must('systemctl set-property --runtime kubepods.slice IOAccounting=yes 2>/dev/null || true');
    await expectValues(['half-limited', 'best-effort']);
    expect(await shown.untilReady('half-limited')).toMatchObject({ containerID, restartCount: 0 });
  });
});
