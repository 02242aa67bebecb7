import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { generate, type Packet, parser } from 'mqtt-packet';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseEventSink } from '../src/event-sinks/core/parse-event-sink.js';
import { journaldSink } from '../src/event-sinks/journald-sink.js';
import { openSink } from '../src/event-sinks/open-sink.js';
import { RefusedBySink, RetryLater } from '../src/event-sinks/sink-port.js';

let root: string;
const stops: (() => void)[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sinks-'));
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) stop();
  await rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
});

const sinkOf = (text: string) => {
  const sink = parseEventSink(text);
  if ('error' in sink) throw new Error(sink.error);
  const port = openSink(sink, { nodeName: 'n' });
  stops.push(() => port.close());
  return (events: readonly string[], limitMs = 20_000) => port.deliver(events, { signal: AbortSignal.timeout(limitMs) });
};
const event = (id: number, more = ''): string => JSON.stringify({ kind: 'Event', id, more });

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** An answer that never ends. */
const endlessly: RequestListener = (_request, response) => {
  response.writeHead(200);
  const more = (): void => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
};

describe('a webhook', () => {
  it('gets an EventList, with the headers and the authorization that are for it', async () => {
    const got: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders; readonly body: unknown }[] = [];
    const host = await serve((request, response) => {
      let text = '';
      request.on('data', (part) => {
        text += part;
      });
      request.on('end', () => {
        got.push({ url: request.url, headers: request.headers, body: JSON.parse(text) });
        response.writeHead(204).end();
      });
    });
    await writeFile(join(root, 'headers'), '# of this box\nX-Box: berlin\n');
    await sinkOf(`http://joe:s3cret@${host}/in?token=t#headersFile=${join(root, 'headers')}`)([event(1), event(2, 'ü\u2028')]);
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({
      url: '/in?token=t',
      headers: {
        'content-type': 'application/json',
        'x-box': 'berlin',
        authorization: `Basic ${Buffer.from('joe:s3cret').toString('base64')}`,
      },
      body: { kind: 'EventList', apiVersion: 'v1', items: [{ id: 1 }, { id: 2, more: 'ü\u2028' }] },
    });
  });

  it.each([
    [400, true],
    [401, false],
    [413, true],
    [429, false],
    [500, false],
  ])('that answers %i: given up for good %s', async (status, final) => {
    const host = await serve((_request, response) => response.writeHead(status).end('no'));
    const failure: unknown = await sinkOf(`http://${host}/`)([event(1)]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: `it answered ${status}` });
    expect(failure instanceof RefusedBySink).toBe(final);
  });

  it('leads nobody to another server', async () => {
    let asked = 0;
    const other = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    const host = await serve((_request, response) => response.writeHead(307, { location: `http://${other}/` }).end());
    await expect(sinkOf(`http://joe:s3cret@${host}/`)([event(1)])).rejects.toThrow('it answered 307; redirects are not followed');
    expect(asked).toBe(0);
  });

  it('that never answers, or answers without end, holds nothing up', async () => {
    const silent = await serve(() => {});
    await expect(sinkOf(`http://${silent}/`)([event(1)], 300)).rejects.toThrow();
    const endless = await serve(endlessly);
    const startMs = performance.now();
    await sinkOf(`http://${endless}/`)([event(1)]);
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });

  it('gets nothing where its headers can not be read, and the error holds none of them', async () => {
    let asked = 0;
    const host = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    await writeFile(join(root, 'headers'), 's3cret without a colon\n');
    const failure: unknown = await sinkOf(`http://${host}/#headersFile=${join(root, 'headers')}`)([event(1)]).catch(
      (error: unknown) => error,
    );
    expect(String(failure)).toContain('headers:1: want Name: value');
    expect(String(failure)).not.toContain('s3cret');
    expect(asked).toBe(0);
  });
});

