import { spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createExtraNetworks, type ExtraNetworks } from '@solo-kubelet/cni-invoker/extra-networks';
import { imageNames } from '@solo-kubelet-tools/images';
import { containerdOfRelease, startTestbed, waitFor } from '@solo-kubelet-tools/testbed';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createLab, type Lab, labFault, type Netns, run } from './lab.js';

const fault = await labFault();
if (fault !== undefined) console.warn(`extra networks are not tested: ${fault}`);

let lab: Lab;
let pod: Netns;
let networkDir: string;

/** A camera network on a bridge, and a machine tool's own subnet behind a link. */
const camera = (dataDir: string) => `apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: { name: camera, namespace: plant }
spec:
  config: |
    {"cniVersion": "1.0.0", "plugins": [
      {"type": "bridge", "bridge": "cam0", "isGateway": true,
       "ipam": {"type": "host-local", "dataDir": "${dataDir}", "subnet": "10.251.42.0/28"}}]}
`;
const tool = (dataDir: string) =>
  JSON.stringify({
    cniVersion: '1.0.0',
    name: 'tool',
    plugins: [
      {
        type: 'macvlan',
        master: 'uplink0',
        mode: 'bridge',
        capabilities: { ips: true },
        ipam: { type: 'host-local', dataDir, subnet: '10.251.43.0/28' },
      },
      { type: 'firewall', backend: 'iptables' },
    ],
  });
const asked = JSON.stringify([
  { name: 'camera' },
  { name: 'tool', interface: 'tool0', ips: ['10.251.43.9/28'], 'default-route': ['10.251.43.1'] },
]);

const create = (pluginDir = lab.pluginDir): ExtraNetworks =>
  createExtraNetworks({
    networkDir,
    stateDir: join(lab.root, 'state'),
    pluginDirs: [pluginDir],
    runtimeConfDirs: [],
    parseYaml: (text) => parseAllDocuments(text).map((document) => document.toJS() as unknown),
  });
const sandbox = () => ({
  podSandboxId: 'sandbox1',
  netnsPath: pod.path,
  podUid: 'uid1',
  podName: 'viewer',
  podNamespace: 'plant',
  annotations: { 'k8s.v1.cni.cncf.io/networks': asked },
});

beforeEach(async () => {
  lab = await createLab((await containerdOfRelease('1.6')).cniPluginDirectory);
  pod = await lab.pod();
  networkDir = join(lab.root, 'networks');
  await mkdir(networkDir);
  await writeFile(join(networkDir, 'camera.yaml'), camera(lab.dataDir));
  await writeFile(join(networkDir, 'tool.conflist'), tool(lab.dataDir));
  await lab.host.run('ip', 'link', 'add', 'uplink0', 'type', 'veth', 'peer', 'name', 'far0');
  for (const end of ['uplink0', 'far0']) await lab.host.run('ip', 'link', 'set', end, 'up');
  await lab.host.run('ip', 'address', 'add', '10.251.43.1/28', 'dev', 'far0');
});
afterEach(async () => {
  await lab[Symbol.asyncDispose]();
});

const links = async () => [...(await pod.run('ip', '-o', 'link')).matchAll(/^\d+: ([^@:]+)/gm)].map((match) => match[1]);
const leases = async () => {
  const networks = await readdir(lab.dataDir).catch(() => []);
  const files = await Promise.all(networks.map((network) => readdir(join(lab.dataDir, network))));
  return files.flat().filter((name) => name.startsWith('10.'));
};
/** Processes that work for the sandbox. */
const pluginsAtWork = (): Promise<string> => run('sh', '-c', 'grep -lsz CNI_CONTAINERID=sandbox1 /proc/[0-9]*/environ || true');
/** Nothing of the pod is left on the host. */
const expectNothingLeft = async () => {
  expect(await leases()).toEqual([]);
  expect(await lab.host.run('iptables', '-S')).not.toContain('10.251.');
  expect(await lab.host.run('ip', '-o', 'link', 'show', 'type', 'veth')).not.toMatch(/master cam0/);
  expect(await readdir(join(lab.root, 'state', 'extra-networks'))).toEqual([]);
  expect(await readdir(join(lab.root, 'state', 'results')).catch(() => [])).toEqual([]);
};

