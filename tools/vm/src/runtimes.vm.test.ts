import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences, parseCgroups } from './compare-cgroups.js';
import type { Machine } from './machine.js';
import { pods } from './pods.js';
import { driver, putManifest, skipped, startPreparedMachine, text, title } from './prepared-machine.js';
import { createShownPods, PATIENCE, type ShownContainer, type ShownPods } from './shown-pods.js';

const NAMES = ['guaranteed', 'burstable', 'half-limited', 'best-effort'] as const;
const CRUN = `
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.crun]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.crun.options]
BinaryName = "/usr/bin/crun"
SystemdCgroup = ${driver === 'systemd'}
`;
/** A RuntimeClass whose handler has another name, and a Pod of it. */
const FAST = `apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: { name: fast }
handler: crun
---
apiVersion: v1
kind: Pod
metadata: { name: fast }
spec:
  runtimeClassName: fast
  terminationGracePeriodSeconds: 2
  volumes: [{ name: disk, emptyDir: {} }]
  containers:
    - name: main
      image: localhost/solo-kubelet/busybox:1
      imagePullPolicy: Never
      command: [sh, -c, 'trap "exit 0" TERM; sleep 1000000 & wait']
      volumeMounts: [{ name: disk, mountPath: /disk, readOnly: true, recursiveReadOnly: IfPossible }]
`;
const OWN_USERS = `apiVersion: v1
kind: Pod
metadata: { name: own-users, uid: 00000000-0000-4000-8000-000000000020 }
spec:
  hostUsers: false
  terminationGracePeriodSeconds: 2
  volumes: [{ name: disk, emptyDir: {} }]
  containers:
    - name: main
      image: localhost/solo-kubelet/busybox:1
      imagePullPolicy: Never
      command: [sh, -c, 'trap "exit 0" TERM; touch /disk/x; sleep 1000000 & wait']
      volumeMounts: [{ name: disk, mountPath: /disk }]
`;