describe('a file', () => {
  const path = (): string => join(root, 'events.jsonl');

  it('gets a line for each event, of nobody else to read, and is rotated', async () => {
    const deliver = sinkOf(`file://${path()}#maxSize=64Ki&maxFiles=3`);
    for (let each = 0; each < 40; each += 1) await deliver([event(each, 'x'.repeat(10_000))]);
    expect((await readdir(root)).sort()).toEqual(['events.jsonl', 'events.jsonl.1', 'events.jsonl.2']);
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    const texts = await Promise.all(['.2', '.1', ''].map((suffix) => readFile(path() + suffix, 'utf8')));
    for (const text of texts) expect(text.length).toBeLessThan(64 * 1024 + 10_100);
    const ids = texts.flatMap((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly id: number }).id),
    );
    expect(ids).toEqual(Array.from(ids, (_, at) => 40 - ids.length + at));
    expect(ids.length).toBeGreaterThan(14);
  });

  it('begins a new line behind one that was cut off', async () => {
    await writeFile(path(), `${event(1)}\n{"kind":"Ev`);
    await sinkOf(`file://${path()}`)([event(2)]);
    expect((await readFile(path(), 'utf8')).split('\n')).toEqual([event(1), '{"kind":"Ev', event(2), '']);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['a link', async () => symlink(join(root, 'target'), path()), /ELOOP/],
    ['a named pipe', async () => execFileSync('mkfifo', [path()]), /a named pipe, not a regular file/],
    ['a directory', async () => mkdir(path()), /EISDIR|a directory/],
  ])('is not written through %s', async (_what, make, message) => {
    await make();
    await writeFile(join(root, 'target'), 'mine');
    await expect(sinkOf(`file://${path()}`)([event(1)], 2_000)).rejects.toThrow(message);
    expect(await readFile(join(root, 'target'), 'utf8')).toBe('mine');
  });

  it('on a device that is full takes nothing, and says so', async () => {
    await expect(sinkOf('file:///dev/full')([event(1)])).rejects.toThrow('/dev/full is a device, not a regular file');
  });
});

const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find((file) => existsSync(file));
if (MOSQUITTO === undefined)
  console.log('mosquitto is not installed (apt-get install mosquitto): the tests against a real broker are skipped');

describe.skipIf(MOSQUITTO === undefined)('a topic of mosquitto', () => {
  let home: string;
  let broker: ChildProcess;
  const ports = { open: 0, secret: 0, tls: 0 };
  const canConnect = (port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'mosquitto-'));
    for (const name of ['open', 'secret', 'tls'] as const) {
      const server = createTcpServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      ports[name] = (server.address() as AddressInfo).port;
      await new Promise((resolve) => server.close(resolve));
    }
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const [key, cert, passwords] = [join(home, 'key.pem'), join(home, 'cert.pem'), join(home, 'passwords')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...names], {
      stdio: 'ignore',
    });
    await writeFile(passwords, '');
    execFileSync('mosquitto_passwd', ['-b', passwords, 'joe', 'hunter2'], { stdio: 'ignore' });
    const config = [
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
    ];
    await writeFile(join(home, 'mosquitto.conf'), config.join('\n'));
    broker = spawn(MOSQUITTO ?? '', ['-c', join(home, 'mosquitto.conf')], { stdio: 'ignore' });
    for (const port of Object.values(ports)) {
      while (!(await canConnect(port))) {
        if (broker.exitCode !== null) throw new Error(`mosquitto ended with ${broker.exitCode}`);
        await pause(20);
      }
    }
  }, 60_000);
  afterAll(async () => {
    broker?.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
  });

  /** What is published to a topic from now on. */
  const subscribe = async (topic: string): Promise<(count: number) => Promise<readonly string[]>> => {
    const got: string[] = [];
    const socket = connect(ports.open, '127.0.0.1');
    stops.push(() => socket.destroy());
    const packets = parser();
    let wake = (): void => {};
    const subscribed = new Promise<void>((resolve) => {
      packets.on('packet', (packet: Packet) => {
        if (packet.cmd === 'connack') socket.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 0 }] }));
        if (packet.cmd === 'suback') resolve();
        if (packet.cmd === 'publish') got.push(packet.payload.toString());
        wake();
      });
    });
    socket.on('data', (data) => packets.parse(data));
    socket.write(generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 0, clientId: 'test' }));
    await subscribed;
    return async (count) => {
      while (got.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return got;
    };
  };

  it.each([0, 1])('gets one message for each event, in order, with QoS %i', async (qos) => {
    const published = await subscribe('fleet/n/events');
    const events = Array.from({ length: 100 }, (_, at) => event(at, 'x'.repeat(1_000)));
    await sinkOf(`mqtt://127.0.0.1:${ports.open}/fleet/$(NODE_NAME)/events#qos=${qos}`)(events);
    expect(await published(100)).toEqual(events);
  });

  it('is published to with a password of a file, and with none that is wrong', async () => {
    await writeFile(join(root, 'password'), 'hunter2\n');
    await sinkOf(`mqtt://joe@127.0.0.1:${ports.secret}/t#passwordFile=${join(root, 'password')}`)([event(1)]);
    await sinkOf(`mqtt://joe:hunter2@127.0.0.1:${ports.secret}/t`)([event(1)]);
    const refused = 'the broker refused the connection: not authorized';
    await expect(sinkOf(`mqtt://joe:no@127.0.0.1:${ports.secret}/t`)([event(1)])).rejects.toThrow(refused);
    await expect(sinkOf(`mqtt://127.0.0.1:${ports.secret}/t`)([event(1)])).rejects.toThrow(refused);
  });

  it('is published to over TLS, where the broker is the one that was meant', async () => {
    const published = await subscribe('t');
    await expect(sinkOf(`mqtts://localhost:${ports.tls}/t`)([event(1)])).rejects.toThrow(/self.signed/);
    await sinkOf(`mqtts://localhost:${ports.tls}/t#caFile=${join(home, 'cert.pem')}`)([event(2)]);
    await sinkOf(`mqtts://127.0.0.1:${ports.tls}/t#caFile=${join(home, 'cert.pem')}`)([event(3)]);
    expect(await published(2)).toEqual([event(2), event(3)]);
  });
});

