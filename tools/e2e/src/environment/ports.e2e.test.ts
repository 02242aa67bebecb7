import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, STAY } from './looking.js';

/** Ports of this file alone, below what the kernel hands out. */
const TCP = 29_181;
const LOCAL = 29_182;
const UDP = 29_183;
const TAKEN = 29_184;

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

/** Answers each TCP connection with a word. */
const serving = (name: string, word: string, ports: readonly object[], more: object = {}): object =>
  podManifest(name, { containers: [script('app', `nc -ll -p 8080 -e echo ${word} & ${STAY}`, { ports })], ...more });

const answer = (host: string, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host, port, timeout: 2_000 });
    socket.on('data', (data) => {
      text += data.toString();
    });
    socket.on('timeout', () => socket.destroy(new Error('timeout')));
    socket.on('error', reject).on('close', () => resolve(text));
  });

const reaches = (host: string, port: number, word: string): Promise<unknown> =>
  waitFor(async () => (await answer(host, port)) === `${word}\n`, { what: `${word} at ${host}:${port}` });

describe('a hostPort', () => {
  it('leads to the container, on every address of the node or on the given one', async () => {
    await dropAll(node, [
      serving('every', 'every', [{ containerPort: 8080, hostPort: TCP }]),
      serving('one', 'one', [{ containerPort: 8080, hostPort: LOCAL, hostIP: '127.0.0.1' }]),
    ]);
    const { status } = await node.pod('every', isRunning);
    await node.pod('one', isRunning);
    await reaches('127.0.0.1', TCP, 'every');
    await reaches(status?.hostIP ?? '', TCP, 'every');
    await reaches('127.0.0.1', LOCAL, 'one');
    await expect(answer(status?.hostIP ?? '', LOCAL)).rejects.toThrow();
  });

  it('carries UDP as well, beside a TCP port of the same number', async () => {
    const both = [
      { containerPort: 8080, hostPort: UDP },
      { containerPort: 8081, hostPort: UDP, protocol: 'UDP' },
    ];
    const volumes = [{ name: 'node', hostPath: { path: '/' } }];
    const echo =
      "const s = require('dgram').createSocket('udp4'); s.on('message', (_, from) => s.send('udp', from.port, from.address)).bind(8081)";
    const listen = `nc -ll -p 8080 -e echo tcp & chroot /node ${process.execPath} -e "${echo}" & ${STAY}`;
    const volumeMounts = [{ name: 'node', mountPath: '/node', readOnly: true }];
    await dropAll(node, [podManifest('both', { volumes, containers: [script('app', listen, { ports: both, volumeMounts })] })]);
    const { status } = await node.pod('both', isRunning);
    await reaches('127.0.0.1', UDP, 'tcp');
    await waitFor(async () => (await ask(status?.hostIP ?? '', UDP)) === 'udp', { what: 'an answer by UDP' });
  });

  it('of a pod that goes is free again: no rule of it is left', async () => {
    await node.remove('every.json');
    await node.gone('every');
    await expect(answer('127.0.0.1', TCP)).rejects.toThrow();
    await dropAll(node, [serving('next', 'next', [{ containerPort: 8080, hostPort: TCP }])]);
    await node.pod('next', isRunning);
    await reaches('127.0.0.1', TCP, 'next');
  });
});

describe('a port that another pod has', () => {
  it('keeps the second pod from starting, with the reason, until the first goes; other addresses and protocols do not clash', async () => {
    await dropAll(node, [serving('first', 'first', [{ containerPort: 8080, hostPort: TAKEN, hostIP: '127.0.0.1' }])]);
    await node.pod('first', isRunning);
    await dropAll(node, [
      serving('second', 'second', [{ containerPort: 8080, hostPort: TAKEN }]),
      serving('elsewhere', 'elsewhere', [{ containerPort: 8080, hostPort: TAKEN, hostIP: '127.0.0.2' }]),
      serving('datagrams', 'datagrams', [{ containerPort: 8080, hostPort: TAKEN, hostIP: '127.0.0.1', protocol: 'UDP' }]),
    ]);
    await node.pod('elsewhere', isRunning);
    await node.pod('datagrams', isRunning);
    const refused = await node.pod('second', hasPhase('Failed'));
    expect(refused.status).toMatchObject({
      reason: 'NodePorts',
      message: expect.stringContaining("node(s) didn't have free ports for the requested pod ports"),
    });
    expect((await node.running()).has('second/app')).toBe(false);
    await reaches('127.0.0.1', TAKEN, 'first');

    for (const name of ['first', 'elsewhere']) await node.remove(`${name}.json`);
    await node.pod('second', isRunning);
    await reaches('127.0.0.1', TAKEN, 'second');
  });

  it('counts on the host network too', async () => {
    const spec = { hostNetwork: true, containers: [script('app', STAY, { ports: [{ containerPort: TAKEN }] })] };
    await dropAll(node, [podManifest('on-host', spec)]);
    expect((await node.pod('on-host', hasPhase('Failed'))).status?.reason).toBe('NodePorts');
  });
});

/** One datagram and what comes back; empty when nothing does. */
const ask = (host: string, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const finish = (text: string): void => {
      clearTimeout(timer);
      socket.close();
      resolve(text);
    };
    const timer = setTimeout(() => finish(''), 1_000);
    socket.on('message', (data) => finish(data.toString())).on('error', reject);
    socket.send('?\n', port, host);
  });
