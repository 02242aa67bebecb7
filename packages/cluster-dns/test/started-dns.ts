import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import dnsPacket, { type DecodedPacket, type Packet } from 'dns-packet';
import { of } from 'rxjs';
import { type ClusterDnsOptions, type ClusterDnsReport, type DnsRecord, runClusterDns } from '../src/index.js';

/** Of questions that are asked in the tests' own words. */
const OWN_ID = 31_337;

export interface StartedDns extends Disposable {
  readonly port: number;
  readonly reports: readonly ClusterDnsReport[];
  /** One question by UDP. */
  ask(packet: Packet): Promise<DecodedPacket>;
  /** Bytes by UDP; undefined: no answer came within `waitMs`. */
  send(message: Uint8Array, waitMs?: number): Promise<Buffer | undefined>;
  /** One question by TCP. */
  askByTcp(packet: Packet): Promise<DecodedPacket>;
}

/** The server on any port of 127.0.0.1. */
export const startDns = async (
  records: Readonly<Record<string, readonly DnsRecord[]>>,
  options: Partial<ClusterDnsOptions> = {},
): Promise<StartedDns> => {
  const reports: ClusterDnsReport[] = [];
  let opened = (_: number): void => {};
  const listening = new Promise<number>((resolve) => {
    opened = resolve;
  });
  const running = runClusterDns({
    records$: of(new Map(Object.entries(records))),
    listen: [{ address: '127.0.0.1', port: 0 }],
    ...options,
  }).subscribe((report) => {
    reports.push(report);
    if (report.type === 'listening') opened(report.port);
  });
  const port = await listening;
  const send: StartedDns['send'] = (message, waitMs = 15_000) =>
    new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      const timer = setTimeout(() => {
        socket.close();
        resolve(undefined);
      }, waitMs);
      socket.on('error', reject);
      socket.on('message', (answer) => {
        // A late answer to whoever had this port before is not ours.
        if (message.length >= 2 && (answer[0] !== message[0] || answer[1] !== message[1])) return;
        clearTimeout(timer);
        socket.close();
        resolve(answer);
      });
      socket.send(message, port, '127.0.0.1');
    });
  return {
    port,
    reports,
    send,
    ask: async (packet) => {
      const answer = await send(dnsPacket.encode({ type: 'query', id: OWN_ID, flags: dnsPacket.RECURSION_DESIRED, ...packet }));
      if (answer === undefined) throw new Error('no answer');
      return dnsPacket.decode(answer);
    },
    askByTcp: (packet) =>
      new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port });
        let received = Buffer.alloc(0);
        socket.on('connect', () => socket.write(dnsPacket.streamEncode({ type: 'query', flags: dnsPacket.RECURSION_DESIRED, ...packet })));
        socket.on('error', reject);
        socket.on('data', (data) => {
          received = Buffer.concat([received, data]);
          if (received.length < 2 || received.length < received.readUInt16BE(0) + 2) return;
          resolve(dnsPacket.decode(received.subarray(2)));
          socket.destroy();
        });
      }),
    [Symbol.dispose]: () => running.unsubscribe(),
  };
};
