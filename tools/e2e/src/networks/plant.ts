import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { containerdOfRelease } from '@solo-kubelet-tools/testbed';
import { createLab, type Lab, run } from '../../cni/lab.js';

/** Both networks together. */
const SUBNETS = '10.251.46.0/23';
const BLACKHOLE = ['route', 'add', 'blackhole', SUBNETS, 'metric', '4200000001'];

/** What the two servers answer on. */
export const CAMERA_URL = 'http://10.251.46.1:18099/';
export const TOOL_URL = 'http://10.251.47.1:18099/';

/** Asks for both networks. */
export const BOTH = { annotations: { 'k8s.v1.cni.cncf.io/networks': 'plant/camera, tool@tool0' } };

/** A camera network on a bridge and a machine tool's own subnet behind a link, each with a web server; the host side is a namespace of its own. */
export interface Plant extends AsyncDisposable {
  readonly lab: Lab;
  /** For --network-dir; holds both networks. */
  readonly networkDirectory: string;
  /** While there, an ADD of the second network goes on for seconds and says so in `startedMark`. */
  readonly slowMark: string;
  readonly startedMark: string;
  writeCamera(): Promise<void>;
  removeCamera(): Promise<void>;
  /** Addresses that plugins hold. */
  leases(): Promise<readonly string[]>;
  /** Everything on the host side that belongs to some pod, one line each. */
  leftovers(rootDirectory: string): Promise<readonly string[]>;
}

export const createPlant = async (): Promise<Plant> => {
  const lab = await createLab((await containerdOfRelease('1.6')).cniPluginDirectory);
  const [networkDirectory, slowMark, startedMark] = ['networks', 'slow', 'started'].map((name) => join(lab.root, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(networkDirectory);
  const macvlan = join(lab.pluginDir, 'macvlan');
  const wait = `if [ "$CNI_COMMAND" = ADD ] && [ -e '${slowMark}' ]; then touch '${startedMark}'; sleep 5; fi`;
  await writeFile(`${macvlan}.real`, `#!/bin/sh\nexec nsenter --net=${lab.host.path} /usr/lib/cni/macvlan "$@"\n`, { mode: 0o755 });
  await writeFile(macvlan, `#!/bin/sh\n${wait}\nexec '${macvlan}.real' "$@"\n`, { mode: 0o755 });
  await lab.host.run('ip', 'link', 'add', 'uplink0', 'type', 'veth', 'peer', 'name', 'far0');
  for (const end of ['uplink0', 'far0']) await lab.host.run('ip', 'link', 'set', end, 'up');
  await lab.host.run('ip', 'address', 'add', '10.251.47.1/28', 'dev', 'far0');
  await run('ip', ...BLACKHOLE);
  const server = await startServer(lab);

  const cameraPath = join(networkDirectory, 'camera.yaml');
  const writeCamera = () => writeFile(cameraPath, camera(lab.dataDir));
  await writeCamera();
  await writeFile(join(networkDirectory, 'tool.conflist'), tool(lab.dataDir));

  const leases = async () => {
    const networks = await readdir(lab.dataDir).catch(() => []);
    const files = await Promise.all(networks.map((network) => readdir(join(lab.dataDir, network))));
    return files
      .flat()
      .filter((name) => name.startsWith('10.'))
      .sort();
  };
  return {
    lab,
    networkDirectory,
    slowMark,
    startedMark,
    writeCamera,
    removeCamera: () => rm(cameraPath),
    leases,
    leftovers: async (rootDirectory) => {
      const lines = async (...command: readonly [string, ...string[]]) => (await lab.host.run(...command)).split('\n');
      const [rules, nat, links] = await Promise.all([
        lines('iptables', '-S'),
        lines('iptables', '-t', 'nat', '-S'),
        lines('ip', '-o', 'link', 'show', 'type', 'veth'),
      ]);
      const records = await Promise.all(
        ['extra-networks', 'results'].map((name) => readdir(join(rootDirectory, 'networks', name)).catch(() => [])),
      );
      return [
        ...(await leases()).map((address) => `lease ${address}`),
        ...[...rules, ...nat].filter((rule) => rule.includes('10.251.')).map((rule) => `rule ${rule}`),
        ...links.filter((link) => link.includes('master cam0')).map((link) => `link ${link}`),
        ...records.flat().map((name) => `record ${name}`),
      ];
    },
    [Symbol.asyncDispose]: async () => {
      server.kill('SIGKILL');
      await run('ip', ...BLACKHOLE.with(1, 'delete'));
      await lab[Symbol.asyncDispose]();
    },
  };
};

const camera = (dataDir: string): string => `apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: { name: camera, namespace: plant }
spec:
  config: |
    {"cniVersion": "1.0.0", "plugins": [
      {"type": "bridge", "bridge": "cam0", "isGateway": true, "ipMasq": true,
       "ipam": {"type": "host-local", "dataDir": "${dataDir}", "subnet": "10.251.46.0/28"}}]}
`;

const tool = (dataDir: string): string =>
  JSON.stringify({
    cniVersion: '1.0.0',
    name: 'tool',
    plugins: [
      { type: 'macvlan', master: 'uplink0', mode: 'bridge', ipam: { type: 'host-local', dataDir, subnet: '10.251.47.0/28' } },
      { type: 'firewall', backend: 'iptables' },
    ],
  });

const startServer = async (lab: Lab): Promise<ChildProcess> => {
  const serve = "require('node:http').createServer((q, s) => s.end('hello')).listen(18099, '0.0.0.0', () => console.log('up'))";
  const server = spawn('nsenter', [`--net=${lab.host.path}`, process.execPath, '-e', serve], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(server.stdout, 'data');
  return server;
};
