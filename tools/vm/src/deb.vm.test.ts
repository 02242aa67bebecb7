import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDebs } from './build-debs.js';
import { copyImages } from './bundle.js';
import { installedFiles, lostAndLeft } from './installed-files.js';
import { startLedger } from './ledger.js';
import type { Machine } from './machine.js';
import { patient } from './patience.js';
import { machineDirectory, putManifest, REBOOTS, skipped, startFreshMachine, text, title } from './prepared-machine.js';
import { createShownPods, PATIENCE, type ShownContainer, type ShownPods } from './shown-pods.js';

const TALKS_POD = new URL('../../../examples/nginx.yaml', import.meta.url);

/** Looks of the machine at what a Pod has left on it. */
const OF_PODS = {
  containers: 'ctr -n k8s.io containers list --quiet',
  cgroups: 'find /sys/fs/cgroup -type d -path "*kubepods*" -name "*pod*-*"',
  mounts: 'grep -E " /var/lib/kubelet/pods/| /run/containerd/.*(rootfs|shm)" /proc/mounts || true',
  networks: 'ip netns list; find /var/lib/cni/networks/solo-kubelet -name "10.*"; ip -o link | grep veth || true',
  rules: 'iptables-save | grep -E "^-A CNI-DN|dport (8443|4180)" || true',
  processes: 'ps -eo comm=,args= | grep -E "^(containerd-shim|nginx|pause)" || true',
} as const;

