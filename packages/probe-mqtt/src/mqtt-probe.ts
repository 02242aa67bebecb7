import { randomUUID } from 'node:crypto';
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { defineProbePlugin, resolvePort } from '@solo-kubelet/probe-engine/plugin';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import { type MqttAction, type MqttTls, readMqttAction } from './mqtt-action.js';
import { readNodeFile } from './node-file.js';

export interface MqttProbeOptions {
  /** Where the files are that a probe may name. Default `/etc/solo-kubelet/probes`. */
  readonly filesDirectory?: string;
}

const DEFAULT_FILES_DIRECTORY = '/etc/solo-kubelet/probes';

/** Probes of kind `mqtt`: the broker accepts a connection and, when a topic is given, has a retained message on it. */
export const createMqttProbe = ({ filesDirectory = DEFAULT_FILES_DIRECTORY }: MqttProbeOptions = {}) =>
  defineProbePlugin({
    field: 'mqtt',
    validate: readMqttAction,
    probe: async (action, target, { signal }) => {
      const port = resolvePort(action.port, target.ports);
      if (port === undefined) return { result: 'unknown', output: `invalid port: ${action.port}` };
      const host = action.host ?? target.host;
      const read = (path: string): Promise<Buffer> => readNodeFile(path, filesDirectory);
      const credentials = await readCredentials(action, read);
      const tls = action.tls === undefined ? undefined : await tlsOptions(action.tls, host, read);
      return converse({ action, host, port, credentials, tls, signal });
    },
  });

/** The plugin as kubelet-cli's `--probe-plugin` finds it. */
export const mqttProbe = createMqttProbe();

type ReadFile = (path: string) => Promise<Buffer>;

interface Conversation {
  readonly action: MqttAction;
  readonly host: string;
  readonly port: number;
  readonly credentials: Pick<IConnectPacket, 'username' | 'password'>;
  readonly tls: ConnectionOptions | undefined;
  readonly signal: AbortSignal;
}

interface Outcome {
  readonly result: 'success' | 'failure';
  readonly output: string;
}

const SUBSCRIPTION_ID = 1;

/** Bytes that a broker may say until it has said what was asked: twice as much as annotations, and so a payload to compare with, can hold. */
const MAX_ANSWER_BYTES = 512 * 1024;
/** Packets until then: each costs time in a thread that all probes of this kind share. */
const MAX_PACKETS = 1_000;
/** Bytes that are read at a time: nothing of the rest is looked at once the probe is over. */
const PIECE_BYTES = 1_024;

