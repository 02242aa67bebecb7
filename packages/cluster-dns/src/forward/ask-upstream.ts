import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { joinSignals, onAbort, timeoutSignal } from '@solo-kubelet/timers';
import dnsPacket from 'dns-packet';
import type { Upstream } from '../core/parse-resolv-conf.js';
import { HEADER_BYTES } from '../wire/read-query.js';
import { type Reply, readReply } from '../wire/read-reply.js';
import { OWN_UDP_BYTES } from '../wire/write-message.js';

/** What is asked of another server. */
export interface UpstreamQuestion {
  /** Name, type and class as on the wire. */
  readonly question: Uint8Array;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly dnssecOk: boolean;
}

export type AskUpstream = (
  upstream: Upstream,
  question: UpstreamQuestion,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
) => Promise<Reply>;

/**
 * Asks another server by UDP from a new port with a new id, and again by TCP where its answer was cut off. Datagrams that are no answer to this
 * very question are passed over, so that nobody can answer in its place by chance. Rejects when nothing comes in time, or the server cannot be reached.
 */
export const askUpstream: AskUpstream = async (upstream, question, { signal, timeoutMs }) => {
  using limit = joinSignals([signal, timeoutSignal(timeoutMs)]);
  const reply = await askByUdp(upstream, question, limit.signal);
  return reply.truncated ? askByTcp(upstream, question, limit.signal) : reply;
};

const askByUdp = (upstream: Upstream, asked: UpstreamQuestion, signal: AbortSignal): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const id = randomInt(65_536);
    const socket = createSocket(isIPv6(bareAddress(upstream)) ? 'udp6' : 'udp4');
    const end = (finish: () => void): void => {
      release();
      socket.removeAllListeners('message');
      socket.close();
      finish();
    };
    let ended = false;
    const once = (finish: () => void): void => {
      if (ended) return;
      ended = true;
      end(finish);
    };
    let release = (): void => {};
    socket.on('error', (error) => once(() => reject(error)));
    socket.on('message', (message) => {
      const reply = readReply(message, { id, question: asked.question });
      if (reply !== undefined) once(() => resolve(reply));
    });
    // A connected socket takes datagrams of that server alone, and hears at once that nobody listens. Where no route leads there Node.js
    // calls back with the error, which its types do not tell of, and emits none.
    socket.connect(upstream.port, upstream.address, (error?: Error | null) => {
      if (error) return once(() => reject(error));
      if (ended) return;
      socket.send(queryBytes(id, asked), (error) => {
        if (error) once(() => reject(error));
      });
    });
    release = onAbort(signal, () => once(() => reject(timedOut(upstream))));
  });

const askByTcp = (upstream: Upstream, asked: UpstreamQuestion, signal: AbortSignal): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const id = randomInt(65_536);
    const socket = connect({ host: upstream.address, port: upstream.port });
    const release = onAbort(signal, () => socket.destroy(timedOut(upstream)));
    let received = Buffer.alloc(0);
    socket.on('connect', () => {
      const query = queryBytes(id, asked);
      socket.write(Buffer.concat([lengthPrefix(query), query]));
    });
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      const length = received.length < 2 ? undefined : received.readUInt16BE(0);
      if (length === undefined || received.length < length + 2) return;
      const reply = readReply(received.subarray(2, length + 2), { id, question: asked.question });
      if (reply === undefined) socket.destroy(new Error(`${upstream.address} sent something else than an answer`));
      else {
        resolve(reply);
        socket.destroy();
      }
    });
    socket.on('error', reject);
    socket.on('close', () => {
      release();
      reject(new Error(`${upstream.address} closed the connection`));
    });
  });

/** The length that goes before a message by TCP. */
export const lengthPrefix = (message: Uint8Array): Uint8Array => Uint8Array.of(message.length >> 8, message.length & 0xff);

const bareAddress = ({ address }: Upstream): string => address.split('%')[0] ?? '';

const timedOut = ({ address }: Upstream): Error => new Error(`${address} did not answer in time`);

const queryBytes = (id: number, { question, recursionDesired, checkingDisabled, dnssecOk }: UpstreamQuestion): Buffer => {
  const flags = (recursionDesired ? dnsPacket.RECURSION_DESIRED : 0) | (checkingDisabled ? dnsPacket.CHECKING_DISABLED : 0);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(1, 10);
  const opt = Buffer.from([0, 0, 41, OWN_UDP_BYTES >> 8, OWN_UDP_BYTES & 0xff, 0, 0, dnssecOk ? 0x80 : 0, 0, 0, 0]);
  return Buffer.concat([header, question, opt]);
};

/** A question as on the wire. */
export const questionBytes = (name: string, type: 'NS' | 'HINFO'): Uint8Array =>
  dnsPacket.encode({ questions: [{ name, type }] }).subarray(HEADER_BYTES);
