import { randomUUID } from 'node:crypto';
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { longTimeout, onAbort } from '@solo-kubelet/timers';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import type { EventSink } from './core/parse-event-sink.js';
import type { SinkPort } from './sink-port.js';

type MqttSink = EventSink & { readonly type: 'mqtt' };

const MAX_FILE_BYTES = 1024 * 1024;
/** A broker that answers more than this to what it was told is none. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Bytes that are read at a time: nothing of the rest is looked at once the batch is over. */
const PIECE_BYTES = 1_024;
/** How long the end of a batch that was acknowledged may take to leave this machine, ms. */
const FAREWELL_MS = 2_000;
const PROTOCOL = { protocolId: 'MQTT', protocolVersion: 4 } as const;

/**
 * Publishes events to a topic, one a message. A connection is made for each batch and ends with it, so that nothing has to be kept alive between two events
 * that may be hours apart; files are read each time. With QoS 1 a batch counts once the broker has acknowledged every message.
 */
export const mqttSink = (
  sink: MqttSink,
  { nodeName, retain = false }: { readonly nodeName: string; readonly retain?: boolean },
): SinkPort => ({
  deliver: async (events, { signal }) => {
    const topic = sink.topic.replaceAll('$(NODE_NAME)', nodeName);
    const credentials = await readCredentials(sink);
    const tls = sink.secure ? await tlsOptions(sink) : undefined;
    const clientId = `solo-kubelet-${nodeName}-${randomUUID().slice(0, 8)}`;
    const messages = events.map(
      (payload, at): Packet => ({
        cmd: 'publish',
        topic,
        payload,
        qos: sink.qos,
        dup: false,
        retain,
        ...(sink.qos > 0 && { messageId: at + 1 }),
      }),
    );
    await publish({ cmd: 'connect', ...PROTOCOL, clean: true, keepalive: 0, clientId, ...credentials }, messages, { sink, tls, signal });
  },
  close: () => {},
});

interface PublishOptions {
  readonly sink: MqttSink;
  readonly tls: ConnectionOptions | undefined;
  readonly signal: AbortSignal;
}

/** CONNECT, CONNACK, every PUBLISH, its PUBACK, DISCONNECT. */
const publish = (
  hello: IConnectPacket,
  messages: readonly Packet[],
  { sink: { host, port, qos }, tls, signal }: PublishOptions,
): Promise<void> =>
  new Promise((resolve, reject) => {
    // Given up while its files were read: no connection is begun that nobody would listen to.
    signal.throwIfAborted();
    const socket: Socket = tls === undefined ? connect({ host, port }) : connectTls({ ...tls, host, port });
    const left = new Set(messages.flatMap((message) => (message.messageId === undefined ? [] : [message.messageId])));
    let answered = 0;
    let phase: 'greeting' | 'publishing' | 'over' = 'greeting';
    const send = (packet: Packet): void => void socket.write(generate(packet, PROTOCOL));
    const fail = (message: string): void => {
      if (phase === 'over') return;
      phase = 'over';
      release();
      socket.destroy();
      reject(new Error(message));
    };
    const release = onAbort(signal, () => fail('the broker did not answer in time'));
    const succeed = (): void => {
      if (phase === 'over') return;
      phase = 'over';
      release();
      // A broker may acknowledge what it never reads: what is left of that goes with the connection.
      const inTime = longTimeout(() => socket.destroy(), FAREWELL_MS);
      socket.once('close', inTime);
      socket.end(generate({ cmd: 'disconnect' }, PROTOCOL), () => socket.destroy());
      resolve();
    };
    const take = (packet: Packet): void => {
      if (phase === 'over') return;
      if (packet.cmd === 'connack') {
        if (phase !== 'greeting') {
          fail('the broker accepts one connection twice');
          return;
        }
        phase = 'publishing';
        const code = packet.returnCode ?? 0;
        if (code !== 0) {
          fail(`the broker refused the connection: ${REFUSALS.get(code) ?? `code ${code}`}`);
          return;
        }
        for (const message of messages) send(message);
        // With QoS 0 nobody answers: what has left this machine counts.
        if (qos === 0) socket.write('', succeed);
      } else if (packet.cmd === 'puback') {
        left.delete(packet.messageId ?? 0);
        if (qos > 0 && left.size === 0) succeed();
      }
    };
    const packets = parser(PROTOCOL);
    packets.on('packet', take);
    packets.on('error', (error) => fail(`the answer is not MQTT: ${error.message}`));
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => send(hello));
    socket.on('data', (data) => {
      answered += data.length;
      if (answered > MAX_ANSWER_BYTES) fail(`the broker answers more than ${MAX_ANSWER_BYTES} bytes`);
      for (let at = 0; at < data.length && phase !== 'over'; at += PIECE_BYTES) packets.parse(data.subarray(at, at + PIECE_BYTES));
    });
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('the broker closed the connection'));
  });

const REFUSALS: ReadonlyMap<number, string> = new Map([
  [1, 'unacceptable protocol version'],
  [2, 'client id not allowed'],
  [3, 'server unavailable'],
  [4, 'bad user name or password'],
  [5, 'not authorized'],
]);

const readFileOf = (path: string): Promise<Buffer> => readRegular(path, { followLinks: true, maxBytes: MAX_FILE_BYTES });

const readCredentials = async ({ username, password, passwordFile }: MqttSink): Promise<Pick<IConnectPacket, 'username' | 'password'>> => {
  if (username === undefined) return {};
  const secret = passwordFile === undefined ? password : (await readFileOf(passwordFile)).toString().replace(/\r?\n$/, '');
  return { username, ...(secret !== undefined && { password: Buffer.from(secret) }) };
};

const tlsOptions = async ({ host, caFile, certFile, keyFile }: MqttSink): Promise<ConnectionOptions> => {
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map((path) => path && readFileOf(path)));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), ...(isIP(host) === 0 && { servername: host }) };
};
