import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPhase, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, rejectionOf, type Sight, sightOf, viewer } from './looking.js';

const commands = {
  ids: "awk '/^(Uid|Gid|Groups):/ {$1=$1; print}' /proc/self/status",
  capabilities: "awk '/^(CapEff|CapBnd):/ {print $1, $2}' /proc/self/status",
  bits: "awk '/^(NoNewPrivs|Seccomp):/ {print $1, $2}' /proc/self/status",
  root: 'touch /made-here',
  home: 'touch /tmp/made-here && echo written',
  keys: 'wc -c < /proc/keys',
  hidden: 'for path in /proc/acpi /proc/scsi /sys/firmware; do ls -A $path; done 2> /dev/null | wc -l',
  tunables: 'echo x > /proc/sys/kernel/domainname',
  devices: 'ls /dev',
  kernel: 'unshare -U true && echo allowed',
};
/** Sets of capability bits as the kernel numbers them. */
const bit = { CHOWN: 0n, KILL: 5n, NET_BIND_SERVICE: 10n, NET_ADMIN: 12n, NET_RAW: 13n, SYS_ADMIN: 21n, SYS_TIME: 25n } as const;
const set = (sight: Sight, which: string): bigint =>
  BigInt(`0x${new RegExp(`^${which}: (\\w+)`, 'm').exec(sight['capabilities'] ?? '')?.[1] ?? '0'}`);
const has = (sight: Sight, name: keyof typeof bit): boolean => ((set(sight, 'CapBnd') >> bit[name]) & 1n) === 1n;

const app = (securityContext: object, more: object = {}) => ({ container: { securityContext, ...more } });
const pods: Readonly<Record<string, object>> = {
  plain: {},
  numbers: { securityContext: { runAsUser: 1234, runAsGroup: 2345, supplementalGroups: [3456] } },
  'own-numbers': { securityContext: { runAsUser: 1, runAsGroup: 1 }, ...app({ runAsUser: 1234, runAsGroup: 2345 }) },
  'image-number': { ...app({ runAsNonRoot: true }, { image: imageNames.userNumber }) },
  'image-name': { ...app({}, { image: imageNames.userName }) },
  'image-name-number': { ...app({ runAsNonRoot: true, runAsUser: 1000 }, { image: imageNames.userName }) },
  capable: app({ capabilities: { add: ['NET_ADMIN', 'SYS_TIME'], drop: ['NET_RAW', 'KILL'] } }),
  incapable: app({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
  privileged: app({ privileged: true }),
  'no-escalation': app({ allowPrivilegeEscalation: false }),
  escalation: app({ allowPrivilegeEscalation: true }),
  'read-only': {
    volumes: [{ name: 'tmp', emptyDir: {} }],
    ...app({ readOnlyRootFilesystem: true }, { volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] }),
  },
  confined: { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
  'unconfined-one': { securityContext: { seccompProfile: { type: 'RuntimeDefault' } }, ...app({ seccompProfile: { type: 'Unconfined' } }) },
  'local-profile': app({ seccompProfile: { type: 'Localhost', localhostProfile: 'profiles/no-chmod.json' } }),
};
const extra: Readonly<Record<string, Record<string, string>>> = { 'local-profile': { chmod: 'chmod 600 /tmp' } };

let node: TestNode;
const sights = new Map<string, Sight>();
const seen = (pod: string): Sight => sights.get(pod) ?? {};
beforeAll(async () => {
  node = await startNode({ config: { allowedUnsafeSysctls: ['kernel.msg*', 'net.ipv4.ip_forward'] } });
  const profiles = join(node.bed.rootDirectory, 'seccomp/profiles');
  await mkdir(profiles, { recursive: true });
  const denied = ['chmod', 'fchmod', 'fchmodat', 'fchmodat2'];
  await writeFile(
    join(profiles, 'no-chmod.json'),
    JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: denied, action: 'SCMP_ACT_ERRNO' }] }),
  );
  await dropAll(
    node,
    Object.entries(pods).map(([name, spec]) => viewer(name, { ...commands, ...extra[name] }, { ...spec })),
  );
  for (const name of Object.keys(pods)) sights.set(name, await sightOf(node, name));
});
afterAll(() => node?.[Symbol.asyncDispose]());

