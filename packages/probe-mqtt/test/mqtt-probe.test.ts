import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PluginTarget } from '@solo-kubelet/probe-engine/plugin';
import { generate } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMqttProbe, mqttProbe, readMqttAction } from '../src/index.js';

const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find((path) => existsSync(path));
if (MOSQUITTO === undefined)
  console.log('mosquitto is not installed (apt-get install mosquitto): the tests against a real broker are skipped');

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

const probe = (action: Readonly<Record<string, unknown>>, timeoutMs = 2_000, plugin = createMqttProbe({ filesDirectory: root })) => {
  const target: PluginTarget = {
    pod: 'default/broker',
    podUid: 'u',
    containerName: 'mqtt',
    containerId: 'c',
    kind: 'readiness',
    podIp: '127.0.0.1',
    host: '127.0.0.1',
    ports: [{ name: 'mqtt', containerPort: ports.open }],
    timeoutMs,
  };
  return plugin.probe(plugin.validate(action), target, { signal: AbortSignal.timeout(timeoutMs) });
};

let root: string;
let broker: ChildProcess | undefined;
const ports = { open: 0, secret: 0, tls: 0 };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mosquitto-'));
  if (MOSQUITTO === undefined) return;
  for (const name of ['open', 'secret', 'tls'] as const) ports[name] = await freePort();
  const [key, cert, passwords, config] = ['key.pem', 'cert.pem', 'passwords', 'mosquitto.conf'].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...names], {
    stdio: 'ignore',
  });
  await writeFile(passwords, '');
  execFileSync('mosquitto_passwd', ['-b', passwords, 'joe', 'hunter2'], { stdio: 'ignore' });
  await writeFile(
    config,
    [
      'per_listener_settings true',
      'persistence false',
      'user root',
      `listener ${ports.open} 127.0.0.1`,
      'allow_anonymous true',
      `listener ${ports.secret} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${passwords}`,
      `listener ${ports.tls} 127.0.0.1`,
      'allow_anonymous true',
      `certfile ${cert}`,
      `keyfile ${key}`,
      '',
    ].join('\n'),
  );
  broker = spawn(MOSQUITTO, ['-c', config], { stdio: 'ignore' });
  for (const port of Object.values(ports)) {
    while (!(await canConnect(port))) {
      if (broker.exitCode !== null) throw new Error(`mosquitto ended with ${broker.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  await publishRetained('state/ready', 'yes');
}, 30_000);
afterAll(async () => {
  if (broker !== undefined && broker.exitCode === null) {
    const ended = new Promise((resolve) => broker?.once('exit', resolve));
    broker.kill();
    await ended;
  }
  await rm(root, { recursive: true, force: true });
});

/** Leaves a message on a topic and waits until the broker has it. */
const publishRetained = (topic: string, payload: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(ports.open, '127.0.0.1', () => {
      socket.write(generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 10, clientId: 'publisher' }));
      socket.write(generate({ cmd: 'publish', topic, payload, qos: 1, messageId: 1, retain: true, dup: false }));
    });
    // CONNACK has 4 bytes, PUBACK another 4.
    let received = 0;
    socket.on('data', (data) => {
      received += data.length;
      if (received >= 8) socket.end(resolve);
    });
    socket.on('error', reject);
  });

describe.skipIf(MOSQUITTO === undefined)('the mqtt probe on a real broker', () => {
  it.each([4, 5])('connects with protocol version %i, by number and by name of the port', async (protocolVersion) => {
    expect(await probe({ port: ports.open, protocolVersion })).toEqual({ result: 'success', output: '' });
    expect(await probe({ port: 'mqtt', protocolVersion })).toEqual({ result: 'success', output: '' });
  });

  it('waits for a retained message and compares it', async () => {
    expect(await probe({ port: ports.open, topic: 'state/ready' })).toEqual({ result: 'success', output: 'state/ready: yes' });
    expect(await probe({ port: ports.open, topic: 'state/+', payload: 'yes', protocolVersion: 5 })).toMatchObject({ result: 'success' });
    expect(await probe({ port: ports.open, topic: 'state/ready', payload: 'no' })).toEqual({
      result: 'failure',
      output: 'state/ready holds "yes", not "no"',
    });
  });

  it('fails when nothing is retained on the topic in time', async () => {
    expect(await probe({ port: ports.open, topic: 'nothing' }, 3_000)).toEqual({
      result: 'failure',
      output: 'timed out waiting for a retained message on nothing',
    });
  });

  it.each([4, 5])('needs the right password (version %i)', async (protocolVersion) => {
    const file = join(root, 'password.txt');
    await writeFile(file, 'hunter2\n');
    const base = { port: ports.secret, protocolVersion };
    expect(await probe({ ...base, username: 'joe', password: 'hunter2' })).toMatchObject({ result: 'success' });
    for (const passwordFile of [file, 'password.txt'])
      expect(await probe({ ...base, username: 'joe', passwordFile })).toMatchObject({ result: 'success' });
    expect(await probe({ ...base, username: 'joe', password: 'wrong' })).toEqual({
      result: 'failure',
      output: 'the broker refused the connection: not authorized',
    });
    expect(await probe(base)).toMatchObject({ result: 'failure' });
  });

  it('speaks TLS, and verifies the broker when it is told whom to trust', async () => {
    const caFile = join(root, 'cert.pem');
    expect(await probe({ port: ports.tls, tls: true })).toEqual({ result: 'success', output: '' });
    expect(await probe({ port: ports.tls, tls: { caFile } })).toEqual({ result: 'success', output: '' });
    expect(await probe({ port: ports.tls, tls: { caFile, servername: 'other.example' } })).toMatchObject({ result: 'failure' });
  });

  it('fails without TLS on a port that wants it', async () => {
    expect(await probe({ port: ports.tls })).toMatchObject({ result: 'failure' });
  });
});

describe('the mqtt probe', () => {
  it('fails on a server that speaks something else, or nothing', async () => {
    const server = createServer((socket) => socket.on('data', () => socket.end('SSH-2.0\r\n')));
    const silent = createServer(() => {});
    for (const one of [server, silent]) await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    expect(await probe({ port: (server.address() as AddressInfo).port })).toMatchObject({ result: 'failure' });
    expect(await probe({ port: (silent.address() as AddressInfo).port }, 50)).toEqual({
      result: 'failure',
      output: 'timed out waiting for the answer to CONNECT',
    });
    for (const one of [server, silent]) one.close();
  });

  it('fails when nobody listens', async () => {
    expect(await probe({ port: await freePort() })).toMatchObject({ result: 'failure', output: expect.stringContaining('ECONNREFUSED') });
  });

  it.each([
    ['text', 'mqtt must be an object'],
    [{ prot: 1 }, 'mqtt has no field prot; it has port, host'],
    [{ port: 0 }, 'mqtt.port must be a port number or the name of a port'],
    [{ protocolVersion: 3 }, 'mqtt.protocolVersion must be 4 (MQTT 3.1.1) or 5'],
    [{ topic: '' }, 'mqtt.topic must not be empty'],
    [{ payload: 'x' }, 'mqtt.payload needs mqtt.topic'],
    [{ password: 'x' }, 'a password needs mqtt.username'],
    [{ username: 'a', password: 'x', passwordFile: '/x' }, 'exclude each other'],
    [{ tls: { ca: 'x' } }, 'mqtt.tls has no field ca'],
    [{ host: 5 }, 'mqtt.host must be a text'],
  ])('refuses %j', (action, message) => {
    expect(() => readMqttAction(action)).toThrow(message);
  });

  it('has the usual ports', () => {
    expect([readMqttAction({}).port, readMqttAction({ tls: true }).port]).toEqual([1_883, 8_883]);
  });
});

describe('files that a probe names', () => {
  it.each(['/etc/hostname', '../secret', 'link', 'sub', 'fifo', 'missing', '/proc/self/environ'])(
    'are none but those of the administrator (%s)',
    async (passwordFile) => {
      const base = await mkdtemp(join(tmpdir(), 'probe-files-'));
      const seen: Buffer[] = [];
      const server = createServer((socket) => socket.on('data', (bytes) => seen.push(bytes)).on('error', () => {}));
      try {
        const directory = join(base, 'probes');
        await mkdir(join(directory, 'sub'), { recursive: true });
        await writeFile(join(base, 'secret'), 'of root alone');
        await symlink('../secret', join(directory, 'link'));
        execFileSync('mkfifo', [join(directory, 'fifo')]);
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as AddressInfo;
        const plugin = createMqttProbe({ filesDirectory: directory });
        await expect(probe({ port, username: 'joe', passwordFile }, 15_000, plugin)).rejects.toThrow(`cannot read ${passwordFile}: `);
        expect(seen).toEqual([]);
      } finally {
        server.close();
        await rm(base, { recursive: true, force: true });
      }
    },
  );

  it('are not read from anywhere by default either', async () => {
    await expect(probe({ port: 1, tls: { caFile: '/etc/hostname' } }, 15_000, mqttProbe)).rejects.toThrow('/etc/solo-kubelet/probes');
  });
});
