import { TALKS_CONTAINERD, talksEnvironment, talksUnit, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences, parseCgroups } from './compare-cgroups.js';
import type { Machine } from './machine.js';
import { patient } from './patience.js';
import { pods } from './pods.js';
import { driver, putManifest, skipped, startPreparedMachine, text, title } from './prepared-machine.js';
import type { ShownPod } from './shown-pods.js';

const HUGE_PAGES = 'echo 4 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages';

describe.skipIf(skipped)(title(`, driver ${driver}`), () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startPreparedMachine();
    await machine.must(HUGE_PAGES);
  });
  afterAll(() => machine?.[Symbol.asyncDispose]());

  const allRun = async (): Promise<boolean> => {
    const { stdout } = await machine.run('kubelet-cli get pods');
    return (stdout.match(/ 1\/1 +Running /g) ?? []).length === Object.keys(pods).length;
  };
  const untilAllRun = (): Promise<boolean> =>
    waitFor(allRun, { what: 'four running Pods', timeoutMs: patient(15 * 60_000), intervalMs: 5_000 });
  const wrongValues = async (): Promise<readonly string[]> => {
    const facts = await machine.must("nproc; awk '/^MemTotal/ { print $2 }' /proc/meminfo");
    const [cpus = 0, kibibytes = 0] = facts.trim().split('\n').map(Number);
    const values = parseCgroups(await machine.must('sh -s', { input: await text('read-cgroups.sh') }));
    return differences(values, Object.values(pods), { cpus, memoryBytes: kibibytes * 1024 });
  };

  it('doctor objects to a sandbox image that nobody can pull; install supplies it, learns the driver, and starts the kubelet', async () => {
    const { stdout } = await machine.run('kubelet-cli doctor');
    expect(stdout).toMatch(/! Sandbox image: registry\.k8s\.io\/pause:3\.10 is not on this machine/);
    expect(stdout).toContain(driver === 'systemd' ? '✓ Cgroup driver: systemd' : '! Cgroup driver: cgroupfs beside systemd');
    expect(await machine.must('kubelet-cli install')).toContain('supplied  registry.k8s.io/pause:3.10');
    expect(await machine.must('cat /etc/kubernetes/kubelet.yaml')).toContain(`cgroupDriver: ${driver}\n`);
    expect((await machine.must('systemctl is-active solo-kubelet')).trim()).toBe('active');
  });

  it('every value of the cgroups of four Pods is what Kubernetes’ formulas say', async () => {
    for (const name of Object.keys(pods)) {
      await putManifest(machine, name, await text(`pods/${name}.yaml`));
    }
    await untilAllRun();
    expect(await wrongValues()).toEqual([]);
  });

  it('clients of exec that are killed leave no process in the container', async () => {
    // One whose input stays open, one with a terminal, one that neither reads nor writes.
    const clients = {
      'exec-input': 'mkfifo /run/exec-input; exec 3<>/run/exec-input; exec kubelet-cli exec -i burstable -- cat <&3',
      'exec-terminal':
        'mkfifo /run/exec-terminal; exec 3<>/run/exec-terminal; exec script --quiet --command "kubelet-cli exec -it burstable -- cat" /dev/null <&3',
      'exec-silent': 'exec kubelet-cli exec burstable -- sleep 4242',
    };
    const processes = async (): Promise<readonly string[]> =>
      (
        await machine.must(
          'for pid in $(pgrep --exact "cat|sleep"); do grep -q kubepods /proc/$pid/cgroup && ps -o args= -p $pid; done; true',
        )
      )
        .split('\n')
        .filter((line) => line === 'cat' || line === 'sleep 4242')
        .toSorted();
    const until = (wanted: readonly string[]): Promise<boolean> =>
      waitFor(async () => (await processes()).join() === wanted.join(), {
        what: `the processes ${wanted.join()}`,
        timeoutMs: patient(5 * 60_000),
        intervalMs: 3_000,
      });
    for (const [unit, script] of Object.entries(clients)) {
      await machine.must(`systemd-run --unit=${unit} --collect sh -c '${script}'`);
    }
    await until(['cat', 'cat', 'sleep 4242']);
    await machine.must(`systemctl kill --signal=KILL ${Object.keys(clients).join(' ')}`);
    await until([]);
  });

  it('they are back after a reboot, with the same values', async () => {
    await machine.must(`printf '#!/bin/sh\\n${HUGE_PAGES}\\n' > /usr/local/sbin/pages; chmod +x /usr/local/sbin/pages`);
    await machine.must(
      'mkdir -p /etc/systemd/system/solo-kubelet.service.d; printf "[Service]\\nExecStartPre=/usr/local/sbin/pages\\n" > /etc/systemd/system/solo-kubelet.service.d/pages.conf',
    );
    await machine.reboot();
    // The kubelet tells the statuses of before until it has seen the runtime: only the machine itself is to be believed.
    let wrong: readonly string[] = [];
    const isRight = async (): Promise<boolean> => {
      wrong = await wrongValues();
      return wrong.length === 0;
    };
    await waitFor(isRight, { what: 'the same cgroups', timeoutMs: patient(15 * 60_000), intervalMs: 5_000 }).catch(() => {});
    expect(wrong).toEqual([]);
    await untilAllRun();
  });

  it('a Pod that is removed leaves no slice, and uninstall leaves the others running', async () => {
    await machine.must('rm /etc/kubernetes/manifests/guaranteed.yaml');
    const isGone = async (): Promise<boolean> =>
      !(
        await machine.must('find /sys/fs/cgroup -name "*pod*0001*"; systemctl list-units --all --plain --no-legend "kubepods*0001*"')
      ).trim();
    await waitFor(isGone, { what: 'the end of the Pod’s cgroup', timeoutMs: patient(5 * 60_000), intervalMs: 5_000 });
    await machine.must('kubelet-cli uninstall');
    const running = await machine.must('kubelet-cli get pods --runtime-endpoint unix:///run/containerd/containerd.sock');
    expect(running.match(/ 1\/1 +Running /g)).toHaveLength(Object.keys(pods).length - 1);
  });

  it('the talk’s unit file starts unchanged in its place, ends the Pods that nobody asks for any more, and runs one that is', async () => {
    await machine.must('rm /etc/kubernetes/manifests/*; ln -sf /opt/solo-kubelet/dist/bin.js /usr/bin/kubelet');
    await machine.must('cat > /etc/systemd/system/kubelet.service', { input: talksUnit(TALKS_CONTAINERD) });
    await machine.must('cat > /etc/kubernetes/kubelet', { input: talksEnvironment(TALKS_CONTAINERD, driver) });
    await machine.must('systemctl daemon-reload; systemctl enable --now kubelet');
    const pod = (await text('pods/guaranteed.yaml')).replace(/^( +name:) guaranteed$/m, '$1 talk').replace(/0001$/m, '0030');
    await putManifest(machine, 'talk', pod);
    const shown = async (): Promise<readonly (readonly [string, string | undefined])[]> => {
      const { stdout } = await machine.run('curl --silent http://127.0.0.1:10255/pods');
      const { items } = JSON.parse(stdout || '{}') as { readonly items?: readonly ShownPod[] | null };
      return (items ?? []).map(({ metadata, status }) => [metadata.name, status.phase]);
    };
    await waitFor(async () => (await shown()).join() === 'talk-127.0.0.1,Running', {
      what: 'the Pod alone',
      timeoutMs: patient(15 * 60_000),
      intervalMs: 5_000,
    }).catch(() => {});
    expect(await shown()).toEqual([['talk-127.0.0.1', 'Running']]);
    expect(await machine.must('ctr -n k8s.io tasks list | grep -c RUNNING')).toBe('2\n');
    expect(await machine.must('systemctl is-active kubelet; systemctl show --property=NRestarts --value kubelet')).toBe('active\n0\n');
  });
});
