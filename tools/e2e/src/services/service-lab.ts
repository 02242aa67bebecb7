import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Pod } from '@solo-kubelet/pod-spec';
import { type RunProgram, runProgram } from '@solo-kubelet/service-network/rx';
import { createNetns, type Netns, skipAddressDetection } from '../../cni/lab.js';

/** One end of the lab: a Pod, or somebody outside. */
export interface LabHost {
  readonly netns: Netns;
  readonly ip: string;
}

/** A node with a bridge, Pods at it and a network outside, in network namespaces of their own: rules and packets never meet the machine's. */
export interface ServiceLab extends AsyncDisposable {
  readonly node: Netns;
  /** Of the node, outside. */
  readonly nodeIp: string;
  readonly outsider: LabHost;
  /** Runs programs in the node's network. */
  readonly run: RunProgram;
  /** A Pod's network, with nothing in it. */
  pod(place: number): Promise<LabHost>;
  /** Answers at ports, TCP and UDP, with its name and who asked. */
  serve(host: LabHost | Netns, name: string, ports: readonly number[]): Promise<ChildProcess>;
}

const SERVER = `
const [name, ...ports] = process.argv.slice(1);
const net = require('node:net'); const dgram = require('node:dgram');
let left = ports.length * 2;
const up = () => { if (--left === 0) console.log('ready'); };
for (const port of ports) {
  net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.write(name));
    socket.write(name + ' ' + socket.remoteAddress.replace('::ffff:', '') + '\\n');
  }).listen(Number(port), '::', up);
  const udp = dgram.createSocket('udp6');
  udp.on('message', (message, from) => udp.send(name + ' ' + from.address.replace('::ffff:', ''), from.port, from.address));
  udp.bind(Number(port), '::', up);
}`;

const CLIENT = `
const [host, port, count, waitMs, parallel] = process.argv.slice(1);
const net = require('node:net');
const ask = () => new Promise((resolve) => {
  const socket = net.connect({ host, port: Number(port) });
  const end = (answer) => { clearTimeout(timer); socket.destroy(); resolve(answer); };
  const timer = setTimeout(() => end('timeout'), Number(waitMs));
  socket.on('error', (error) => end(error.code));
  socket.on('data', (data) => end(data.toString().split('\\n')[0]));
});
let left = Number(count);
const line = async () => { while (left-- > 0) console.log(await ask()); };
for (let i = 0; i < Number(parallel || 1); i++) void line();`;

/** Says `connected` once it is; what the server says it does not wait for. */
const CONNECT_CLIENT = CLIENT.replace(
  "socket.on('data', (data) => end(data.toString().split('\\n')[0]))",
  "socket.on('connect', () => end('connected'))",
);

const UDP_CLIENT = `
const [host, port, count, waitMs, from] = process.argv.slice(1);
const socket = require('node:dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4');
socket.on('error', (error) => { console.log(error.code); process.exit(); });
(async () => {
  await new Promise((resolve) => socket.bind(Number(from), resolve));
  await new Promise((resolve) => socket.connect(Number(port), host, resolve));
  for (let i = 0; i < Number(count); i++) {
    console.log(await new Promise((resolve) => {
      const timer = setTimeout(() => resolve('timeout'), Number(waitMs));
      socket.once('message', (message) => { clearTimeout(timer); resolve(message.toString()); });
      socket.removeAllListeners('error');
      socket.on('error', (error) => { clearTimeout(timer); resolve(error.code); });
      socket.send('x', () => {});
    }));
  }
  process.exit();
})();`;

const linesOf = async (program: string, args: readonly string[]): Promise<readonly string[]> => {
  const { code, stdout, stderr } = await runProgram(program, args, { timeoutMs: 120_000, signal: new AbortController().signal });
  if (code !== 0) throw new Error(stderr);
  return stdout.trim().split('\n');
};

/** What `count` connections in a row are answered: the name of who answered and the address that it saw, or the error's code. */
export const askTcp = (
  { path }: Pick<Netns, 'path'>,
  {
    host,
    port,
    count = 1,
    waitMs = 15_000,
  }: { readonly host: string; readonly port: number; readonly count?: number; readonly waitMs?: number },
): Promise<readonly string[]> =>
  linesOf('nsenter', [`--net=${path}`, '--', process.execPath, '-e', CLIENT, host, String(port), String(count), String(waitMs)]);

/** As `askTcp`, several at a time. */
export const loadTcp = async (
  { path }: Pick<Netns, 'path'>,
  { host, port, count = 1, parallel }: Parameters<typeof askTcp>[1] & { readonly parallel: number },
): Promise<readonly string[]> => {
  const args = [`--net=${path}`, '--', process.execPath, '-e', CLIENT, host, String(port), String(count), '15000', String(parallel)];
  const { stdout } = await promisify(execFile)('nsenter', args, { timeout: 600_000, maxBuffer: 64 << 20 });
  return stdout.trim().split('\n');
};

