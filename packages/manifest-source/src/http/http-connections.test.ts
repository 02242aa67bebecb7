import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { letGo, openResponse, requestBytes } from '../request-bytes.js';
import { type HttpConnections, type HttpRequest, httpConnections } from './http-connections.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const opened = (options: Parameters<typeof httpConnections>[0] = {}): HttpConnections => {
  const connections = httpConnections(options);
  ends.push(() => connections.close());
  return connections;
};

const urlOf = async (server: Server): Promise<URL> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b=c`);
};
const served = (listener: RequestListener): Promise<URL> => urlOf(createHttpServer(listener));

/** A server by its bytes; `answer` is called with each piece of a request. */
const spoken = async (answer: (socket: Socket, seen: number) => void) => {
  const sockets: Socket[] = [];
  const url = await urlOf(
    createServer((socket) => {
      const seen = sockets.push(socket);
      socket.on('error', () => {});
      socket.on('data', () => answer(socket, seen));
    }),
  );
  ends.push(() => sockets.forEach((socket) => void socket.destroy()));
  return { url, sockets };
};

const get = (url: URL, more: Partial<HttpRequest> = {}): HttpRequest => ({
  url,
  method: 'GET',
  headers: [],
  signal: new AbortController().signal,
  ...more,
});

describe('a request', () => {
  it('says little of itself, and what it is told to', async () => {
    const url = await served((request, response) => response.end(JSON.stringify([request.method, request.url, request.headers])));
    const connections = opened();
    const said = async (request: Partial<HttpRequest>) => JSON.parse(await text((await connections.send(get(url, request))).body));
    const own = { host: url.host, accept: '*/*', 'accept-encoding': 'gzip, br', 'user-agent': 'solo-kubelet', connection: 'keep-alive' };
    expect(await said({})).toEqual(['GET', '/a?b=c', own]);
    const headers = [
      ['Accept', 'text/a'],
      ['accept', 'text/b'],
      ['Cookie', 'a=1'],
      ['cookie', 'b=2'],
      ['Authorization', 'Basic old'],
      ['authorization', 'Bearer new'],
      ['User-Agent', 'mine'],
    ] as const;
    expect(await said({ headers, method: 'PUT', body: '{}' })).toEqual([
      'PUT',
      '/a?b=c',
      {
        ...own,
        accept: 'text/a, text/b',
        cookie: 'a=1; b=2',
        authorization: 'Bearer new',
        'user-agent': 'mine',
        'content-type': 'application/json',
        'content-length': '2',
      },
    ]);
  });

  it('leaves the connection’s own headers alone, and never tells what a header has', async () => {
    const url = await served((_request, response) => response.end());
    const connections = opened();
    await expect(connections.send(get(url, { headers: [['Transfer-Encoding', 'chunked']] }))).rejects.toThrow(
      'the header Transfer-Encoding is set by the connection, and cannot be given',
    );
    const secret = connections.send(get(url, { headers: [['Authorization', 'Bearer s€cret']] }));
    await expect(secret).rejects.toThrow(/authorization/);
    await expect(secret).rejects.not.toThrow(/s€cret/);
  });

  it('takes turns with others to the same server, and its connection is kept for a moment', async () => {
    const ports = new Set<number | undefined>();
    let [now, most] = [0, 0];
    const url = await served((request, response) => {
      ports.add(request.socket.remotePort);
      now += 1;
      most = Math.max(most, now);
      setImmediate(() => {
        now -= 1;
        response.end('x');
      });
    });
    const connections = opened();
    const asked = async () => text((await connections.send(get(url))).body);
    expect(await Promise.all([asked(), asked(), asked()])).toEqual(['x', 'x', 'x']);
    expect([most, ports.size]).toEqual([1, 1]);
  });

  it('leaves no connection open a while after its answer', async () => {
    const { url, sockets } = await spoken((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx'));
    expect(await text((await opened().send(get(url))).body)).toBe('x');
    const [socket] = sockets as [Socket];
    expect(socket.readableEnded).toBe(false);
    await once(socket, 'close');
  });

  it('is sent anew where a kept connection was just closed, unless it may do something twice', async () => {
    let asked = 0;
    const { url, sockets } = await spoken((socket) => {
      asked += 1;
      // Every second request on a connection finds it closed.
      if (asked % 2 === 0) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
    });
    const connections = opened();
    expect(await text((await connections.send(get(url))).body)).toBe('x');
    expect(await text((await connections.send(get(url))).body)).toBe('x');
    expect([asked, sockets.length]).toEqual([3, 2]);
    await expect(connections.send(get(url, { method: 'POST', body: '{}' }))).rejects.toThrow(/ECONNRESET|hang up/);
    expect(asked).toBe(4);
  });

  it('ends with the reason of its signal: before, while nothing comes, in the queue and in the body', async () => {
    const { url } = await spoken((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'));
    const { url: silent } = await spoken(() => {});
    const connections = opened();
    const reason = new Error('enough');
    await expect(connections.send(get(url, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = [1, 2].map(() => connections.send(get(silent, { signal: controller.signal })).catch((error: unknown) => error));
    const answer = await connections.send(get(url, { signal: controller.signal }));
    const body = text(answer.body).catch((error: unknown) => error);
    controller.abort(reason);
    expect(await Promise.all([...waiting, body])).toEqual([reason, reason, reason]);
  });

  it('ends where its connections are closed, in the queue as well', async () => {
    const { url } = await spoken(() => {});
    const connections = opened();
    const waiting = [1, 2].map(() => connections.send(get(url)).then(String, () => 'ended'));
    connections.close();
    expect(await Promise.all(waiting)).toEqual(['ended', 'ended']);
  });

  it('waits for the one answer that counts, and not behind too many before it', async () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
    const { url } = await spoken((socket, seen) => void socket.write(`${interim.repeat(seen === 1 ? 20 : 21)}HTTP/1.1 204 OK\r\n\r\n`));
    const answer = await opened().send(get(url));
    expect(answer.status).toBe(204);
    await expect(opened().send(get(url))).rejects.toThrow('it gives more than 20 interim answers');
  });

  it('takes no other protocol', async () => {
    const { url } = await spoken(
      (socket) => void socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n'),
    );
    await expect(opened().send(get(url))).rejects.toThrow('it answered with another protocol');
  });

  it('says which certificates can’t be used before it asks anybody', async () => {
    expect(() => opened({ ca: 'nonsense' }).readCertificates()).toThrow();
    expect(() => opened({ cert: 'nonsense', key: 'nonsense' }).readCertificates()).toThrow();
    expect(() => opened({ ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }).readCertificates()).toThrow();
  });
});

describe('a body', () => {
  const plain = 'x'.repeat(10_000);
  it.each([
    ['gzip', gzipSync(plain), plain],
    ['X-GZIP', gzipSync(plain), plain],
    ['br', brotliCompressSync(plain), plain],
    ['deflate', deflateSync(plain), plain],
    ['gzip, br', brotliCompressSync(gzipSync(plain)), plain],
    ['identity', Buffer.from(plain), plain],
    ['aws-chunked', Buffer.from(plain), plain],
  ])('that was packed by %s is unpacked', async (coding, bytes, expected) => {
    const url = await served((_request, response) => response.setHeader('Content-Encoding', coding).end(bytes));
    expect(await text((await opened().send(get(url))).body)).toBe(expected);
  });

  it('that was packed more often than anybody would, or breaks off while it is unpacked, is none', async () => {
    const packed = gzipSync(plain);
    const often = await served((_request, response) => response.setHeader('Content-Encoding', 'gzip,'.repeat(6)).end(packed));
    await expect(opened().send(get(often))).rejects.toThrow('compressed more than 5 times over');
    const half = await served((_request, response) => response.setHeader('Content-Encoding', 'gzip').end(packed.subarray(0, 30)));
    await expect(text((await opened().send(get(half))).body)).rejects.toThrow('unexpected end of file');
    const request = { headers: [], timeoutMs: 5_000, maxBytes: 1 << 20, connections: opened(), signal: new AbortController().signal };
    const broken = await served((_request, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('1234', () => response.destroy());
    });
    expect(await requestBytes({ ...request, url: broken.href })).toEqual({
      type: 'failed',
      why: 'unreachable',
      message: 'the connection ended before the answer did',
    });
  });

  it('that nobody wants frees its connection: kept where all of it is here, else closed', async () => {
    const ports: (number | undefined)[] = [];
    const url = await served((request, response) => {
      ports.push(request.socket.remotePort);
      if (request.url === '/long') response.writeHead(200).write('x');
      else response.writeHead(404, { 'content-length': 2 }).end('no');
    });
    const connections = opened();
    for (const path of ['/a', '/b', '/long', '/c']) {
      const answer = await openResponse({
        url: new URL(path, url).href,
        headers: [],
        connections,
        signal: new AbortController().signal,
      });
      if (answer.type === 'opened') letGo(answer);
    }
    expect(ports[1]).toBe(ports[0]);
    expect(ports[2]).toBe(ports[0]);
    expect(ports[3]).not.toBe(ports[0]);
  });
});

it('a redirect with credentials of the server’s choice is not followed', async () => {
  const url = await served((_request, response) => response.writeHead(302, { location: 'http://root:secret@127.0.0.1:1/' }).end());
  const answer = await openResponse({ url: url.href, headers: [], connections: opened(), signal: new AbortController().signal });
  expect(answer).toEqual({
    type: 'failed',
    why: 'redirect',
    message: expect.stringMatching(/^was redirected to http:\/\/\S*127\.0\.0\.1:1\/ with credentials of the server's choice$/),
  });
  expect(JSON.stringify(answer)).not.toContain('secret');
});
