import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Attachment, type CniInvoker, createCniInvoker, parseNetworkConfigList } from '@solo-kubelet/cni-invoker';
import { containerdOfRelease } from '@solo-kubelet-tools/testbed';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { createLab, type Lab, labFault, type Netns } from './lab.js';

const fault = await labFault();
if (fault !== undefined) console.warn(`CNI plugins are not tested: ${fault}`);

interface Scene {
  readonly lab: Lab;
  readonly pod: Netns;
  readonly attachment: Attachment;
}

type SetName = 'of this machine' | 'of Debian sid';

interface Scenario {
  readonly plugins: readonly object[];
  readonly ifName?: string;
  readonly capabilityArgs?: Attachment['capabilityArgs'];
  /** What CHECK says, by plugin set, where plugins of one list contradict each other or one has a known fault. */
  readonly checkFault?: Partial<Record<SetName, RegExp>>;
  /** False for plugins that do not keep to the spec's "DEL may be repeated". */
  readonly repeatable?: boolean;
  /** Kind of link the kernel must know. */
  readonly needs?: string;
  /** Makes what the plugin expects on the host. */
  readonly setUp?: (lab: Lab) => Promise<unknown>;
  /** What is there after ADD, as `ip` and the like tell it. */
  readonly there: (scene: Scene) => Promise<void>;
  /** What is there after DEL, beyond that the interface is gone. */
  readonly gone?: (scene: Scene) => Promise<void>;
}

const SUBNET = '10.251.40.0/28';
const ADDRESS = '10.251.40.2';
const hostLocal = { type: 'host-local', subnet: SUBNET, routes: [{ dst: '10.251.41.0/28', gw: '10.251.40.1' }] };
const bridge = { type: 'bridge', bridge: 'labbr0', isGateway: true, ipMasq: false, ipam: hostLocal };

/** A link that plugins can build on: one end for them, the other up. */
const uplink = async ({ host }: Lab): Promise<void> => {
  await host.run('ip', 'link', 'add', 'uplink0', 'type', 'veth', 'peer', 'name', 'far0');
  for (const end of ['uplink0', 'far0']) await host.run('ip', 'link', 'set', end, 'up');
};
const addressIn = async ({ pod, attachment }: Scene): Promise<string> => pod.run('ip', '-o', 'address', 'show', 'dev', attachment.ifName);
const leases = async ({ lab }: Pick<Scene, 'lab'>): Promise<readonly string[]> =>
  (await readdir(join(lab.dataDir, 'lab')).catch(() => [])).filter((name) => name.startsWith('10.'));

/** Why the kernel can't make a kind of link; undefined when it can. */
const kernelLacks = ({ host }: Lab, type: string): Promise<string | undefined> =>
  host.run('ip', 'link', 'add', 'link', 'lo', 'name', 'trial0', 'type', type, 'id', '1').then(
    async () => void (await host.run('ip', 'link', 'del', 'trial0')),
    () => `this kernel has no ${type} links`,
  );

