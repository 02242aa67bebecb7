// ADD of a bridge + host-local + portmap chain, against the same plugins run from a shell loop. As root, from the repository:
//   npx esbuild packages/cni-invoker/bench/add-chain.bench.ts --bundle --platform=node --format=esm --conditions=@solo-kubelet/source \
//     | unshare --net node --input-type=module -
// The bridge and the rules live in the namespace of that call and go with it. CNI_PLUGIN_DIR names the plugins (/usr/lib/cni).
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createCniInvoker, parseNetworkConfigList } from '../src/index.js';

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

const addOnce = async (): Promise<number> => {
  const attachment = { containerId: 'invoker', netns: netnsPath, ifName: 'net1', capabilityArgs: { portMappings } };
  const begin = performance.now();
  await cni.add(list, attachment);
  const time = performance.now() - begin;
  await cni.del(list, attachment);
  return time;
};

const describe = (times: readonly number[]) => {
  const sorted = [...times].sort((a, b) => a - b);
  return { min: sorted[0] as number, median: sorted[Math.floor(sorted.length / 2)] as number, max: sorted.at(-1) as number };
};

await writeFile(join(root, 'loop.sh'), shellLoop);
await exec('ip', ['netns', 'add', netns]);
try {
  await exec('ip', ['link', 'set', 'lo', 'up']);
  const bash = spawn('bash', [join(root, 'loop.sh')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: bash.stdout })[Symbol.asyncIterator]();
  const addFromShell = async (): Promise<number> => {
    bash.stdin.write('\n');
    return Number((await answers.next()).value) / 1000;
  };
  const [invoker, shell]: [number[], number[]] = [[], []];
  for (let pair = -WARM_UP; pair < PAIRS; pair += 1) {
    const [own, loop] = [await addOnce(), await addFromShell()];
    if (pair < 0) continue;
    invoker.push(own);
    shell.push(loop);
  }
  bash.stdin.end();
  const [own, loop] = [describe(invoker), describe(shell)];
  const ms = (value: number): string => value.toFixed(1).padStart(7);
  console.log(`${PAIRS} ADDs each, in turn, plugins of ${pluginDir}, Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}`);
  console.log('             min   median     max  (ms)');
  console.log(`shell    ${ms(loop.min)}  ${ms(loop.median)} ${ms(loop.max)}`);
  console.log(`invoker  ${ms(own.min)}  ${ms(own.median)} ${ms(own.max)}`);
  console.log(`median over the shell loop: ${(100 * (own.median / loop.median - 1)).toFixed(1)} %`);
} finally {
  await exec('ip', ['netns', 'del', netns]);
  await rm(root, { recursive: true, force: true });
}