/** CONNECT, CONNACK; with a topic SUBSCRIBE, SUBACK, the retained PUBLISH; DISCONNECT. */
const converse = ({ action, host, port, credentials, tls, signal }: Conversation): Promise<Outcome> =>
  new Promise((resolve) => {
    const { topic, payload, protocolVersion } = action;
    const version = { protocolVersion };
    let waitingFor = `a connection to ${host}:${port}`;
    const socket: Socket = tls === undefined ? connect({ host, port }) : connectTls({ ...tls, host, port });
    const send = (packet: Packet): void => void socket.write(generate(packet, version));

    let [said, taken] = [0, 0];
    let phase: 'greeting' | 'subscribing' | 'over' = 'greeting';
    const end = (result: Outcome['result'], output: string): void => {
      if (phase === 'over') return;
      phase = 'over';
      signal.removeEventListener('abort', onAbort);
      if (result === 'success') socket.end(generate({ cmd: 'disconnect' }, version), () => socket.destroy());
      else socket.destroy();
      resolve({ result, output });
    };
    const onAbort = (): void => end('failure', `timed out waiting for ${waitingFor}`);

    const take = (packet: Packet): void => {
      // Of one piece, all packets come, whatever the first of them led to.
      if (phase === 'over') return;
      taken += 1;
      if (taken > MAX_PACKETS) {
        end('failure', `the broker sent more than ${MAX_PACKETS} packets while the probe waited for ${waitingFor}`);
        return;
      }
      switch (packet.cmd) {
        case 'connack': {
          if (phase !== 'greeting') {
            end('failure', 'the broker accepted one connection twice');
            break;
          }
          phase = 'subscribing';
          const code = packet.reasonCode ?? packet.returnCode ?? 0;
          if (code !== 0) end('failure', `the broker refused the connection: ${CONNECT_REFUSALS.get(code) ?? `code ${code}`}`);
          else if (topic === undefined) end('success', '');
          else {
            waitingFor = `the subscription to ${topic}`;
            send({ cmd: 'subscribe', messageId: SUBSCRIPTION_ID, subscriptions: [{ topic, qos: 0 }] });
          }
          break;
        }
        case 'suback': {
          const [granted] = packet.granted;
          if (typeof granted === 'number' && granted >= 128) end('failure', `the broker refused the subscription to ${topic}`);
          waitingFor = `a retained message on ${topic}`;
          break;
        }
        case 'publish': {
          if (!packet.retain) break;
          const text = packet.payload.toString();
          if (payload === undefined || text === payload) end('success', `${packet.topic}: ${text.slice(0, 200)}`);
          else end('failure', `${packet.topic} holds ${JSON.stringify(text.slice(0, 200))}, not ${JSON.stringify(payload)}`);
          break;
        }
        case 'disconnect':
          end('failure', `the broker ended the connection (code ${packet.reasonCode ?? 0})`);
          break;
        default:
          break;
      }
    };

    const packets = parser(version);
    packets.on('packet', take);
    packets.on('error', (error) => end('failure', `the answer is not MQTT: ${error.message}`));
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      waitingFor = 'the answer to CONNECT';
      const clientId = action.clientId ?? `probe-${randomUUID().slice(0, 8)}`;
      send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion, clean: true, keepalive: 30, clientId, ...credentials });
    });
    socket.on('data', (data) => {
      said += data.length;
      if (said > MAX_ANSWER_BYTES)
        end('failure', `the broker said more than ${MAX_ANSWER_BYTES} bytes while the probe waited for ${waitingFor}`);
      for (let at = 0; at < data.length && phase !== 'over'; at += PIECE_BYTES) packets.parse(data.subarray(at, at + PIECE_BYTES));
    });
    socket.on('error', (error) => end('failure', error.message));
    socket.on('close', () => end('failure', `the broker closed the connection while the probe waited for ${waitingFor}`));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });

/** Return codes of MQTT 3.1.1 and reason codes of MQTT 5. */
const CONNECT_REFUSALS: ReadonlyMap<number, string> = new Map([
  [1, 'unacceptable protocol version'],
  [2, 'client id not allowed'],
  [3, 'server unavailable'],
  [4, 'bad user name or password'],
  [5, 'not authorized'],
  [132, 'unsupported protocol version'],
  [133, 'client id not allowed'],
  [134, 'bad user name or password'],
  [135, 'not authorized'],
  [136, 'server unavailable'],
  [137, 'server busy'],
  [138, 'banned'],
]);

const readCredentials = async ({ username, password, passwordFile }: MqttAction, read: ReadFile): Promise<Conversation['credentials']> => {
  if (username === undefined) return {};
  const secret = passwordFile === undefined ? password : (await read(passwordFile)).toString('utf8').replace(/\r?\n$/, '');
  return { username, ...(secret === undefined ? {} : { password: Buffer.from(secret) }) };
};

const tlsOptions = async ({ caFile, certFile, keyFile, servername }: MqttTls, host: string, read: ReadFile): Promise<ConnectionOptions> => {
  const files = [caFile, certFile, keyFile].map((file) => (file === undefined ? undefined : read(file)));
  const [ca, cert, key] = await Promise.all(files);
  const name = servername ?? (isIP(host) ? undefined : host);
  return { rejectUnauthorized: ca !== undefined, ca, cert, key, ...(name === undefined ? {} : { servername: name }) };
};