describe('users and groups', () => {
  it.each([
    ['plain', 'Uid: 0 0 0 0', 'Gid: 0 0 0 0'],
    ['numbers', 'Uid: 1234 1234 1234 1234', 'Gid: 2345 2345 2345 2345'],
    ['own-numbers', 'Uid: 1234 1234 1234 1234', 'Gid: 2345 2345 2345 2345'],
    ['image-number', 'Uid: 1000 1000 1000 1000', 'Gid: 1000 1000 1000 1000'],
    ['image-name', 'Uid: 1000 1000 1000 1000', 'Gid: 1000 1000 1000 1000'],
    ['image-name-number', 'Uid: 1000 1000 1000 1000', 'Gid: 1000 1000 1000 1000'],
  ])('of %s are %s and %s', (pod, user, group) => {
    expect(seen(pod)['ids']?.split('\n').slice(0, 2)).toEqual([user, group]);
  });

  it('include the supplemental ones', () => {
    expect(seen('numbers')['ids']?.split('\n')[2]?.split(' ')).toContain('3456');
  });
});

describe('capabilities', () => {
  it("are the runtime's default ones unless asked", () => {
    expect(
      (['CHOWN', 'KILL', 'NET_BIND_SERVICE', 'NET_RAW', 'NET_ADMIN', 'SYS_ADMIN'] as const).map((name) => has(seen('plain'), name)),
    ).toEqual([true, true, true, true, false, false]);
  });

  it('are added and dropped by name', () => {
    expect((['CHOWN', 'KILL', 'NET_RAW', 'NET_ADMIN', 'SYS_TIME'] as const).map((name) => has(seen('capable'), name))).toEqual([
      true,
      false,
      false,
      true,
      true,
    ]);
    expect(set(seen('incapable'), 'CapBnd')).toBe(1n << bit.NET_BIND_SERVICE);
    expect(set(seen('incapable'), 'CapEff')).toBe(1n << bit.NET_BIND_SERVICE);
  });

  it('of a privileged container are all that this machine has, with its devices and open paths', async () => {
    const here = BigInt(`0x${/^CapBnd:\s*(\w+)/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1]}`);
    expect(set(seen('privileged'), 'CapEff')).toBe(here);
    expect(seen('privileged')['devices']).toContain('loop0\n');
    expect(seen('plain')['devices']).not.toContain('loop0\n');
    expect(seen('privileged')['bits']).toContain('Seccomp: 0');
  });
});

describe('privileges', () => {
  it.each([
    ['plain', '0'],
    ['escalation', '0'],
    ['no-escalation', '1'],
  ])('of %s: no_new_privs is %s', (pod, value) => {
    expect(seen(pod)['bits']).toContain(`NoNewPrivs: ${value}\n`);
  });

  it('readOnlyRootFilesystem leaves only volumes to write to', () => {
    expect(seen('read-only')['root']).toContain('Read-only file system');
    expect(seen('read-only')['home']).toBe('written\n');
    expect(seen('plain')['root']).toBe('');
  });

  it('procMount masks what tells of the host and keeps the rest from being written', () => {
    expect(seen('plain')).toMatchObject({ keys: '0\n', hidden: '0\n', tunables: expect.stringContaining('Read-only file system') });
    expect(seen('privileged')['tunables']).toBe('');
  });

  it('procMount Unmasked is refused without a user namespace, and privileged that may not escalate too', async () => {
    await dropAll(node, [
      viewer('unmasked', { done: 'true' }, app({ procMount: 'Unmasked' })),
      viewer('contradiction', { done: 'true' }, app({ privileged: true, allowPrivilegeEscalation: false })),
    ]);
    expect(await rejectionOf(node, 'unmasked')).toContain('procMount');
    expect(await rejectionOf(node, 'contradiction')).toContain('allowPrivilegeEscalation');
  });
});

describe('seccomp', () => {
  it.each([
    ['plain', '0'],
    ['confined', '2'],
    ['unconfined-one', '0'],
    ['local-profile', '2'],
  ])('of %s is in mode %s', (pod, mode) => {
    expect(seen(pod)['bits']).toContain(`Seccomp: ${mode}\n`);
  });

  it("RuntimeDefault and a profile of the node's own forbid what they name", () => {
    expect(seen('plain')['kernel']).toBe('allowed\n');
    expect(seen('confined')['kernel']).toContain('Operation not permitted');
    expect(seen('local-profile')['chmod']).toContain('Operation not permitted');
  });
});