/** `connected` for each of `count` connections in a row, or the error's code: for servers that say nothing first. */
export const connectTcp = (
  { path }: Pick<Netns, 'path'>,
  { host, port, count = 1, waitMs = 15_000 }: Parameters<typeof askTcp>[1],
): Promise<readonly string[]> =>
  linesOf('nsenter', [`--net=${path}`, '--', process.execPath, '-e', CONNECT_CLIENT, host, String(port), String(count), String(waitMs)]);

/** The same with datagrams of one socket; `from`: its port. */
export const askUdp = (
  { path }: Pick<Netns, 'path'>,
  {
    host,
    port,
    count = 1,
    waitMs = 15_000,
    from = 0,
  }: { readonly host: string; readonly port: number; readonly count?: number; readonly waitMs?: number; readonly from?: number },
): Promise<readonly string[]> =>
  linesOf('nsenter', [
    `--net=${path}`,
    '--',
    process.execPath,
    '-e',
    UDP_CLIENT,
    host,
    String(port),
    String(count),
    String(waitMs),
    String(from),
  ]);

export const startServiceLab = async (): Promise<ServiceLab> => {
  const node = await createNetns('node');
  const made: Netns[] = [node];
  const children: ChildProcess[] = [];
  const ip = (...args: readonly string[]): Promise<string> => node.run('ip', ...args);
  const plug = async (name: string, hostname: string, setUp: (netns: Netns) => Promise<unknown>): Promise<Netns> => {
    const netns = await createNetns(name);
    made.push(netns);
    await skipAddressDetection(netns);
    await ip('link', 'add', hostname, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns.name);
    await netns.run('ip', 'link', 'set', 'lo', 'up');
    await netns.run('ip', 'link', 'set', 'eth0', 'up');
    await ip('link', 'set', hostname, 'up');
    await setUp(netns);
    return netns;
  };
  await skipAddressDetection(node);
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', 'pods', 'type', 'bridge');
  await ip('addr', 'add', '10.77.0.1/24', 'dev', 'pods');
  await ip('-6', 'addr', 'add', 'fd77::1/64', 'dev', 'pods', 'nodad');
  await ip('link', 'set', 'pods', 'up');
  await node.run('sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding');
  const outside = await plug('outside', 'out', async (netns) => {
    await netns.run('ip', 'addr', 'add', '192.0.2.2/24', 'dev', 'eth0');
    await ip('addr', 'add', '192.0.2.1/24', 'dev', 'out');
    await netns.run('ip', 'route', 'add', '10.0.0.0/8', 'via', '192.0.2.1');
  });
  return {
    node,
    nodeIp: '192.0.2.1',
    outsider: { netns: outside, ip: '192.0.2.2' },
    run: (program, args, options) => runProgram('nsenter', [`--net=${node.path}`, '--', program, ...args], options),
    pod: async (place) => {
      const address = `10.77.0.${place}`;
      const netns = await plug('pod', `p${place}`, async (pod) => {
        await ip('link', 'set', `p${place}`, 'master', 'pods');
        await node.run('bridge', 'link', 'set', 'dev', `p${place}`, 'hairpin', 'on');
        await pod.run('ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0');
        await pod.run('ip', '-6', 'addr', 'add', `fd77::${place}/64`, 'dev', 'eth0', 'nodad');
        await pod.run('ip', 'route', 'add', 'default', 'via', '10.77.0.1');
        await pod.run('ip', '-6', 'route', 'add', 'default', 'via', 'fd77::1');
      });
      return { netns, ip: address };
    },
    serve: async (host, name, ports) => {
      const { path } = 'netns' in host ? host.netns : host;
      const child = spawn('nsenter', [`--net=${path}`, '--', process.execPath, '-e', SERVER, name, ...ports.map(String)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      await once(createInterface(child.stdout), 'line');
      return child;
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of children) child.kill('SIGKILL');
      for (const netns of made.reverse()) await netns[Symbol.asyncDispose]();
    },
  };
};

/** A Pod as the kubelet shows it. */
export const shownPod = (
  name: string,
  ips: readonly string[],
  options: { readonly ready?: boolean; readonly labels?: Record<string, string> } = {},
): Pod =>
  ({
    metadata: { name, namespace: 'default', uid: name, labels: { app: 'web', ...options.labels } },
    spec: { containers: [{ name: 'app', image: 'x', ports: [{ name: 'http', containerPort: 8080 }] }] },
    status: {
      phase: 'Running',
      podIPs: ips.map((ip) => ({ ip })),
      conditions: [{ type: 'Ready', status: options.ready === false ? 'False' : 'True' }],
    },
  }) as Pod;
