import { TALKS_CRIO, talksEnvironment, talksUnit, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences, parseCgroups } from './compare-cgroups.js';
import { lackingCrio, startCrioMachine } from './crio-machine.js';
import type { Machine } from './machine.js';
import { pods } from './pods.js';
import { driver, putManifest, skipped, text, title } from './prepared-machine.js';
import { PATIENCE, type ShownPod } from './shown-pods.js';

const HUGE_PAGES = 'echo 4 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages';
/** What Pods leave on the machine while they are there; the sandboxes of CRI-O are namespaces. */
const OF_PODS = {
  cgroups: 'find /sys/fs/cgroup -type d -path "*kubepods*" -name "*pod[0-9a-f]*"; find /sys/fs/cgroup -type d -name "crio-*"',
  units: 'systemctl list-units --all --plain --no-legend "kubepods*pod*" "crio-*"',
  mounts: 'grep -E " /var/lib/kubelet/pods/| /var/lib/containers/storage/overlay/.*merged|/userdata/shm" /proc/mounts || true',
  networks: 'ip netns list; find /var/lib/cni/networks -name "10.*"; ip -o link | grep veth || true',
  processes: 'ps -eo comm=,args= | grep -E "^(conmon|pause)" || true',
} as const;

describe.skipIf(skipped || lackingCrio !== undefined)(
  `${title(`, driver ${driver}: the talk’s CRI-O`)}${lackingCrio === undefined ? '' : `: ${lackingCrio}`}`,
  () => {
    let machine: Machine;
    beforeAll(async () => {
      machine = await startCrioMachine();
      await machine.must(HUGE_PAGES);
      await machine.must(`printf '#!/bin/sh\\n${HUGE_PAGES}\\n' > /usr/local/sbin/pages; chmod +x /usr/local/sbin/pages`);
      await machine.must('mkdir -p /etc/systemd/system/crio.service.d');
      const before = '[Service]\nExecStartPre=/usr/local/sbin/pages\n';
      await machine.must('cat > /etc/systemd/system/crio.service.d/pages.conf', { input: before });
    });
    afterAll(() => machine?.[Symbol.asyncDispose]());

    const shown = async (): Promise<readonly ShownPod[]> => {
      const { stdout } = await machine.run('curl --silent http://127.0.0.1:10255/pods');
      return (JSON.parse(stdout || '{}') as { readonly items?: readonly ShownPod[] | null }).items ?? [];
    };
    const untilAllRun = async (): Promise<void> => {
      const allRun = async (): Promise<boolean> =>
        (await shown()).filter(({ status }) => status.containerStatuses?.[0]?.ready === true).length === Object.keys(pods).length;
      await waitFor(allRun, { what: 'four running Pods', ...PATIENCE });
    };
    const wrongValues = async (): Promise<readonly string[]> => {
      const facts = await machine.must("nproc; awk '/^MemTotal/ { print $2 }' /proc/meminfo");
      const [cpus = 0, kibibytes = 0] = facts.trim().split('\n').map(Number);
      const values = parseCgroups(await machine.must('sh -s', { input: await text('read-cgroups.sh') }));
      return differences(values, Object.values(pods), { cpus, memoryBytes: kibibytes * 1024 }, { pauses: false });
    };

    it('starts the talk’s unit file unchanged, with the talk’s flags, and every value of the cgroups of four Pods is right', async () => {
      await machine.must('ln -sf /opt/solo-kubelet/dist/bin.js /usr/bin/kubelet; mkdir -p /var/lib/kubelet'); // its unit's working directory, which packages make
      await machine.must('cat > /etc/systemd/system/kubelet.service', { input: talksUnit(TALKS_CRIO) });
      await machine.must('cat > /etc/kubernetes/kubelet', { input: talksEnvironment(TALKS_CRIO, driver) });
      await machine.must('systemctl daemon-reload; systemctl enable --now kubelet');
      for (const name of Object.keys(pods)) await putManifest(machine, name, await text(`pods/${name}.yaml`));
      await untilAllRun();
      expect(await wrongValues()).toEqual([]);
      expect(await machine.must('systemctl is-active kubelet; systemctl show --property=NRestarts --value kubelet')).toBe('active\n0\n');
    });

    it('gives what commands print, and logs, of a Pod', async () => {
      expect(await machine.must('kubelet-cli exec burstable -- cat /sys/fs/cgroup/memory.max')).toBe(`${96 * 1024 ** 2}\n`);
      await putManifest(machine, 'says', SAYS);
      const said = async (): Promise<boolean> => (await machine.run('kubelet-cli logs says')).stdout === 'it works\n';
      await waitFor(said, { what: 'its log', ...PATIENCE });
      await machine.must('rm /etc/kubernetes/manifests/says.yaml');
      await waitFor(async () => (await shown()).length === Object.keys(pods).length, { what: 'the end of says', ...PATIENCE });
    });

    it('has figures of containers by their cgroups', async () => {
      const metrics = await machine.must('curl --silent http://127.0.0.1:10255/metrics/cadvisor');
      for (const name of Object.keys(pods)) {
        expect(metrics).toMatch(new RegExp(`^container_memory_working_set_bytes\\{.*container="main".*pod="${name}-127.0.0.1"`, 'm'));
      }
    });

    it('has them back after a reboot, with the same values', async () => {
      await machine.reboot();
      let wrong: readonly string[] = [];
      const isRight = async (): Promise<boolean> => {
        wrong = await wrongValues();
        return wrong.length === 0;
      };
      await waitFor(isRight, { what: 'the same cgroups', ...PATIENCE }).catch(() => {});
      expect(wrong).toEqual([]);
      await untilAllRun();
      expect(await machine.must('systemctl is-active kubelet crio')).toBe('active\nactive\n');
    });

    it('ends the Pods whose manifests go, and nothing of them is left', async () => {
      await machine.must('rm /etc/kubernetes/manifests/*.yaml');
      const left = async (): Promise<Record<string, string>> => {
        const found: Record<string, string> = {};
        for (const [what, command] of Object.entries(OF_PODS)) {
          const lines = (await machine.must(command)).trim();
          if (lines !== '') found[what] = lines;
        }
        return found;
      };
      await waitFor(async () => Object.keys(await left()).length === 0, { what: 'the end of all that Pods had', ...PATIENCE }).catch(
        () => {},
      );
      expect(await left()).toEqual({});
    });
  },
);

const SAYS = `apiVersion: v1
kind: Pod
metadata: { name: says }
spec:
  restartPolicy: Never
  containers:
    - { name: main, image: localhost/solo-kubelet/busybox:1, imagePullPolicy: Never, command: [echo, it works] }
`;
