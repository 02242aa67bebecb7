import { spawn } from 'node:child_process';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCniInvoker, parseNetworkConfigList } from '@solo-kubelet/cni-invoker';
import { containerdOfRelease, waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { createLab, labFault, run } from './lab.js';

const hasServer = await run('busybox', '--list').then(
  (applets) => applets.split('\n').includes('udhcpd'),
  () => false,
);
const fault = (await labFault()) ?? (hasServer ? undefined : 'no busybox with udhcpd');
if (fault !== undefined) console.warn(`the dhcp plugin is not tested: ${fault}`);

it.skipIf(fault !== undefined)('an address comes from a DHCP server through the dhcp daemon, and goes back', async () => {
  await using lab = await createLab((await containerdOfRelease('1.6')).cniPluginDirectory);
  await lab.host.run('ip', 'link', 'add', 'labbr0', 'type', 'bridge');
  await lab.host.run('ip', 'address', 'add', '10.251.46.1/28', 'dev', 'labbr0');
  await lab.host.run('ip', 'link', 'set', 'labbr0', 'up');
  const [leases, config, socket] = ['leases', 'udhcpd.conf', 'dhcp.sock'].map((name) => join(lab.root, name)) as [string, string, string];
  await writeFile(leases, '');
  const range = 'start 10.251.46.2\nend 10.251.46.10\noption subnet 255.255.255.240\noption lease 600';
  await writeFile(config, `${range}\ninterface labbr0\nlease_file ${leases}\npidfile ${join(lab.root, 'udhcpd.pid')}\n`);
  const inHost = (...command: readonly string[]) => spawn('nsenter', [`--net=${lab.host.path}`, ...command], { stdio: 'ignore' });
  const server = inHost('busybox', 'udhcpd', '-f', config);
  const daemon = inHost(join(lab.pluginDir, 'dhcp'), 'daemon', '-socketpath', socket);
  try {
    await waitFor(() => access(socket).then(() => true), { what: 'the dhcp daemon to listen', timeoutMs: 10_000 });
    const cni = createCniInvoker({ pluginDirs: [lab.pluginDir], cacheDir: lab.cacheDir });
    const ipam = { type: 'dhcp', daemonSocketPath: socket };
    const list = parseNetworkConfigList(
      JSON.stringify({ cniVersion: '1.0.0', name: 'lab', plugins: [{ type: 'bridge', bridge: 'labbr0', ipam }] }),
    );
    const pod = await lab.pod();
    const attachment = { containerId: 'pod1', netns: pod.path, ifName: 'net1' };
    const result = await cni.add(list, attachment);
    expect(result.ips[0]?.address).toMatch(/^10\.251\.46\.\d+\/28$/);
    expect(await pod.run('ip', '-o', '-4', 'address', 'show', 'net1')).toContain(result.ips[0]?.address);
    await cni.check(list, attachment);
    await cni.del(list, attachment);
    expect(await pod.run('ip', '-o', 'link')).not.toContain('net1');
  } finally {
    daemon.kill('SIGKILL');
    server.kill('SIGKILL');
  }
});
