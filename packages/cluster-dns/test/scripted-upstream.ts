import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import dnsPacket, { type Answer, type DecodedPacket } from 'dns-packet';

export interface ScriptedUpstream extends AsyncDisposable {
  readonly port: number;
  /** Names it was asked for, probes of its health left out. */
  readonly asked: string[];
  /** What it says from now on; undefined: nothing. */
  answer: (query: DecodedPacket, transport: 'udp' | 'tcp') => { answers?: Answer[]; authorities?: Answer[]; flags?: number } | undefined;
}

/** A DNS server on 127.0.0.1 that answers as a test says, by UDP and TCP. */
export const scriptedUpstream = async (answer: ScriptedUpstream['answer']): Promise<ScriptedUpstream> => {
  const socket = createSocket('udp4');
  const reply = (message: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined => {
    const query = dnsPacket.decode(message);
    const name = query.questions?.[0]?.name ?? '';
    if (name !== '.' && query.questions?.[0]?.type !== 'HINFO') upstream.asked.push(name);
    const said = upstream.answer(query, transport);
    if (said === undefined) return undefined;
    return dnsPacket.encode({ type: 'response', id: query.id ?? 0, questions: query.questions ?? [], flags: 0, ...said });
  };
  const server = createServer((connection) => {
    connection.on('error', () => {});
    connection.on('data', (data) => {
      const said = reply(data.subarray(2), 'tcp');
      if (said !== undefined) connection.end(Buffer.concat([Uint8Array.of(said.length >> 8, said.length & 0xff), said]));
    });
  });
  socket.on('message', (message, { port, address }) => {
    const said = reply(message, 'udp');
    if (said !== undefined) socket.send(said, port, address);
  });
  const port = await bindBoth(server, socket);
  const upstream: ScriptedUpstream = {
    port,
    asked: [],
    answer,
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return upstream;
};

const TRIES = 20;

/** The same port for TCP and UDP: one that is free for the first may be somebody's for the other. */
const bindBoth = async (server: Server, socket: Socket): Promise<number> => {
  for (let tries = 1; ; tries += 1) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      socket.bind(port, '127.0.0.1');
      await once(socket, 'listening');
      return port;
    } catch (error) {
      server.close();
      await once(server, 'close');
      if (tries === TRIES) throw error;
    }
  }
};
