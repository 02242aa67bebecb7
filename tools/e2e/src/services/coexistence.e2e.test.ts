import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { emptyObjectStore, type ObjectStore } from '@solo-kubelet/manifest-source';
import { type ApiObject, parseObject, type ServiceSpec } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { parseIpRange } from '@solo-kubelet/service-network';
import { createServiceNetwork, nftApplier, readListeners, type ServiceNetworkOutput } from '@solo-kubelet/service-network/rx';
import { examineFirewalls, type Finding, judgeFirewalls } from '@solo-kubelet/standalone-node/doctor';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { asyncScheduler, BehaviorSubject, of, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labFault } from '../../cni/lab.js';
import { askTcp, type LabHost, type ServiceLab, shownPod, startServiceLab } from './service-lab.js';

const fault = await labFault();
if (fault !== undefined) console.log(`coexistence.e2e.test.ts is skipped: ${fault}`);
const PORTMAP = ['/usr/lib/cni/portmap', '/opt/cni/bin/portmap'].find(existsSync);
if (PORTMAP === undefined) console.log('coexistence.e2e.test.ts: hostPorts are skipped: there is no portmap plugin');

const VIP = '10.96.0.100';
const PODS = '10.77.0.0/24';
const { signal } = new AbortController();

const service = (spec: ServiceSpec = {}): ApiObject => {
  const all = { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec };
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', uid: 'web' },
    spec: all,
  });
  const result = parseObject(text, { path: 'web.json' });
  if (!result.ok) throw new Error(result.message);
  return result.object;
};