describe('sysctls', () => {
  const sysctl = (name: string, path: string, sysctls: object, more: object = {}) =>
    viewer(name, { value: `cat ${path}` }, { securityContext: { sysctls }, ...more });

  it('that are safe or allowed are set, others are refused with the reason, and neighbours run on', async () => {
    await dropAll(node, [
      sysctl('safe', '/proc/sys/net/ipv4/ip_unprivileged_port_start', [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '80' }]),
      sysctl('slashes', '/proc/sys/net/ipv4/tcp_fin_timeout', [{ name: 'net/ipv4/tcp_fin_timeout', value: '33' }]),
      sysctl('allowed', '/proc/sys/kernel/msgmax', [{ name: 'kernel.msgmax', value: '65536' }]),
      sysctl('refused', '/proc/sys/net/core/somaxconn', [{ name: 'net.core.somaxconn', value: '4096' }]),
      sysctl('on-host', '/proc/sys/net/ipv4/ip_forward', [{ name: 'net.ipv4.ip_forward', value: '1' }], { hostNetwork: true }),
    ]);
    expect((await sightOf(node, 'safe'))['value']).toBe('80\n');
    expect((await sightOf(node, 'slashes'))['value']).toBe('33\n');
    expect((await sightOf(node, 'allowed'))['value']).toBe('65536\n');
    const refused = await node.pod('refused', hasPhase('Failed'));
    expect(refused.status).toMatchObject({
      reason: 'SysctlForbidden',
      message: expect.stringContaining('forbidden sysctl: "net.core.somaxconn" not allowlisted'),
    });
    expect(await rejectionOf(node, 'on-host')).toContain("may not be specified when 'hostNetwork' is true");
  });
});

describe('namespaces', () => {
  const look = {
    names: 'for kind in net ipc pid uts; do echo "$kind $(readlink /proc/self/ns/$kind)"; done',
    processes: "ps -o pid,args | awk 'NR > 1'",
    first: "tr '\\0' ' ' < /proc/1/cmdline",
  };
  const spaces = async (pod: string): Promise<{ readonly sight: Sight; readonly names: Readonly<Record<string, string>> }> => {
    const sight = await sightOf(node, pod);
    return {
      sight,
      names: Object.fromEntries(
        (sight['names'] ?? '')
          .trim()
          .split('\n')
          .map((line) => line.split(' ') as [string, string]),
      ),
    };
  };

  it("are the pod's own unless it asks for the node's or to share processes", async () => {
    await dropAll(node, [
      viewer('own', look),
      viewer('host-network', look, { hostNetwork: true }),
      viewer('host-pid', look, { hostPID: true }),
      viewer('host-ipc', look, { hostIPC: true }),
      viewer('shared', look, { shareProcessNamespace: true }),
    ]);
    const host = Object.fromEntries(
      await Promise.all(['net', 'ipc', 'pid', 'uts'].map(async (kind) => [kind, await readlink(`/proc/self/ns/${kind}`)] as const)),
    );
    const own = await spaces('own');
    for (const kind of ['net', 'ipc', 'pid', 'uts']) expect(own.names[kind]).not.toBe(host[kind]);
    expect(own.sight['first']).toContain('sh -c');
    expect((await spaces('host-network')).names).toMatchObject({ net: host['net'], uts: host['uts'] });
    expect((await spaces('host-pid')).names).toMatchObject({ pid: host['pid'] });
    expect((await spaces('host-ipc')).names).toMatchObject({ ipc: host['ipc'] });
    const shared = await spaces('shared');
    expect(shared.names['pid']).not.toBe(host['pid']);
    expect(shared.sight['first']).toContain('pause');
  });
});

it('AppArmor is refused with its reason on a machine without it', async ({ skip }) => {
  const enabled = (await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => 'N')).startsWith('Y');
  if (enabled) return skip('this machine has AppArmor: confinement is for a machine of its own to show');
  await dropAll(node, [viewer('apparmor', { done: 'true' }, app({ appArmorProfile: { type: 'RuntimeDefault' } }))]);
  expect((await node.pod('apparmor', hasPhase('Failed'))).status).toMatchObject({
    reason: 'AppArmor',
    message: expect.stringContaining('Cannot enforce AppArmor: AppArmor is not enabled on the host'),
  });
  await dropAll(node, [viewer('apparmor-off', { done: 'true' }, app({ appArmorProfile: { type: 'Unconfined' } }))]);
  await sightOf(node, 'apparmor-off');
});

it('seccompDefault confines whoever names no profile', async () => {
  await using strict = await startNode({ config: { seccompDefault: true } });
  await dropAll(strict, [viewer('by-default', commands), viewer('by-choice', commands, app({ seccompProfile: { type: 'Unconfined' } }))]);
  expect((await sightOf(strict, 'by-default'))['bits']).toContain('Seccomp: 2\n');
  expect((await sightOf(strict, 'by-choice'))['bits']).toContain('Seccomp: 0\n');
});
