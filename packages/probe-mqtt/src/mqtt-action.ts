/** What an annotation may ask of an MQTT broker. */
export interface MqttAction {
  /** Number, or name of one of the container's ports. 1883, or 8883 with `tls`. */
  readonly port: number | string;
  /** Host to connect to; the Pod's own address. */
  readonly host: string | undefined;
  /** 4 is MQTT 3.1.1, 5 is MQTT 5. 4. */
  readonly protocolVersion: 4 | 5;
  readonly clientId: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** File on the node that holds the password, so that it need not stand in the manifest. */
  readonly passwordFile: string | undefined;
  readonly tls: MqttTls | undefined;
  /** A topic on which a retained message must arrive; wildcards are allowed. */
  readonly topic: string | undefined;
  /** Exact text of that message. */
  readonly payload: string | undefined;
}

export interface MqttTls {
  /** PEM files on the node. With `caFile` the broker's certificate is verified, without it is not, as in httpGet probes. */
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly servername: string | undefined;
}

const FIELDS = ['port', 'host', 'protocolVersion', 'clientId', 'username', 'password', 'passwordFile', 'tls', 'topic', 'payload'];
const TLS_FIELDS = ['caFile', 'certFile', 'keyFile', 'servername'];

/** Checks what stands in the annotation; throws an Error that says what is wrong. */
export const readMqttAction = (given: unknown): MqttAction => {
  const fields = record(given, 'mqtt', FIELDS);
  const tls = readTls(fields['tls']);
  const port = fields['port'] ?? (tls === undefined ? 1_883 : 8_883);
  if (typeof port !== 'string' && !(Number.isInteger(port) && (port as number) > 0 && (port as number) < 65_536)) {
    throw new Error('mqtt.port must be a port number or the name of a port');
  }
  const protocolVersion = fields['protocolVersion'] ?? 4;
  if (protocolVersion !== 4 && protocolVersion !== 5) throw new Error('mqtt.protocolVersion must be 4 (MQTT 3.1.1) or 5');
  const text = (name: string): string | undefined => optionalText(fields[name], `mqtt.${name}`);
  const action: MqttAction = {
    port: port as number | string,
    host: text('host'),
    protocolVersion,
    clientId: text('clientId'),
    username: text('username'),
    password: text('password'),
    passwordFile: text('passwordFile'),
    tls,
    topic: text('topic'),
    payload: text('payload'),
  };
  if (action.topic === '') throw new Error('mqtt.topic must not be empty');
  if (action.payload !== undefined && action.topic === undefined) throw new Error('mqtt.payload needs mqtt.topic');
  if (action.password !== undefined && action.passwordFile !== undefined)
    throw new Error('mqtt.password and mqtt.passwordFile exclude each other');
  if ((action.password ?? action.passwordFile) !== undefined && action.username === undefined)
    throw new Error('a password needs mqtt.username');
  return action;
};

const readTls = (given: unknown): MqttTls | undefined => {
  if (given === undefined || given === false) return undefined;
  const fields = given === true ? {} : record(given, 'mqtt.tls', TLS_FIELDS);
  const text = (name: string): string | undefined => optionalText(fields[name], `mqtt.tls.${name}`);
  return { caFile: text('caFile'), certFile: text('certFile'), keyFile: text('keyFile'), servername: text('servername') };
};

const record = (given: unknown, what: string, known: readonly string[]): Readonly<Record<string, unknown>> => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new Error(`${what} must be an object`);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`${what} has no field ${unknown}; it has ${known.join(', ')}`);
  return given as Readonly<Record<string, unknown>>;
};

const optionalText = (given: unknown, what: string): string | undefined => {
  if (given !== undefined && typeof given !== 'string') throw new Error(`${what} must be a text`);
  return given;
};