/** Each in a node of its own, whose rules are nobody else's. */
describe.skipIf(fault !== undefined)('beside others', () => {
  let lab: ServiceLab;
  let one: LabHost;
  let two: LabHost;
  let work: Subscription | undefined;
  let outputs: ServiceNetworkOutput[];

  const putInForce = async (
    spec: ServiceSpec,
    {
      ranges = ['10.96.0.0/16'],
      addresses = [lab.nodeIp],
      pods = [shownPod('p12', ['10.77.0.12'])],
      listeners = async () => new Set<string>(),
    }: {
      readonly ranges?: readonly string[];
      readonly addresses?: readonly string[];
      readonly pods?: readonly Pod[];
      readonly listeners?: () => Promise<ReadonlySet<string>>;
    } = {},
  ): Promise<void> => {
    work?.unsubscribe();
    outputs = [];
    const store: ObjectStore = {
      ...emptyObjectStore,
      syncedSources: new Set(['file:x']),
      byKind: new Map([['Service', new Map([['default/web', service(spec)]])]]),
    };
    work = createServiceNetwork({
      settings: {
        ranges: ranges.map((text) => parseIpRange(text)!),
        nodePorts: { from: 30_000, to: 32_767 },
        clusterDomain: 'cluster.local',
        owner: 'lab',
      },
      store: { load: async () => new Map(), save: async () => {} },
      record: new Map(),
      applier: nftApplier({ run: lab.run }),
      listeners,
      scheduler: asyncScheduler,
    })
      .run({
        objects$: of(store),
        sources: [{ source: 'file', path: 'x' }],
        pods$: new BehaviorSubject(new Map(pods.map((pod) => [pod.metadata.uid!, { pod, terminating: false }]))),
        known$: of(true),
        node$: of({ name: 'node', addresses }),
      })
      .subscribe((output) => outputs.push(output));
    await waitFor(async () => outputs.some(({ type }) => type === 'synced' || type === 'trouble') || undefined, {
      what: 'the rules to be in force',
      timeoutMs: 30_000,
    });
    expect(outputs.filter(({ type }) => type === 'trouble')).toEqual([]);
  };
  const findings = async (): Promise<readonly Finding[]> =>
    judgeFirewalls(
      await examineFirewalls((program, ...args) =>
        lab.run(program, args, { signal }).then(
          ({ code, stdout }) => (code === 0 ? stdout : undefined),
          () => undefined,
        ),
      ),
    );
  const ask = (from: LabHost['netns'], host: string, port = 80): Promise<readonly string[]> => askTcp(from, { host, port, waitMs: 1_500 });
  /** What `doctor` says to do, as somebody would type it. */
  const heed = async ({ remedy = '' }: Finding): Promise<void> => {
    await lab.node.run('sh', '-ec', remedy.replaceAll('POD_NETWORK', PODS));
  };

  beforeEach(async () => {
    lab = await startServiceLab();
    [one, two] = [await lab.pod(11), await lab.pod(12)];
    await lab.serve(one, 'one', [8080]);
    await lab.serve(two, 'two', [8080]);
  }, 60_000);
  afterEach(async () => {
    work?.unsubscribe();
    work = undefined;
    await lab?.[Symbol.asyncDispose]();
  });

  const DROPPING: readonly (readonly [name: string, rules: string])[] = [
    [
      'docker, which drops what it does not know',
      'iptables -P FORWARD DROP; iptables -N DOCKER-USER; iptables -N DOCKER-ISOLATION-STAGE-1; iptables -A DOCKER-USER -j RETURN; iptables -A DOCKER-ISOLATION-STAGE-1 -j RETURN; iptables -A FORWARD -j DOCKER-USER; iptables -A FORWARD -j DOCKER-ISOLATION-STAGE-1; iptables -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A FORWARD -i docker0 ! -o docker0 -j ACCEPT',
    ],
    [
      'a rule set with a policy of drop',
      'nft "add table inet fw; add chain inet fw forwarding { type filter hook forward priority 0; policy drop; }; add rule inet fw forwarding ct state established,related accept"',
    ],
  ];
  it.each(DROPPING)('%s: doctor names it, and what it says to do mends it', async (_, rules) => {
    await lab.node.run('sh', '-ec', rules);
    await putInForce({ clusterIP: VIP });
    expect(await ask(one.netns, VIP)).toEqual(['timeout']);
    const [finding, ...more] = await findings();
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ name: 'Forwarding', status: 'warning' });
    await heed(finding!);
    expect(await ask(one.netns, VIP)).toEqual(['two 10.77.0.11']);
    expect(await ask(lab.outsider.netns, VIP)).toEqual(['two 192.0.2.2']);
  });

  it('ufw: doctor names it; routes that are allowed mend it', async () => {
    // Its chains as ufw 0.36 makes them; `ufw route allow` adds to ufw-user-forward.
    await lab.node.run(
      'sh',
      '-ec',
      'iptables -P FORWARD DROP; for c in ufw-before-forward ufw-user-forward ufw-after-forward; do iptables -N $c; iptables -A FORWARD -j $c; done; iptables -A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A ufw-before-forward -j ufw-user-forward',
    );
    await putInForce({ clusterIP: VIP });
    expect(await ask(one.netns, VIP)).toEqual(['timeout']);
    const [finding] = await findings();
    expect(finding).toMatchObject({
      detail: expect.stringMatching(/^ufw: chain FORWARD/),
      remedy: expect.stringMatching(/^ufw route allow/),
    });
    for (const end of ['-s', '-d']) await lab.node.run('iptables', '-A', 'ufw-user-forward', end, PODS, '-j', 'ACCEPT');
    expect(await ask(one.netns, VIP)).toEqual(['two 10.77.0.11']);
  });

  it('firewalld: doctor names it; a trusted network mends it', async () => {
    // As firewalld 1.3 with nftables has it: the last rule rejects, and zones accept by source.
    await lab.node.run(
      'nft',
      'add table inet firewalld; add chain inet firewalld filter_FORWARD { type filter hook forward priority 10; policy accept; }; add chain inet firewalld filter_FWD_trusted; add rule inet firewalld filter_FORWARD ct state { established, related } accept; add rule inet firewalld filter_FORWARD ct status dnat accept; add rule inet firewalld filter_FORWARD jump filter_FWD_trusted; add rule inet firewalld filter_FORWARD reject with icmpx admin-prohibited',
    );
    await putInForce({ clusterIP: VIP });
    // Services are let through, as everything that was translated is; Pods among themselves are not.
    expect(await ask(one.netns, VIP)).toEqual(['two 10.77.0.11']);
    expect(await ask(one.netns, '10.77.0.12', 8080)).not.toEqual(['two 10.77.0.11']);
    expect(await findings()).toEqual([expect.objectContaining({ name: 'Forwarding', remedy: expect.stringContaining('--zone=trusted') })]);
    for (const end of ['saddr', 'daddr']) await lab.node.run('nft', `add rule inet firewalld filter_FWD_trusted ip ${end} ${PODS} accept`);
    expect(await ask(one.netns, '10.77.0.12', 8080)).toEqual(['two 10.77.0.11']);
  });

  it('rules that kube-proxy left, of nftables and of iptables: ours come first, and doctor names them', async () => {
    const foreign = '10.77.0.11';
    await lab.node.run(
      'nft',
      `add table ip kube-proxy; add chain ip kube-proxy nat-prerouting { type nat hook prerouting priority -100; }; add rule ip kube-proxy nat-prerouting ip daddr ${VIP} tcp dport 80 dnat to ${foreign}:8080; add rule ip kube-proxy nat-prerouting ip daddr 10.43.0.9 tcp dport 80 dnat to ${foreign}:8080`,
    );
    await lab.node.run(
      'sh',
      '-ec',
      `iptables -t nat -N KUBE-SERVICES; iptables -t nat -A PREROUTING -j KUBE-SERVICES; iptables -t nat -A KUBE-SERVICES -d ${VIP} -p tcp --dport 80 -j DNAT --to ${foreign}:8080`,
    );
    const asks = async () => new Set((await Promise.all(Array.from({ length: 8 }, () => ask(lab.outsider.netns, VIP)))).flat());
    await putInForce({ clusterIP: VIP });
    expect(await asks()).toEqual(new Set(['two 192.0.2.2']));
    await lab.node.run('nft', 'add chain ip kube-proxy later { type nat hook prerouting priority -100; }');
    await lab.node.run('nft', `add rule ip kube-proxy later ip daddr ${VIP} tcp dport 80 dnat to ${foreign}:8080`);
    expect(await asks()).toEqual(new Set(['two 192.0.2.2']));
    // Theirs are theirs: an address that is none of ours is answered as before.
    expect(await ask(lab.outsider.netns, '10.43.0.9')).toEqual(['one 192.0.2.2']);
    expect(await findings()).toEqual([expect.objectContaining({ name: 'Other Services', status: 'warning' })]);
  });

  it('a server of the host at port 80 keeps it, and the load balancer is told', async () => {
    const nginx = await lab.serve(lab.node, 'nginx', [80]);
    const listeners = () => readListeners(`/proc/${nginx.pid}/net`);
    await putInForce({ type: 'LoadBalancer' }, { listeners });
    expect(await ask(lab.outsider.netns, lab.nodeIp)).toEqual(['nginx 192.0.2.2']);
    const problems = outputs.flatMap((output) => (output.type === 'problem' ? [output.problem] : []));
    expect(problems).toEqual([
      expect.objectContaining({
        reason: 'PortTaken',
        message: expect.stringContaining("port TCP/80 of the node is not the Service's: a process of the node listens there"),
      }),
    ]);
    nginx.kill('SIGKILL');
    await once(nginx, 'exit');
    await putInForce({ type: 'LoadBalancer' }, { listeners: () => readListeners(`/proc/${process.pid}/no-net`) });
    expect(await ask(lab.outsider.netns, lab.nodeIp)).toEqual(['two 192.0.2.2']);
  });

  it.skipIf(PORTMAP === undefined)('hostPorts of the portmap plugin work beside node ports, whichever came first', async () => {
    const portmap = async (command: 'ADD' | 'DEL', hostPort: number): Promise<void> => {
      const config = {
        cniVersion: '0.4.0',
        name: 'lab',
        type: 'portmap',
        snat: true,
        runtimeConfig: { portMappings: [{ hostPort, containerPort: 8080, protocol: 'tcp' }] },
        prevResult: {
          cniVersion: '0.4.0',
          interfaces: [{ name: 'eth0', sandbox: one.netns.path }],
          ips: [{ version: '4', interface: 0, address: '10.77.0.11/24' }],
        },
      };
      const env = {
        ...process.env,
        CNI_COMMAND: command,
        CNI_CONTAINERID: `c${hostPort}`,
        CNI_NETNS: one.netns.path,
        CNI_IFNAME: 'eth0',
        CNI_PATH: '/usr/lib/cni',
      };
      const child = spawn('nsenter', [`--net=${lab.node.path}`, '--', PORTMAP!], { env, stdio: ['pipe', 'pipe', 'inherit'] });
      child.stdin.end(JSON.stringify(config));
      const [code] = (await once(child, 'exit')) as [number];
      expect(code).toBe(0);
    };
    const NODE_PORT = { type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }] } as const;
    await portmap('ADD', 8088);
    await putInForce(NODE_PORT);
    await portmap('ADD', 8089);
    for (const port of [8088, 8089]) expect(await ask(lab.outsider.netns, lab.nodeIp, port)).toEqual(['one 192.0.2.2']);
    expect(await ask(lab.outsider.netns, lab.nodeIp, 30_080)).toEqual(['two 192.0.2.2']);
    // The same port twice: ours has it, before and after the plugin's rules are made anew.
    await portmap('ADD', 30_080);
    expect(await ask(lab.outsider.netns, lab.nodeIp, 30_080)).toEqual(['two 192.0.2.2']);
    await nftApplier({ run: lab.run }).removeAll('lab', ['10.96.0.0/16'], { signal });
    expect(await ask(lab.outsider.netns, lab.nodeIp, 30_080)).toEqual(['one 192.0.2.2']);
    expect(await ask(lab.outsider.netns, lab.nodeIp, 8088)).toEqual(['one 192.0.2.2']);
    await portmap('DEL', 8088);
    expect(await findings()).toEqual([]);
  });

  it('a machine without a default route reaches its Services, and refuses what has no endpoint at once', async () => {
    expect(await lab.node.run('ip', 'route', 'show', 'default')).toBe('');
    await putInForce({ clusterIP: VIP });
    expect(await ask(lab.node, VIP)).toEqual([expect.stringMatching(/^two /)]);
    expect(await ask(one.netns, VIP)).toEqual(['two 10.77.0.11']);
    expect(await ask(lab.node, VIP, 81)).toEqual(['ECONNREFUSED']);
    await putInForce({ clusterIP: VIP }, { pods: [] });
    expect(await ask(lab.node, VIP)).toEqual(['ECONNREFUSED']);
    expect(await ask(one.netns, VIP)).toEqual(['ECONNREFUSED']);
  });

  it('IPv6 alone: cluster addresses, node ports and their refusal', async () => {
    const [inside, outside] = ['fd92::1', 'fd92::2'];
    await lab.node.run('ip', '-6', 'addr', 'add', `${inside}/64`, 'dev', 'out', 'nodad');
    await lab.outsider.netns.run('ip', '-6', 'addr', 'add', `${outside}/64`, 'dev', 'eth0', 'nodad');
    await lab.outsider.netns.run('ip', '-6', 'route', 'add', 'fd00::/8', 'via', inside);
    const only = { ranges: ['fd00:10:96::/112'], addresses: [inside], pods: [shownPod('p12', ['fd77::12'])] };
    const spec = {
      type: 'NodePort',
      clusterIP: 'fd00:10:96::100',
      ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30_080 }],
    } as const;
    await putInForce(spec, only);
    expect(await ask(one.netns, 'fd00:10:96::100')).toEqual(['two fd77::11']);
    expect(await ask(lab.node, 'fd00:10:96::100')).toEqual([expect.stringMatching(/^two /)]);
    expect(await ask(lab.outsider.netns, 'fd00:10:96::100')).toEqual([`two ${outside}`]);
    expect(await ask(lab.outsider.netns, inside, 30_080)).toEqual([`two ${outside}`]);
    expect(await lab.node.run('nft', 'list', 'tables')).not.toContain('table ip solo');
    await putInForce(spec, { ...only, pods: [] });
    expect(await ask(lab.outsider.netns, inside, 30_080)).toEqual(['ECONNREFUSED']);
  });
});