const scenarios: Readonly<Record<string, Scenario>> = {
  'bridge with host-local': {
    plugins: [bridge],
    there: async (scene) => {
      expect(await addressIn(scene)).toContain(`${ADDRESS}/28`);
      expect(await scene.lab.host.run('ip', '-o', 'link', 'show', 'master', 'labbr0')).toContain('veth');
      expect(await scene.pod.run('ip', 'route')).toContain('10.251.41.0/28 via 10.251.40.1');
      expect(await scene.pod.run('ping', '-c1', '-W2', '10.251.40.1').catch(() => 'no ping here')).toMatch(/1 received|no ping here/);
      expect(await leases(scene)).toEqual([ADDRESS]);
    },
    gone: async (scene) => {
      expect(await leases(scene)).toEqual([]);
      expect(await scene.lab.host.run('ip', '-o', 'link', 'show', 'master', 'labbr0')).toBe('');
    },
  },
  'bridge with static': {
    plugins: [{ ...bridge, ipam: { type: 'static', addresses: [{ address: '10.251.40.9/28', gateway: '10.251.40.1' }] } }],
    there: async (scene) => expect(await addressIn(scene)).toContain('10.251.40.9/28'),
  },
  portmap: {
    // 1.1.1 looks for IPv6 rules that it did not make.
    checkFault: { 'of this machine': /could not check ipv6 dnat/ },
    plugins: [bridge, { type: 'portmap', capabilities: { portMappings: true }, snat: true }],
    capabilityArgs: { portMappings: [{ hostPort: 18080, containerPort: 80, protocol: 'tcp' }] },
    there: async ({ lab }) =>
      expect(await lab.host.run('iptables', '-t', 'nat', '-S')).toMatch(new RegExp(`--dport 18080 .*--to-destination ${ADDRESS}:80`)),
    gone: async ({ lab }) => expect(await lab.host.run('iptables', '-t', 'nat', '-S')).not.toMatch(/18080|CNI-DN-/),
  },
  bandwidth: {
    plugins: [bridge, { type: 'bandwidth', capabilities: { bandwidth: true } }],
    capabilityArgs: { bandwidth: { ingressRate: 800_000, ingressBurst: 80_000, egressRate: 800_000, egressBurst: 80_000 } },
    there: async ({ lab }) => expect(await lab.host.run('tc', 'qdisc')).toContain('rate 800Kbit'),
    gone: async ({ lab }) => expect(await lab.host.run('ip', '-o', 'link', 'show', 'type', 'ifb')).not.toContain('bwp'),
  },
  firewall: {
    plugins: [bridge, { type: 'firewall', backend: 'iptables' }],
    there: async ({ lab }) => expect(await lab.host.run('iptables', '-S', 'CNI-FORWARD')).toContain(`-d ${ADDRESS}/32`),
    gone: async ({ lab }) => expect(await lab.host.run('iptables', '-S', 'CNI-FORWARD')).not.toContain(ADDRESS),
  },
  macvlan: {
    plugins: [{ type: 'macvlan', master: 'uplink0', mode: 'bridge', ipam: hostLocal }],
    setUp: uplink,
    there: async (scene) => {
      expect(await addressIn(scene)).toContain(ADDRESS);
      expect(await scene.pod.run('ip', '-d', 'link', 'show', 'net1')).toContain('macvlan mode bridge');
    },
  },
  ptp: {
    plugins: [{ type: 'ptp', ipam: hostLocal }],
    there: async (scene) => {
      expect(await addressIn(scene)).toContain(ADDRESS);
      expect(await scene.lab.host.run('ip', 'route')).toContain(`${ADDRESS} dev veth`);
    },
    gone: async ({ lab }) => expect(await lab.host.run('ip', 'route')).not.toContain(ADDRESS),
  },
  vlan: {
    needs: 'vlan',
    plugins: [{ type: 'vlan', master: 'uplink0', vlanId: 77, ipam: hostLocal }],
    setUp: uplink,
    there: async (scene) => {
      expect(await addressIn(scene)).toContain(ADDRESS);
      expect(await scene.pod.run('ip', '-d', 'link', 'show', 'net1')).toContain('id 77');
    },
  },
  tuning: {
    plugins: [bridge, { type: 'tuning', capabilities: { mac: true }, sysctl: { 'net.core.somaxconn': '777' }, dataDir: 'DATA/tuning' }],
    capabilityArgs: { mac: '02:00:00:00:77:01' },
    there: async ({ pod }) => {
      expect(await pod.run('ip', 'link', 'show', 'net1')).toContain('02:00:00:00:77:01');
      expect(await pod.run('cat', '/proc/sys/net/core/somaxconn')).toBe('777\n');
    },
  },
  sbr: {
    // It moves the routes to a table of its own, where bridge's CHECK does not look.
    checkFault: { 'of this machine': /Failed to find Gateway/, 'of Debian sid': /Failed to find Gateway/ },
    repeatable: false,
    plugins: [{ ...bridge, ipam: { ...hostLocal, gateway: '10.251.40.1', routes: [{ dst: '0.0.0.0/0' }] } }, { type: 'sbr' }],
    there: async ({ pod }) => expect(await pod.run('ip', 'rule')).toMatch(new RegExp(`from ${ADDRESS} lookup 1\\d\\d`)),
    gone: async ({ pod }) => expect(await pod.run('ip', 'rule')).not.toContain(ADDRESS),
  },
  loopback: {
    plugins: [{ type: 'loopback' }],
    ifName: 'lo',
    there: async (scene) => expect(await addressIn(scene)).toContain('127.0.0.1/8'),
    gone: async ({ pod }) => expect(await pod.run('ip', '-o', 'link', 'show', 'lo')).toContain('state DOWN'),
  },
  'host-device': {
    repeatable: false,
    plugins: [{ type: 'host-device', device: 'uplink0', ipam: hostLocal }],
    setUp: uplink,
    there: async (scene) => {
      expect(await addressIn(scene)).toContain(ADDRESS);
      expect(await scene.lab.host.run('ip', '-o', 'link')).not.toContain('uplink0@');
    },
    gone: async ({ lab }) => expect(await lab.host.run('ip', '-o', 'link', 'show', 'uplink0')).toContain('uplink0'),
  },
};

const sets = {
  'of this machine': async () => (await containerdOfRelease('1.6')).cniPluginDirectory,
  'of Debian sid': async () => (await containerdOfRelease('2.1')).cniPluginDirectory,
};

