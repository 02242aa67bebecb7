import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

const run = promisify(execFile);
const lacksNft = await run('nft', ['list', 'tables']).then(
  () => undefined,
  (error: Error) => error.message,
);
if (lacksNft !== undefined) console.log(`cluster-dns.e2e.test.ts is skipped: ${lacksNft}`);

/** Of this test alone. */
const RANGE = '10.218.16.0/20';
const ADDRESS = '10.218.19.7';
const DNS = '169.254.77.53';
/** The server beyond, at an address of the loopback device: a resolv.conf has no ports. */
const UPSTREAM = '127.77.53.1';

/** A server that knows one name of the world outside: outside.example has 192.0.2.33. It says no to all others. */
const startUpstream = async (): Promise<Socket> => {
  const socket = createSocket('udp4');
  socket.on('message', (query, { address, port }) => {
    const nameEnd = query.indexOf(0, 12);
    const isOutside = query.toString('latin1', 12, nameEnd) === '\x07outside\x07example';
    const isKnown = isOutside && query.readUInt16BE(nameEnd + 1) === 1;
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 33]);
    const reply = Buffer.concat([query.subarray(0, nameEnd + 5), ...(isKnown ? [answer] : [])]);
    reply.writeUInt16BE(isOutside ? 0x8180 : 0x8183, 2);
    for (const [at, count] of [
      [4, 1],
      [6, isKnown ? 1 : 0],
      [8, 0],
      [10, 0],
    ] as const)
      reply.writeUInt16BE(count, at);
    socket.send(reply, port, address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.bind(53, UPSTREAM, resolve);
  });
  return socket;
};

/** Rules of Services that know the range of this test. */
const ownRules = async (): Promise<string> => {
  const { stdout } = await run('nft', ['list', 'ruleset'], { maxBuffer: 64 * 1024 * 1024 });
  return stdout
    .split('\n')
    .filter((line) => line.includes(RANGE))
    .join('\n');
};

const hasAddress = (): boolean => Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === DNS));

describe.skipIf(lacksNft !== undefined)('a kubelet with Services has a DNS server', () => {
  let node: TestNode;
  let upstream: Socket;
  const flags = ['--service-cluster-ip-range', RANGE, '--service-dns-address', DNS];
  beforeAll(async () => {
    upstream = await startUpstream();
    node = await startNode({ flags });
    const resolvConf = join(node.bed.directory, 'resolv.conf');
    await writeFile(resolvConf, `nameserver ${UPSTREAM}\nsearch lan.example\n`);
    flags.push('--resolv-conf', resolvConf);
    await node.restartKubelet();
  });
  afterAll(async () => {
    const { bed } = node;
    try {
      // Rules outlive a kubelet; one without Services takes them away.
      flags.length = 0;
      await node.restartKubelet();
      await waitFor(async () => ((await ownRules()) === '' ? true : undefined), { what: 'the rules to go', timeoutMs: 60_000 }).catch(
        (cause: unknown) => {
          throw new Error(`rules are left:\n${node.kubelet().log().slice(-6_000)}`, { cause });
        },
      );
    } finally {
      await node[Symbol.asyncDispose]();
      await new Promise<void>((resolve) => upstream.close(resolve));
    }
    expect(hasAddress()).toBe(false);
    expect(await bed.leaks()).toEqual([]);
  });

  const pod = (name: string, more: object = {}): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'app',
          image: imageNames.http,
          imagePullPolicy: 'IfNotPresent',
          env: [{ name: 'PORT', value: '8080' }],
          ports: [{ name: 'http', containerPort: 8080 }],
        },
      ],
      ...more,
    },
  });
  const service = (name: string, spec: object): object => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });

  it('a Pod finds a Service, a Pod behind a headless one, and the world outside', async () => {
    await node.drop('web.yaml', pod('web', { hostname: 'web-0', subdomain: 'backends' }));
    await node.drop(
      'services.yaml',
      service('shop', { clusterIP: ADDRESS, selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] }),
    );
    await node.drop(
      'headless.yaml',
      service('backends', { clusterIP: 'None', selector: { app: 'web' }, ports: [{ name: 'http', port: 8080 }] }),
    );
    await node.drop('outside.yaml', service('outside', { type: 'ExternalName', externalName: 'outside.example' }));
    await node.pod('web', isRunning);
    expect(await node.exec('web', 'cat /etc/resolv.conf')).toBe(
      `search default.svc.cluster.local svc.cluster.local cluster.local lan.example\nnameserver ${DNS}\noptions ndots:5\n`,
    );
    const resolved = async (name: string): Promise<string> => node.exec('web', `nslookup ${name} 2>&1 || true`);
    const finds = async (name: string, address: string): Promise<void> => {
      await waitFor(async () => (await resolved(name)).includes(address), { what: `${name} to be ${address}`, timeoutMs: 60_000 });
    };
    await finds('shop.default.svc.cluster.local', ADDRESS);
    const podIp = (await node.pod('web', isRunning)).status?.podIP ?? 'none';
    await finds('backends.default.svc.cluster.local', podIp);
    await finds('web-0.backends.default.svc.cluster.local', podIp);
    await finds('outside.example', '192.0.2.33');
    await finds('outside.default.svc.cluster.local', '192.0.2.33');
    expect(await resolved('nobody.default.svc.cluster.local')).toMatch(/NXDOMAIN|can't resolve/);
    // By its short name, as programs call it.
    expect(await node.exec('web', 'wget -q -O /dev/null http://shop && echo reached')).toBe('reached\n');
  });

  it('a Pod with a policy of its own asks whom it says', async () => {
    await node.drop('own.yaml', pod('own', { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.1'] } }));
    await node.drop('node.yaml', pod('default', { dnsPolicy: 'Default' }));
    await node.pod('own', isRunning);
    await node.pod('default', isRunning);
    expect(await node.exec('own', 'cat /etc/resolv.conf')).toBe('nameserver 192.0.2.1\n');
    expect(await node.exec('default', 'cat /etc/resolv.conf')).toContain(`nameserver ${UPSTREAM}`);
  });

  it('the address comes back with a kubelet that was killed, and names with it', async () => {
    await node.restartKubelet('SIGKILL');
    await waitFor(async () => (await node.exec('web', 'nslookup shop.default.svc.cluster.local 2>&1 || true')).includes(ADDRESS), {
      what: 'an answer',
      timeoutMs: 60_000,
    });
    expect(hasAddress()).toBe(true);
  });
});
