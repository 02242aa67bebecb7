import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { runRemoteCommand } from '@solo-kubelet/cri-client/streaming';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { forwardPort } from '../../../packages/kubelet-cli/src/streaming/port-forward.js';
import { podManifest } from '../../e2e/src/kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../../e2e/src/kubelet/node.js';
import { type Figure, report, spread } from './figures.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 10);
const MEGABYTE = 1_000_000;
const BIG_BYTES = 64 * MEGABYTE;
const LOG_LINE = 'a line of a log that is as long as most of them are, which is some eighty bytes';
const LOG_LINES = 400_000;
const CONNECTIONS = 1_000;
const AT_ONCE = 50;
const PORT = 8080;
const WEB = { namespace: 'default', pod: 'web-node1' };
const signal = new AbortController().signal;

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const beganMs = performance.now();
  await work();
  return (performance.now() - beganMs) / 1_000;
};

/** A request over a connection of its own; how many bytes came. */
const ask = (host: string, port: number, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    let bytes = 0;
    const socket = connect({ host, port }, () => socket.write(`GET ${path} HTTP/1.0\r\n\r\n`));
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(bytes));
  });

const askMany = async (host: string, port: number): Promise<void> => {
  for (let begun = 0; begun < CONNECTIONS; begun += AT_ONCE) {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => ask(host, port, '/cgi-bin/healthz')));
    expect(Math.min(...answers)).toBeGreaterThan(0);
  }
};

const execTrue = async (node: TestNode): Promise<void> => {
  const flags = { command: ['true'], stdin: false, stdout: true, stderr: true, tty: false };
  const { endpoint, path } = await node.api.exec({ ...WEB, container: 'app' }, flags, { signal });
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  await runRemoteCommand({ endpoint, path, stdout: sink, stderr: sink, tty: false, signal });
};

const readLog = async (node: TestNode, query: object, until: (bytes: number) => boolean = () => false): Promise<number> => {
  let bytes = 0;
  for await (const chunk of node.api.readLog({ ...WEB, pod: 'talks-node1', container: 'app' }, query, { signal })) {
    bytes += chunk.length;
    if (until(bytes)) break;
  }
  return bytes;
};

/** Streams through the kubelet, each in turns with the same without it where there is such. */
it('measures exec, logs and port-forward', { timeout: 1_200_000 }, async () => {
  await using node = await startNode();
  const grace = { terminationGracePeriodSeconds: 1 };
  await node.drop('web.yaml', podManifest('web', { ...grace, containers: [{ name: 'app', image: imageNames.http }] }));
  const write = `i=0; yes "${LOG_LINE}" | head -n ${LOG_LINES}; sleep 1000000`;
  await node.drop(
    'talks.yaml',
    podManifest('talks', { ...grace, containers: [{ name: 'app', image: imageNames.busybox, command: ['sh', '-c', write] }] }),
  );
  const web = await node.pod('web', isRunning, 120_000);
  await node.pod('talks', isRunning, 120_000);
  await node.exec('web', `dd if=/dev/zero of=/www/big bs=${MEGABYTE} count=${BIG_BYTES / MEGABYTE}`);
  const podIp = web.status!.podIP!;
  const logBytes = (LOG_LINE.length + 1) * LOG_LINES;
  await waitFor(async () => (await readLog(node, {})) === logBytes, { what: 'the whole log', timeoutMs: 120_000, intervalMs: 1_000 });
  await using forward = await forwardPort({
    open: async () => node.api.portForward(WEB, PORT, { signal }),
    localAddress: '127.0.0.1',
    localPort: 0,
    remotePort: PORT,
    signal,
  });
  const containerId = (await node.running()).get('web/app')!;
  const values = new Map<string, number[]>();
  const note = (name: string, value: number): void => void values.set(name, [...(values.get(name) ?? []), value]);
  const rate = (bytes: number, seconds: number): number => bytes / MEGABYTE / seconds;
  for (let round = -1; round < ROUNDS; round += 1) {
    const counted = round >= 0 ? note : () => {};
    counted('exec of true: ms', (await secondsOf(() => execTrue(node))) * 1_000);
    counted(
      'ExecSync of true in the runtime: ms',
      (await secondsOf(() => node.bed.cri.runtime.execSync({ containerId, cmd: ['true'], timeout: 10n }))) * 1_000,
    );
    counted('log read: MB/s', rate(logBytes, await secondsOf(async () => expect(await readLog(node, {})).toBe(logBytes))));
    counted(
      'log followed from its begin: MB/s',
      rate(logBytes, await secondsOf(() => readLog(node, { follow: true }, (bytes) => bytes >= logBytes))),
    );
    counted('port-forward: MB/s', rate(BIG_BYTES, await secondsOf(() => ask('127.0.0.1', forward.localPort, '/big'))));
    counted("the Pod's own port: MB/s", rate(BIG_BYTES, await secondsOf(() => ask(podIp, PORT, '/big'))));
  }
  for (let round = 0; round < 2; round += 1) {
    note(`${CONNECTIONS} connections through port-forward: s`, await secondsOf(() => askMany('127.0.0.1', forward.localPort)));
    note(`${CONNECTIONS} connections to the Pod's own port: s`, await secondsOf(() => askMany(podIp, PORT)));
  }
  const figures: Figure[] = [...values].map(([name, all]) => {
    const [what = '', unit = ''] = name.split(': ');
    return { name: what, unit, spread: spread(all) };
  });
  process.stdout.write(`${report(figures)}\n`);
});