describe.skipIf(skipped)(title(`, driver ${driver}: runtimes by class, users of their own`), () => {
  let machine: Machine;
  let shown: ShownPods;
  beforeAll(async () => {
    machine = await startPreparedMachine();
    shown = createShownPods(machine);
    await machine.must('echo 4 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages');
    await machine.must('kubelet-cli install');
  });
  afterAll(() => machine?.[Symbol.asyncDispose]());

  const ofClass = async (name: string, runtimeClass: string): Promise<string> =>
    (await text(`pods/${name}.yaml`)).replace(/^spec:$/m, `spec:\n  runtimeClassName: ${runtimeClass}`);
  const untilEvent = (pattern: RegExp): Promise<boolean> =>
    waitFor(async () => pattern.test((await machine.run('kubelet-cli get events')).stdout), { what: `an event: ${pattern}`, ...PATIENCE });
  const featuresOf = async (handlerName: string): Promise<{ readonly [feature: string]: boolean }> => {
    const node = JSON.parse(await machine.must('kubelet-cli get node -o json')) as {
      readonly status: {
        readonly runtimeHandlers: readonly { readonly name: string; readonly features?: { readonly [feature: string]: boolean } }[];
      };
    };
    return node.status.runtimeHandlers.find(({ name }) => name === handlerName)?.features ?? {};
  };
  /** Both keep the state of a container in a directory of its name, in files of different names. */
  const programOf = async ({ containerID }: ShownContainer): Promise<string> => {
    const files = await machine.must(`ls /run/containerd/runc/k8s.io/${containerID?.replace(/^.*\/\//, '')}`);
    return /^state\.json$/m.test(files) ? 'runc' : /^status$/m.test(files) ? 'crun' : files;
  };

  it('a Pod of a class that the runtime has no handler for says so, and runs once it has, by a kubelet that runs on', async () => {
    await putManifest(machine, 'guaranteed', await ofClass('guaranteed', 'crun'));
    await untilEvent(/FailedCreatePodSandBox.*runtimeClassName "crun" has no handler on this node/);
    const pid = await machine.must('systemctl show --property=MainPID --value solo-kubelet');
    await machine.must('cat >> /etc/containerd/config.toml && systemctl restart containerd', { input: CRUN });
    expect(await programOf(await shown.untilReady('guaranteed'))).toBe('crun');
    expect(await machine.must('systemctl show --property=MainPID --value solo-kubelet')).toBe(pid);
  });

  it('crun’s Pods of every QoS class have the values of Kubernetes’ formulas, commands and logs', async () => {
    for (const name of NAMES.slice(1)) await putManifest(machine, name, await ofClass(name, 'crun'));
    for (const name of NAMES) expect(await programOf(await shown.untilReady(name))).toBe('crun');
    const facts = await machine.must("nproc; awk '/^MemTotal/ { print $2 }' /proc/meminfo");
    const [cpus = 0, kibibytes = 0] = facts.trim().split('\n').map(Number);
    const node = { cpus, memoryBytes: kibibytes * 1024 };
    let wrong: readonly string[] = [];
    const isRight = async (): Promise<boolean> => {
      wrong = differences(parseCgroups(await machine.must('sh -s', { input: await text('read-cgroups.sh') })), Object.values(pods), node);
      return wrong.length === 0;
    };
    await waitFor(isRight, { what: 'the values', ...PATIENCE }).catch(() => {});
    expect(wrong).toEqual([]);
    expect(await machine.must('kubelet-cli exec burstable -- sh -c "echo from inside; echo to the log > /proc/1/fd/1"')).toBe(
      'from inside\n',
    );
    expect(await machine.must('kubelet-cli logs burstable')).toBe('to the log\n');
  });

  it('a RuntimeClass names a handler of another name: that one runs its Pod, and what it can is shown of the Pod’s mounts', async () => {
    await putManifest(machine, 'fast', FAST);
    const container = await shown.untilReady('fast');
    expect(await programOf(container)).toBe('crun');
    const can = (await featuresOf('crun'))['recursiveReadOnlyMounts'] === true;
    expect(container.volumeMounts).toMatchObject([{ mountPath: '/disk', recursiveReadOnly: can ? 'Enabled' : 'Disabled' }]);
    await shown.remove('fast');
  });

  it('a Pod with users of its own has them, or is told by which runtime it cannot', async () => {
    const can = (await featuresOf(''))['userNamespaces'] === true;
    await putManifest(machine, 'own-users', OWN_USERS);
    if (!can) {
      await untilEvent(/can't set `spec.hostUsers: false`, runtime does not support user namespaces/);
    } else {
      const { containerID } = await shown.untilReady('own-users');
      const map = await machine.must('kubelet-cli exec own-users -- cat /proc/self/uid_map');
      expect(map).toMatch(/^\s+0\s+[1-9]\d*\s+65536\n$/);
      const outside = Number(map.trim().split(/\s+/)[1]);
      expect(outside % 65_536).toBe(0);
      expect(await machine.must('stat --format=%u /proc/$(pgrep --newest --exact sleep)')).toBe(`${outside}\n`);
      expect(await machine.must('kubelet-cli exec own-users -- stat -c %u:%g /disk/x')).toBe('0:0\n');
      await machine.must('systemctl restart solo-kubelet');
      expect(await shown.untilReady('own-users')).toMatchObject({ containerID, restartCount: 0 });
    }
    await shown.remove('own-users');
  });

  it('Pods that go leave nothing of the runtime', async () => {
    await shown.remove(...NAMES);
    const left = (): Promise<string> =>
      machine.must(
        'ls /run/containerd/runc/k8s.io; find /sys/fs/cgroup -type d -path "*kubepods*" -name "*pod*-*"; ctr -n k8s.io containers list -q',
      );
    await waitFor(async () => (await left()) === '', { what: 'the end of all that Pods had', ...PATIENCE }).catch(() => {});
    expect(await left()).toBe('');
  });
});