describe('a broker that is none', () => {
  const serve = async (onConnection: (socket: Socket) => void): Promise<number> => {
    const sockets = new Set<Socket>();
    const server = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      onConnection(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };

  it.each<[string, (socket: Socket) => void, RegExp]>([
    ['says nothing', () => {}, /did not answer in time/],
    ['hangs up', (socket) => socket.end(), /closed the connection/],
    ['speaks HTTP', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), /not MQTT|closed|in time/],
    [
      'announces 256 MiB and sends them',
      (socket) => {
        socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
        for (let part = 0; part < 64; part += 1) socket.write(Buffer.alloc(65_536));
      },
      /answers more than 65536 bytes/,
    ],
    ['sends a length without end', (socket) => socket.write(Buffer.from([0x20, 0xff, 0xff, 0xff, 0xff, 0xff])), /not MQTT/],
    [
      'acknowledges what it was not sent',
      (socket) => {
        socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }));
        socket.write(generate({ cmd: 'puback', messageId: 7 }));
      },
      /in time/,
    ],
    [
      'wants somebody else',
      (socket) => socket.write(generate({ cmd: 'connack', returnCode: 2, sessionPresent: false })),
      /client id not allowed/,
    ],
  ])('%s: fails in time', async (_what, onConnection, message) => {
    const port = await serve(onConnection);
    await expect(sinkOf(`mqtt://127.0.0.1:${port}/t`)([event(1)], 500)).rejects.toThrow(message);
  });
});