describe.skipIf(fault !== undefined).each(Object.entries(sets) as [SetName, () => Promise<string>][])('plugins %s', (set, locate) => {
  let pluginDir: string | undefined;
  let why = '';
  beforeAll(async () => {
    pluginDir = await locate().catch((error: unknown) => {
      why = `these plugins can't be had here: ${error instanceof Error ? error.message : String(error)}`;
      return undefined;
    });
    if (pluginDir === undefined) console.warn(why);
  });

  const inLab = async ({ skip }: TestContext, work: (lab: Lab, cni: CniInvoker) => Promise<void>): Promise<void> => {
    if (pluginDir === undefined) return skip(why);
    await using lab = await createLab(pluginDir);
    await work(lab, createCniInvoker({ pluginDirs: [lab.pluginDir], cacheDir: lab.cacheDir }));
  };
  /** The network in the newest version that these plugins speak, its data in the lab's directories. */
  const networkOf = (lab: Lab, cni: CniInvoker, plugins: readonly object[]) => {
    const text = JSON.stringify({ name: 'lab', cniVersion: '1.0.0', cniVersions: ['0.4.0', '1.0.0', '1.1.0'], plugins });
    const own = text.replaceAll('DATA', lab.dataDir).replaceAll('"type":"host-local",', `"type":"host-local","dataDir":"${lab.dataDir}",`);
    return cni.negotiate(parseNetworkConfigList(own));
  };

  it.for(Object.entries(scenarios))('%s: ADD, CHECK, GC, DEL, and DEL again', async ([, scenario], context) => {
    await inLab(context, async (lab, cni) => {
      const missing = scenario.needs && (await kernelLacks(lab, scenario.needs));
      if (missing) return context.skip(missing);
      await scenario.setUp?.(lab);
      const list = await networkOf(lab, cni, scenario.plugins);
      const pod = await lab.pod();
      const { ifName = 'net1', capabilityArgs } = scenario;
      const attachment: Attachment = { containerId: 'pod1', netns: pod.path, ifName, capabilityArgs };
      const scene = { lab, pod, attachment };
      const interfaceThere = async () => (await pod.run('ip', '-o', 'link', 'show')).includes(`: ${ifName}`);

      const result = await cni.add(list, attachment);
      expect(result.cniVersion).toBe(list.cniVersion);
      await scenario.there(scene);
      const checkFault = scenario.checkFault?.[set];
      if (checkFault) await expect(cni.check(list, attachment)).rejects.toThrow(checkFault);
      else await cni.check(list, attachment);
      await cni.status(list);
      await cni.gc(list, [attachment]);
      await scenario.there(scene);
      await cni.del(list, attachment);
      if (ifName !== 'lo') expect(await interfaceThere()).toBe(false);
      await scenario.gone?.(scene);
      if (scenario.repeatable !== false) await cni.del(list, attachment);
      expect(await cni.attachments()).toEqual([]);
    });
  });

  it('CHECK tells that somebody took the address away', async (context) => {
    await inLab(context, async (lab, cni) => {
      const list = await networkOf(lab, cni, [bridge]);
      const pod = await lab.pod();
      const attachment = { containerId: 'pod1', netns: pod.path, ifName: 'net1' };
      await cni.add(list, attachment);
      await pod.run('ip', 'address', 'flush', 'dev', 'net1');
      await expect(cni.check(list, attachment)).rejects.toMatchObject({
        code: expect.stringMatching(/^CNI_/),
        message: expect.stringContaining('CHECK'),
      });
      await cni.del(list, attachment);
    });
  });

  it('DEL releases the address when the namespace is gone', async (context) => {
    await inLab(context, async (lab, cni) => {
      const list = await networkOf(lab, cni, [bridge, { type: 'firewall', backend: 'iptables' }]);
      const pod = await lab.pod();
      const attachment = { containerId: 'pod1', netns: pod.path, ifName: 'net1' };
      await cni.add(list, attachment);
      await cni.del(list, { ...attachment, netns: '' });
      expect(await leases({ lab })).toEqual([]);
      expect(await lab.host.run('iptables', '-S')).not.toContain(ADDRESS);
    });
  });

  it('GC detaches what nobody claims and leaves the rest alone', async (context) => {
    await inLab(context, async (lab, cni) => {
      const list = await networkOf(lab, cni, [bridge]);
      const [kept, leaked] = [await lab.pod(), await lab.pod()];
      await cni.add(list, { containerId: 'kept', netns: kept.path, ifName: 'net1' });
      await cni.add(list, { containerId: 'leaked', netns: leaked.path, ifName: 'net1' });

      const report = await cni.gc(list, [{ containerId: 'kept', ifName: 'net1' }]);
      expect(report.detached).toEqual([{ containerId: 'leaked', ifName: 'net1' }]);
      expect(await leaked.run('ip', '-o', 'link')).not.toContain('net1');
      expect(await kept.run('ip', '-o', 'address')).toContain(ADDRESS);
      expect(await leases({ lab })).toEqual([ADDRESS]);
    });
  });
});