describe.skipIf(skipped)(
  title(': the Debian package, on a machine with Debian’s containerd as it comes'),
  { timeout: patient(40 * 60_000) },
  () => {
    let machine: Machine;
    let shown: ShownPods;
    let fresh: readonly string[];
    beforeAll(async () => {
      machine = await startFreshMachine(async (product) => {
        await buildDebs(product, join(machineDirectory, 'packages'));
        await copyImages(product);
      });
      shown = createShownPods(machine);
      await machine.must('rm /usr/local/bin/node'); // the package brings its own
      fresh = await installedFiles(machine);
    });
    afterAll(() => machine?.[Symbol.asyncDispose]());

    const install = (deb: string): Promise<string> =>
      machine.must(`DEBIAN_FRONTEND=noninteractive apt-get install --yes /opt/solo-kubelet/${deb}.deb 2>&1`);
    const answers = async (): Promise<boolean> => {
      const asks = ['127.0.0.1:8443', '10.0.2.15:8443', '127.0.0.1:4180'].map(
        (where) => `curl --silent --fail --max-time 20 http://${where}/`,
      );
      const { status, stdout } = await machine.run(asks.join(' && '));
      return status === 0 && /nginx/i.test(stdout);
    };
    const untilAnswers = (): Promise<boolean> => waitFor(answers, { what: 'an answer on the ports of the machine', ...PATIENCE });
    const containers = async (): Promise<readonly (readonly [string, string | undefined, number, string | undefined])[]> =>
      ((await shown.statusOf('nginx'))?.containerStatuses ?? []).map(({ name, containerID, restartCount, state }: ShownContainer) => [
        name,
        containerID,
        restartCount,
        state?.running?.startedAt,
      ]);
    const left = async (): Promise<Record<string, string>> => {
      const found: Record<string, string> = {};
      for (const [what, command] of Object.entries(OF_PODS)) {
        const text = (await machine.must(command)).trim();
        if (text !== '') found[what] = text;
      }
      return found;
    };

    it('is installed by one command and runs the talk’s Pod by a second; it answers on its ports', async () => {
      await install('older');
      await machine.must('kubelet-cli images import /opt/solo-kubelet/images/small.tar /opt/solo-kubelet/images/nginx.tar'); // no registry is in reach
      await putManifest(machine, 'nginx', await readFile(TALKS_POD, 'utf8'));
      await untilAnswers();
      expect(await machine.must('systemctl is-enabled solo-kubelet; systemctl is-active solo-kubelet')).toBe('enabled\nactive\n');
    });

    it('an upgrade starts the kubelet anew, no container, and keeps the configuration', async () => {
      await machine.must('echo "# of mine" >> /etc/kubernetes/kubelet.yaml && systemctl restart solo-kubelet');
      await waitFor(async () => (await containers()).length === 2, { what: 'the kubelet’s answer', ...PATIENCE });
      const [before, pid, version] = [
        await containers(),
        await machine.must('systemctl show --property=MainPID --value solo-kubelet'),
        await machine.must('dpkg-query --show solo-kubelet'),
      ];
      await install('newer');
      expect(await machine.must('dpkg-query --show solo-kubelet')).not.toBe(version);
      expect(await machine.must('systemctl show --property=MainPID --value solo-kubelet')).not.toBe(pid);
      expect(await machine.must('tail -n 1 /etc/kubernetes/kubelet.yaml')).toBe('# of mine\n');
      await waitFor(async () => (await containers()).length === 2, { what: 'the kubelet’s answer', ...PATIENCE });
      expect(await containers()).toEqual(before);
      await untilAnswers();
      expect(await containers()).toEqual(before);
    });

    it(`${REBOOTS} times the machine boots anew: each time a Pod’s preStop hook has run to its end and its data is whole`, {
      timeout: patient(REBOOTS * 15 * 60_000),
    }, async () => {
      await machine.must('printf "shutdownGracePeriod: 240s\\nshutdownGracePeriodCriticalPods: 20s\\n" >> /etc/kubernetes/kubelet.yaml');
      await machine.must('systemctl restart solo-kubelet');
      const ledger = await startLedger(machine);
      for (let reboot = 0; reboot < REBOOTS; reboot++) {
        await shown.untilReady('ledger');
        await machine.reboot();
        await ledger.untilStarted();
        await untilAnswers();
      }
    });

    it('Pods whose manifests go end, and leave nothing on the machine', async () => {
      await shown.remove('nginx', 'ledger');
      expect((await machine.must('cat /srv/ledger/events')).trim().split('\n').slice(-2)).toEqual(['closed', 'ended']);
      await waitFor(async () => Object.keys(await left()).length === 0, { what: 'the end of all that Pods had', ...PATIENCE }).catch(
        () => {},
      );
      expect(await left()).toEqual({});
      expect((await machine.run('curl --silent --max-time 5 http://10.0.2.15:8443/')).status).not.toBe(0);
    });

    it('a removal leaves Pods running, and a new installation finds them', async () => {
      await putManifest(machine, 'best-effort', await text('pods/best-effort.yaml'));
      const { containerID, state } = await shown.untilReady('best-effort');
      await machine.must('apt-get remove --yes solo-kubelet');
      expect(await machine.must('ctr -n k8s.io tasks list | grep -c RUNNING')).toBe('2\n');
      await install('newer');
      expect(await shown.untilReady('best-effort')).toMatchObject({ containerID, state, restartCount: 0 });
    });

    it('a purge beside a running Pod keeps what the Pod has; one without leaves nothing of the package', async () => {
      expect(await machine.must('apt-get purge --yes solo-kubelet 2>&1')).toContain('has data of Pods, which may still run, and stays');
      expect(await machine.must('ctr -n k8s.io tasks list | grep -c RUNNING')).toBe('2\n');
      await install('newer');
      await shown.untilReady('best-effort');
      await shown.remove('best-effort');
      await machine.must('apt-get purge --yes solo-kubelet 2>&1');
      await machine.must('rm -rf /etc/kubernetes /srv/ledger'); // where manifests and data of the user were
      expect(lostAndLeft(fresh, await installedFiles(machine))).toEqual({ lost: [], left: [] });
      const traces =
        'systemctl list-units --all --plain --no-legend "kube*" "solo*"; ip -o link show solo0 2>/dev/null; ls -d /run/solo-kubelet /sys/fs/cgroup/kubepods* 2>/dev/null; true';
      expect(await machine.must(traces)).toBe('');
    });
  },
);