/** What a pod gets from a web server of the host namespace. */
const reach = async (ask: (url: string) => Promise<string>, address: string): Promise<string> => {
  const serve = "require('node:http').createServer((q, s) => s.end('hello')).listen(18099, '0.0.0.0', () => console.log('up'))";
  const server = spawn('nsenter', [`--net=${lab.host.path}`, process.execPath, '-e', serve], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve) => server.stdout.once('data', resolve));
    return await ask(`http://${address}:18099/`);
  } finally {
    server.kill('SIGKILL');
  }
};

/** The namespace that containerd tells in its verbose status. */
const netnsPathOf = (info: string): string => {
  const { runtimeSpec } = JSON.parse(info) as { runtimeSpec: { linux: { namespaces: readonly { type: string; path?: string }[] } } };
  return runtimeSpec.linux.namespaces.find(({ type }) => type === 'network')?.path ?? '';
};

/** A process of its own that attaches the pod with the plugins of a directory. */
const startDoomedKubelet = async (pluginDir: string) => {
  const repository = fileURLToPath(new URL('../../..', import.meta.url));
  const library = join(lab.root, 'extra-networks.mjs');
  const source = join(repository, 'packages/cni-invoker/src/extra-networks/index.ts');
  const { build } = await import('esbuild');
  await build({
    entryPoints: [source],
    outfile: library,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['@solo-kubelet/source'],
    logLevel: 'error',
  });
  // The first network's file is YAML, which the parent has read: the child gets it as JSON.
  await writeFile(join(networkDir, 'camera.json'), JSON.stringify(parseAllDocuments(camera(lab.dataDir))[0]?.toJS()));
  const wiring = { networkDir, stateDir: join(lab.root, 'state'), pluginDirs: [pluginDir], runtimeConfDirs: [] };
  const program = `import { createExtraNetworks } from ${JSON.stringify(library)};
    await createExtraNetworks(${JSON.stringify(wiring)}).attach(${JSON.stringify(sandbox())});`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
};

