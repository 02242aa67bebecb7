import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { parseQuantity, quantityValue } from '@solo-kubelet/pod-spec';

/** PEM files: authorities to trust instead of those that Node.js has, and the node's certificate with its key. */
export interface SinkTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** Where the node's events go beside its own API. `name` is safe to show. */
export type EventSink = { readonly name: string } & (
  | ({
      readonly type: 'webhook';
      /** Without user name and password. */
      readonly url: string;
      readonly authorization?: string;
      /** `Name: value` on a line. */
      readonly headersFile?: string;
    } & SinkTls)
  /** A server of OpenTelemetry, by OTLP over HTTP; otherwise as a webhook. */
  | ({ readonly type: 'otlp'; readonly url: string; readonly authorization?: string; readonly headersFile?: string } & SinkTls)
  /** The journal of this machine. */
  | { readonly type: 'journald' }
  | {
      readonly type: 'file';
      readonly path: string;
      /** Size at which a new file is begun, bytes. Default 10 MiB. */
      readonly maxBytes: number;
      /** Files in all. Default 5. */
      readonly maxFiles: number;
    }
  | ({
      readonly type: 'mqtt';
      readonly host: string;
      readonly port: number;
      readonly secure: boolean;
      /** `$(NODE_NAME)` stands for the node's name. */
      readonly topic: string;
      readonly qos: 0 | 1;
      readonly username?: string;
      readonly password?: string;
      readonly passwordFile?: string;
    } & SinkTls)
);

export type ParsedEventSink = EventSink | { readonly error: string };

const TLS_OPTIONS = ['caFile', 'certFile', 'keyFile'] as const;
const MIN_FILE_BYTES = 64 * 1024;
const MAX_FILES = 1_000;
const MAX_TOPIC_BYTES = 1_024;

/**
 * A value of `--event-sink`: the URL of a webhook (http, https), of a file, of a server of OpenTelemetry (otlp+http,
 * otlp+https), of an MQTT broker (mqtt, mqtts) with the topic as its path, or `journald:`. What the kubelet
 * itself has to know stands behind `#`, which no server ever sees: `#caFile=/etc/ca.pem&headersFile=/etc/token`. Nothing of it is in an error: it may be a secret.
 */
export const parseEventSink = (text: string): ParsedEventSink => {
  const url = parseUrl(text);
  const type = url && TYPES.get(url.protocol);
  if (url === undefined || type === undefined)
    return { error: 'want a URL of http, https, file, mqtt, mqtts, otlp+http or otlp+https, or journald:' };
  const name = shownUrl(url);
  const options = new URLSearchParams(url.hash.slice(1));
  const known: readonly string[] = OPTIONS[type];
  const unknown = [...options.keys()].find((key) => !known.includes(key));
  if (unknown !== undefined)
    return {
      error: `${name}: there is no option ${JSON.stringify(unknown)}; ${type} has ${known.length === 0 ? 'none' : known.join(', ')}`,
    };
  const twice = known.find((key) => options.getAll(key).length > 1);
  if (twice !== undefined) return { error: `${name}: the option ${twice} is given twice` };
  const relative = [...options].find(([key, value]) => key.endsWith('File') && !value.startsWith('/'));
  if (relative !== undefined) return { error: `${name}: ${relative[0]}: want an absolute path` };
  if (options.has('certFile') !== options.has('keyFile')) return { error: `${name}: certFile and keyFile belong together` };
  const [user, password] = [url.username, url.password].map(decoded);
  if (user === undefined || password === undefined) return { error: `${name}: its user name or password is not encoded as in URLs` };
  switch (type) {
    case 'webhook':
    case 'otlp':
      return webhook(url, name, options, user || password ? `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` : undefined);
    case 'journald':
      return url.host === '' && /^\/*$/.test(url.pathname) && url.search === ''
        ? { type, name: 'journald:' }
        : { error: 'journald: want journald: and nothing behind it' };
    case 'file':
      return file(url, name, options);
    case 'mqtt':
      return mqtt(url, name, options, { user, password });
  }
};

const TYPES: ReadonlyMap<string, EventSink['type']> = new Map([
  ['http:', 'webhook'],
  ['https:', 'webhook'],
  ['file:', 'file'],
  ['mqtt:', 'mqtt'],
  ['mqtts:', 'mqtt'],
  ['otlp+http:', 'otlp'],
  ['otlp+https:', 'otlp'],
  ['journald:', 'journald'],
]);

const OPTIONS: Readonly<Record<EventSink['type'], readonly string[]>> = {
  webhook: ['headersFile', ...TLS_OPTIONS],
  otlp: ['headersFile', ...TLS_OPTIONS],
  journald: [],
  file: ['maxSize', 'maxFiles'],
  mqtt: ['qos', 'passwordFile', ...TLS_OPTIONS],
};

/** Without user name, password, query and options. */
const shownUrl = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname}`;

const tlsOf = (options: URLSearchParams): SinkTls =>
  Object.fromEntries(TLS_OPTIONS.flatMap((key) => (options.has(key) ? [[key, options.get(key)]] : [])));

const webhook = (url: URL, name: string, options: URLSearchParams, authorization: string | undefined): ParsedEventSink => {
  const type = url.protocol.startsWith('otlp+') ? 'otlp' : 'webhook';
  if (url.hostname === '') return { error: `${name}: want otlp+http://HOST[:PORT]/v1/logs` };
  // A URL of another scheme can't be made one of http; what stands behind that is the same.
  const target = new URL(url.href.replace(/^otlp\+/, ''));
  [target.username, target.password, target.hash] = ['', '', ''];
  const headersFile = options.get('headersFile');
  return {
    type,
    name,
    url: target.href,
    ...(authorization && { authorization }),
    ...(headersFile && { headersFile }),
    ...tlsOf(options),
  };
};