describe('a server of OpenTelemetry', () => {
  /** Takes what the protocol says, and nothing else. */
  const answering = (status: number, headers: Record<string, string> = {}, answer = '{}') => {
    const got: unknown[] = [];
    const listener: RequestListener = (request, response) => {
      let text = '';
      request.on('data', (part) => {
        text += part;
      });
      request.on('end', () => {
        const isRight = request.method === 'POST' && request.url === '/v1/logs' && request.headers['content-type'] === 'application/json';
        got.push(JSON.parse(text));
        response.writeHead(isRight ? status : 404, { 'content-type': 'application/json', ...headers }).end(answer);
      });
    };
    return { got, listener };
  };
  const refusedOf = async (url: string, events: readonly string[]) => {
    const sink = parseEventSink(url);
    if ('error' in sink) throw new Error(sink.error);
    const port = openSink(sink, { nodeName: 'n' });
    stops.push(() => port.close());
    const told: [number, string][] = [];
    await port.deliver(events, { signal: AbortSignal.timeout(20_000), refused: (...said) => told.push(said) });
    return told;
  };

  it('gets log records, and says which it does not want', async () => {
    const { got, listener } = answering(200, {}, '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}');
    const host = await serve(listener);
    expect(await refusedOf(`otlp+http://${host}/v1/logs`, [event(1), event(2)])).toEqual([[1, 'too old']]);
    expect(got).toMatchObject([{ resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 9 }, { severityNumber: 9 }] }] }] }]);
  });

  it.each([
    [400, true],
    [401, false],
    [429, false],
    [500, true],
    [503, false],
  ])('that answers %i: given up for good %s', async (status, final) => {
    const host = await serve(answering(status).listener);
    const failure: unknown = await refusedOf(`otlp+http://${host}/v1/logs`, [event(1)]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: `it answered ${status}` });
    expect(failure instanceof RefusedBySink).toBe(final);
  });

  it.each(['otlp+http', 'http'])('and a webhook (%s) say when to come again', async (scheme) => {
    const host = await serve(answering(503, { 'retry-after': '7' }).listener);
    const failure: unknown = await refusedOf(`${scheme}://${host}/v1/logs`, [event(1)]).catch((error: unknown) => error);
    expect(failure instanceof RetryLater && failure.afterMs).toBe(7_000);
  });

  it('that answers without end, or nothing that can be read, holds nothing up', async () => {
    const endless = await serve(endlessly);
    const startMs = performance.now();
    expect(await refusedOf(`otlp+http://${endless}/v1/logs`, [event(1)])).toEqual([]);
    expect(performance.now() - startMs).toBeLessThan(10_000);
    const slow = await serve((_request, response) => void response.writeHead(200).write('{'));
    await expect(sinkOf(`otlp+http://${slow}/v1/logs`)([event(1)], 300)).rejects.toThrow();
  });
});

describe('journald', () => {
  const program = async (body: string): Promise<string> => {
    const path = join(root, 'logger');
    await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return path;
  };
  const listen = async (): Promise<string> => {
    const path = join(root, 'socket');
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    stops.push(() => server.close());
    return path;
  };
  const deliver = (options: { readonly socketPath: string; readonly program: string }, limitMs = 20_000) =>
    journaldSink({ nodeName: 'n', ...options }).deliver([event(1), event(2)], { signal: AbortSignal.timeout(limitMs) });

  it('gets each event as an entry', async () => {
    await deliver({
      socketPath: await listen(),
      program: await program(`[ "$1" = --journald ] && cat >> ${root}/entries && echo . >> ${root}/entries`),
    });
    const entries = (await readFile(join(root, 'entries'), 'utf8')).split('.\n');
    expect(entries).toHaveLength(3);
    expect(entries[0]).toMatch(/^MESSAGE= : : \nMESSAGE_ID=[0-9a-f]{32}\nPRIORITY=6\nSYSLOG_IDENTIFIER=solo-kubelet\n/);
  });

  it('that is not there, is no socket, or is spoken to by a program that fails or hangs, is tried again', async () => {
    const works = await program('cat > /dev/null');
    await expect(deliver({ socketPath: join(root, 'none'), program: works })).rejects.toThrow(`journald does not listen at ${root}/none`);
    await expect(deliver({ socketPath: works, program: works })).rejects.toThrow('journald does not listen');
    const socketPath = await listen();
    await expect(deliver({ socketPath, program: join(root, 'gone') })).rejects.toThrow(/there is no program .*\(util-linux\)/);
    await expect(deliver({ socketPath, program: await program('echo full >&2; exit 1') })).rejects.toThrow('--journald failed: full');
    await expect(deliver({ socketPath, program: await program('exec sleep 100') }, 300)).rejects.toThrow();
  });
});