describe.skipIf(fault !== undefined)('a pod with a camera and a machine-tool network', () => {
  it('reaches a server on each, and leaves nothing behind', async () => {
    const networks = create();
    const statuses = await networks.attach(sandbox());
    expect(statuses).toMatchObject([
      { name: 'plant/camera', interface: 'net1', ips: ['10.251.42.2'], mac: expect.stringMatching(/^..:/) },
      { name: 'plant/tool', interface: 'tool0', ips: ['10.251.43.9'], gateway: ['10.251.43.1'] },
    ]);
    expect(await links()).toEqual(['lo', 'net1', 'tool0']);
    expect(await pod.run('ip', 'route', 'show', 'default')).toContain('default via 10.251.43.1 dev tool0');
    const ask = (url: string) => pod.run('busybox', 'wget', '-qO-', url);
    expect(await reach(ask, '10.251.42.1')).toBe('hello');
    expect(await reach(ask, '10.251.43.1')).toBe('hello');

    await networks.detach('sandbox1');
    expect(await links()).toEqual(['lo']);
    await expectNothingLeft();
  });

  it('a default route that can not be reached undoes the rest', async () => {
    const annotations = { 'k8s.v1.cni.cncf.io/networks': '[{"name":"camera","default-route":["10.251.99.1"]}]' };
    await expect(create().attach({ ...sandbox(), annotations })).rejects.toMatchObject({ code: 'CNI_DEFAULT_ROUTE_FAILED' });
    expect(await links()).toEqual(['lo']);
    await expectNothingLeft();
  });

  it("keeps the runtime's own interface as it is, and is cleaned up while the runtime is down", async () => {
    const bed = await startTestbed();
    try {
      const config = {
        metadata: { name: 'viewer', namespace: 'plant', uid: 'uid1', attempt: 0 },
        linux: { cgroupParent: `${bed.cgroupRoot}/viewer`, securityContext: { namespaceOptions: {} } },
        logDirectory: `${bed.podLogsDirectory}/viewer`,
      };
      const { podSandboxId } = await bed.cri.runtime.runPodSandbox({ config });
      const container = { metadata: { name: 'http', attempt: 0 }, image: { image: imageNames.http }, logPath: 'http.log', linux: {} };
      const { containerId } = await bed.cri.runtime.createContainer({ podSandboxId, config: container, sandboxConfig: config });
      await bed.cri.runtime.startContainer({ containerId });
      const { info } = await bed.cri.runtime.podSandboxStatus({ podSandboxId, verbose: true });
      const netnsPath = netnsPathOf(info['info'] ?? '');
      const primary = () => run('nsenter', `--net=${netnsPath}`, 'ip', '-o', 'address', 'show', 'eth0');
      const before = await primary();

      const networks = create();
      const annotations = { 'k8s.v1.cni.cncf.io/networks': 'camera, tool@tool0' };
      await networks.attach({ ...sandbox(), podSandboxId, netnsPath, annotations });
      const ask = async (url: string): Promise<string> => {
        const { stdout } = await bed.cri.runtime.execSync({ containerId, cmd: ['wget', '-qO-', url], timeout: 10n });
        return Buffer.from(stdout).toString();
      };
      expect(await reach(ask, '10.251.42.1')).toBe('hello');
      expect(await reach(ask, '10.251.43.1')).toBe('hello');

      await bed.containerd.kill('SIGKILL');
      expect(await networks.collectGarbage([])).toEqual({ detached: [podSandboxId], failures: [] });
      expect(await run('nsenter', `--net=${netnsPath}`, 'ip', '-o', 'link')).not.toMatch(/net1|tool0/);
      expect(await primary()).toBe(before);
      await expectNothingLeft();
    } finally {
      await bed[Symbol.asyncDispose]();
    }
    expect(await bed.leaks()).toEqual([]);
  });

  it('is cleaned up after a reboot: fresh namespaces, the files still there', async () => {
    await create().attach(sandbox());
    await pod[Symbol.asyncDispose]();
    pod = await lab.pod();
    expect(await create().collectGarbage([])).toEqual({ detached: ['sandbox1'], failures: [] });
    await expectNothingLeft();
  });

  it('is cleaned up when the kubelet is killed in the middle of an ADD', async () => {
    // macvlan waits in its second network until the kubelet is gone.
    const slow = join(lab.root, 'slow');
    await mkdir(slow);
    for (const type of await readdir(lab.pluginDir)) {
      const wait = type === 'macvlan' ? `[ "$CNI_COMMAND" = ADD ] && touch '${slow}.started' && sleep 2\n` : '';
      await writeFile(join(slow, type), `#!/bin/sh\n${wait}exec '${join(lab.pluginDir, type)}'\n`, { mode: 0o755 });
    }
    const kubelet = await startDoomedKubelet(slow);
    const ended = new Promise((resolve) => kubelet.once('exit', resolve));
    await waitFor(async () => (await readdir(lab.root)).includes('slow.started'), { what: 'the ADD to begin', timeoutMs: 20_000 });
    kubelet.kill('SIGKILL');
    await ended;
    expect(await links()).toContain('net1');
    expect(await pluginsAtWork()).not.toBe('');

    expect(await create().collectGarbage([])).toEqual({ detached: ['sandbox1'], failures: [] });
    expect(await pluginsAtWork()).toBe('');
    expect(await links()).toEqual(['lo']);
    await expectNothingLeft();
  });
});