const file = (url: URL, name: string, options: URLSearchParams): ParsedEventSink => {
  const path = decoded(url.pathname);
  if (url.host !== '' || url.search !== '' || path === undefined || path.endsWith('/') || path.includes('\0'))
    return { error: `${name}: want file:///PATH, an absolute path of a file` };
  const maxBytes = sizeOf(options.get('maxSize') ?? '10Mi');
  if (maxBytes === undefined) return { error: `${name}: maxSize: want a size of at least 64Ki, such as 10Mi` };
  const maxFiles = options.get('maxFiles') ?? '5';
  if (!/^[1-9]\d{0,3}$/.test(maxFiles) || Number(maxFiles) > MAX_FILES)
    return { error: `${name}: maxFiles: want a whole number from 1 to ${MAX_FILES}` };
  return { type: 'file', name, path, maxBytes, maxFiles: Number(maxFiles) };
};

const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883 };

const mqtt = (
  url: URL,
  name: string,
  options: URLSearchParams,
  { user, password }: { readonly user: string; readonly password: string },
): ParsedEventSink => {
  const topic = decoded(url.pathname.slice(1)) ?? '';
  if (url.hostname === '' || url.search !== '') return { error: `${name}: want mqtt://HOST[:PORT]/TOPIC` };
  if (topic === '' || /[+#\0]/.test(topic) || Buffer.byteLength(topic) > MAX_TOPIC_BYTES)
    return { error: `${name}: want a topic to publish to behind the host, without + and #, of at most ${MAX_TOPIC_BYTES} bytes` };
  const qos = options.get('qos') ?? '1';
  if (qos !== '0' && qos !== '1') return { error: `${name}: qos: want 0 or 1` };
  const passwordFile = options.get('passwordFile');
  if (user === '' && (password !== '' || passwordFile !== null)) return { error: `${name}: a password needs a user name` };
  if (password !== '' && passwordFile !== null) return { error: `${name}: give a password or passwordFile, not both` };
  const secure = url.protocol === 'mqtts:';
  const tls = tlsOf(options);
  if (!secure && Object.keys(tls).length > 0) return { error: `${name}: ${Object.keys(tls).join(', ')}: of use with mqtts only` };
  return {
    type: 'mqtt',
    name,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORTS[secure ? 'mqtts' : 'mqtt'] : Number(url.port),
    secure,
    topic,
    qos: qos === '1' ? 1 : 0,
    ...(user !== '' && { username: user }),
    ...(password !== '' && { password }),
    ...(passwordFile !== null && { passwordFile }),
    ...tls,
  };
};

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

const sizeOf = (text: string): number | undefined => {
  try {
    const bytes = Number(quantityValue(parseQuantity(text)));
    return bytes >= MIN_FILE_BYTES && Number.isSafeInteger(bytes) ? bytes : undefined;
  } catch {
    return undefined;
  }
};
