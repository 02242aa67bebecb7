// ADD of a bridge + host-local + portmap chain and the same plugins run from a shell loop, in turn. Prints the times of both as JSON, ms.
// To be run in a network namespace of its own. CNI_PLUGIN_DIR names the plugins (/usr/lib/cni).
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createCniInvoker, parseNetworkConfigList } from '@solo-kubelet/cni-invoker';

const exec = promisify(execFile);
const pluginDir = process.env['CNI_PLUGIN_DIR'] ?? '/usr/lib/cni';
/** Taken in turn, so that whatever else the machine does weighs on both alike. */
const PAIRS = 150;
const WARM_UP = 10;

const root = await mkdtemp(join(tmpdir(), 'cni-bench-'));
const netns = `cni-bench-${process.pid}`;
const netnsPath = `/run/netns/${netns}`;
const portMappings = [{ hostPort: 18081, containerPort: 80, protocol: 'tcp' }];
const bridge = {
  type: 'bridge',
  bridge: 'bench0',
  isGateway: true,
  ipam: { type: 'host-local', dataDir: join(root, 'leases'), subnet: '10.251.45.0/28' },
};
const portmap = { type: 'portmap', capabilities: { portMappings: true }, snat: true };
const list = parseNetworkConfigList(JSON.stringify({ cniVersion: '1.0.0', name: 'bench', plugins: [bridge, portmap] }));
const cni = createCniInvoker({ pluginDirs: [pluginDir], cacheDir: join(root, 'cache'), env: process.env });

/** For each line on its stdin one ADD, whose time it prints in microseconds, and one DEL. */
const shellLoop = `
export CNI_PATH=${pluginDir} CNI_NETNS=${netnsPath} CNI_IFNAME=net1 CNI_CONTAINERID=shell CNI_ARGS=
bridge='${JSON.stringify({ ...bridge, name: 'bench', cniVersion: '1.0.0' })}'
portmap() { printf '{"cniVersion":"1.0.0","name":"bench","type":"portmap","snat":true,"runtimeConfig":{"portMappings":${JSON.stringify(portMappings)}},"prevResult":%s}' "$1"; }
while read -r line; do
  begin=$EPOCHREALTIME
  first=$(CNI_COMMAND=ADD ${pluginDir}/bridge <<< "$bridge") || exit 1
  last=$(portmap "$first" | CNI_COMMAND=ADD ${pluginDir}/portmap) || exit 1
  end=$EPOCHREALTIME
  portmap "$last" | CNI_COMMAND=DEL ${pluginDir}/portmap || exit 1
  CNI_COMMAND=DEL ${pluginDir}/bridge <<< "$bridge" || exit 1
  echo $(( \${end/./} - \${begin/./} ))
done`;

const addOnce = async () => {
  const attachment = { containerId: 'invoker', netns: netnsPath, ifName: 'net1', capabilityArgs: { portMappings } };
  const begin = performance.now();
  await cni.add(list, attachment);
  const time = performance.now() - begin;
  await cni.del(list, attachment);
  return time;
};

await writeFile(join(root, 'loop.sh'), shellLoop);
await exec('ip', ['netns', 'add', netns]);
try {
  await exec('ip', ['link', 'set', 'lo', 'up']);
  const bash = spawn('bash', [join(root, 'loop.sh')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: bash.stdout })[Symbol.asyncIterator]();
  const addFromShell = async () => {
    bash.stdin.write('\n');
    return Number((await answers.next()).value) / 1000;
  };
  const [invoker, shell] = [[], []];
  for (let pair = -WARM_UP; pair < PAIRS; pair += 1) {
    const [own, loop] = [await addOnce(), await addFromShell()];
    if (pair < 0) continue;
    invoker.push(own);
    shell.push(loop);
  }
  bash.stdin.end();
  process.stdout.write(JSON.stringify({ invoker, shell }));
} finally {
  await exec('ip', ['netns', 'del', netns]);
  await rm(root, { recursive: true, force: true });
}
