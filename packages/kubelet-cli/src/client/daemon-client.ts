import { request as httpRequest, type IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import type { StreamEndpoint } from '@solo-kubelet/cri-client/streaming';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import type { EventObject, ManifestObject, SourceObject } from '@solo-kubelet/node-api';
import type { Pod } from '@solo-kubelet/pod-spec';
import { CliError } from '../cli-error.js';
import type { Abortable, ImageObject, NodeApiObject, NodeClient, WatchEvent } from './node-client.js';

/** How long to wait for the first byte of an answer, ms. A watch or a followed log may then stay silent for as long as it likes. */
const ANSWER_TIMEOUT_MS = 30_000;
/** After how long it is told that one waits, ms. */
const NOTICE_MS = 5_000;
const MAX_JSON_BYTES = 64 << 20;

/** How a client waits. All in ms. */
export interface WaitOptions {
  /** Told once for a call whose answer has not begun after `noticeMs`, with the place that is asked. */
  readonly onSlow?: (where: string) => void;
  /** Default 5 s. */
  readonly noticeMs?: number;
  /** For the first byte of an answer. Default 30 s: a small machine that is busy takes its time. */
  readonly answerTimeoutMs?: number;
}

/** Talks to a running kubelet: its unix socket, or its TLS port with a token or a client certificate. */
export const createDaemonClient = (
  endpoint: StreamEndpoint,
  { onSlow, noticeMs = NOTICE_MS, answerTimeoutMs = ANSWER_TIMEOUT_MS }: WaitOptions = {},
): NodeClient => {
  const send: Send = (method, path, options) => sendTo(endpoint, { method, path, timeoutMs: answerTimeoutMs, noticeMs, onSlow }, options);
  const get = (path: string, options: Abortable): Promise<IncomingMessage> => send('GET', path, options);
  const getJson = async <T>(path: string, options: Abortable): Promise<T> =>
    parseBoundedJson(await readText(await get(path, options), options)) as T;
  const list = async <T>(path: string, options: Abortable): Promise<readonly T[]> =>
    (await getJson<{ readonly items: readonly T[] | null }>(path, options)).items ?? [];
  async function* watch<T>(path: string, options: Abortable): AsyncGenerator<WatchEvent<T>> {
    for await (const line of readLines(await get(`${path}?watch=true`, options), options)) yield parseBoundedJson(line) as WatchEvent<T>;
  }
  const flagQuery = (flags: {
    readonly stdin: boolean;
    readonly stdout: boolean;
    readonly stderr: boolean;
    readonly tty: boolean;
  }): readonly (readonly [string, string])[] =>
    (
      [
        ['input', flags.stdin],
        ['output', flags.stdout],
        ['error', flags.stderr && !flags.tty],
        ['tty', flags.tty],
      ] as const
    ).flatMap(([name, on]) => (on ? [[name, '1'] as const] : []));
  return {
    speaker: 'daemon',
    // Items of a list carry no kind of their own; one that is printed alone must.
    listPods: async (options) => (await list<Pod>('/pods', options)).map((pod) => ({ apiVersion: 'v1', kind: 'Pod', ...pod })),
    watchPods: (options) => watch<Pod>('/pods', options),
    listEvents: (options) => list<EventObject>('/events', options),
    watchEvents: (options) => watch<EventObject>('/events', options),
    listManifests: (options) => list<ManifestObject>('/manifests', options),
    watchManifests: (options) => watch<ManifestObject>('/manifests', options),
    listSources: (options) => list<SourceObject>('/sources', options),
    watchSources: (options) => watch<SourceObject>('/sources', options),
    listObjects: (options) => list<NodeApiObject>('/objects', options),
    watchObjects: (options) => watch<NodeApiObject>('/objects', options),
    listImages: (options) => list<ImageObject>('/images', options),
    getNode: (options) => getJson('/node', options),
    getConfiguration: async (options) =>
      (await getJson<{ readonly kubeletconfig: Readonly<Record<string, unknown>> }>('/configz', options)).kubeletconfig,
    getSummary: (options) => getJson('/stats/summary', options),
    readLog: async function* ({ namespace, pod, container }, { follow, previous, timestamps, ...limits }, options) {
      const query = new URLSearchParams();
      for (const [name, on] of Object.entries({ follow, previous, timestamps })) if (on) query.set(name, 'true');
      for (const [name, value] of Object.entries(limits)) if (value !== undefined) query.set(name, String(value));
      const answer = await get(`/containerLogs/${[namespace, pod, container].map(encodeURIComponent).join('/')}?${query}`, options);
      yield* chunksOf(answer, options);
    },
    exec: async ({ namespace, pod, container }, flags) => {
      const query = new URLSearchParams([...flagQuery(flags), ...flags.command.map((word) => ['command', word])] as [string, string][]);
      return { endpoint, path: `/exec/${[namespace, pod, container].map(encodeURIComponent).join('/')}?${query}` };
    },
    attach: async ({ namespace, pod, container }, flags) => ({
      endpoint,
      path: `/attach/${[namespace, pod, container].map(encodeURIComponent).join('/')}?${new URLSearchParams([...flagQuery(flags)] as [string, string][])}`,
    }),
    portForward: async ({ namespace, pod }) => ({ endpoint, path: `/portForward/${[namespace, pod].map(encodeURIComponent).join('/')}` }),
    restartPod: async ({ namespace, pod }, options) => {
      await readText(await send('POST', `/restart/${[namespace, pod].map(encodeURIComponent).join('/')}`, options), options);
    },
    deletePod: async ({ namespace, pod }, options) => {
      await readText(await send('POST', `/deletePod/${[namespace, pod].map(encodeURIComponent).join('/')}`, options), options);
    },
    commandSource: async (name, command, options) => {
      const path = `/sources/${[name, command].map(encodeURIComponent).join('/')}`;
      return (await readText(await send('POST', path, options), options)).trim();
    },
    getOpenId: (what, options) => getJson(what === 'jwks' ? '/openid/v1/jwks' : '/.well-known/openid-configuration', options),
    rotateServiceAccountKey: async (options) => (await readText(await send('POST', '/rotateServiceAccountKey', options), options)).trim(),
    discardClaim: async ({ namespace, name }, options) => {
      const path = `/discardClaim/${[namespace, name].map(encodeURIComponent).join('/')}`;
      return (await readText(await send('POST', path, options), options)).trim();
    },
    [Symbol.asyncDispose]: async () => {},
  };
};

/** TLS is loaded when it is needed: over the unix socket most of a short command would be spent on it. */
const requestOf = async ({ protocol }: StreamEndpoint): Promise<typeof httpRequest> =>
  protocol === 'https:' ? (await import('node:https')).request : httpRequest;

type Send = (method: string, path: string, options: Abortable) => Promise<IncomingMessage>;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly timeoutMs: number;
  /** Shorter than `timeoutMs`. */
  readonly noticeMs: number;
  readonly onSlow: ((where: string) => void) | undefined;
}

const sendTo = async (
  endpoint: StreamEndpoint,
  { method, path, timeoutMs, noticeMs, onSlow }: Call,
  options: Abortable,
): Promise<IncomingMessage> => {
  const make = await requestOf(endpoint);
  return new Promise((resolve, reject) => {
    const request = make({
      ...endpoint.connection,
      // A socket has no name for TLS; Node.js would compile an expression that tells addresses from names to find that out.
      ...(endpoint.connection.socketPath !== undefined && { servername: '' }),
      headers: { ...endpoint.headers },
      agent: false,
      method,
      path,
      signal: options.signal,
      timeout: noticeMs,
    });
    request.once('response', (response) => {
      request.setTimeout(0);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return resolve(response);
      readText(response, options).then((text) => reject(refusal(status, text.trim())), reject);
    });
    request.once('timeout', () => {
      onSlow?.(placeOf(endpoint));
      // The request itself tells of one such time alone.
      const late = (): unknown => request.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`));
      if (request.socket) request.socket.setTimeout(timeoutMs - noticeMs, late);
      else late();
    });
    request.once('error', (cause: NodeJS.ErrnoException) => reject(options.signal.aborted ? cause : unreachable(endpoint, cause)));
    request.end();
  });
};

const refusal = (status: number, text: string): Error => {
  if (status === 401) {
    return new CliError({
      code: 'CLI_REFUSED',
      message: 'the kubelet does not know who you are (401)',
      hint: 'Give --token-file or --token, or --client-certificate and --client-key.',
    });
  }
  if (status === 404) return new CliError({ code: 'CLI_NOT_FOUND', message: text });
  return new CliError({ code: 'CLI_REFUSED', message: text === '' ? `the kubelet answered ${status}` : text });
};

const placeOf = ({ protocol, connection }: StreamEndpoint): string =>
  connection.socketPath ?? `${protocol}//${connection.host}:${connection.port}`;

const unreachable = (endpoint: StreamEndpoint, cause: NodeJS.ErrnoException): Error =>
  new CliError({
    code: 'CLI_KUBELET_UNREACHABLE',
    message: `cannot reach the kubelet at ${placeOf(endpoint)}`,
    hint: 'Is it running? (kubelet-cli up, or systemctl status solo-kubelet; --socket names another place)',
    cause,
  });

const readText = async (response: IncomingMessage, options: Abortable): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(response, options)) {
    bytes += chunk.length;
    if (bytes > MAX_JSON_BYTES) throw new CliError({ code: 'CLI_REFUSED', message: 'the kubelet sent more than 64 MiB' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

async function* readLines(response: IncomingMessage, options: Abortable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunksOf(response, options)) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}

/** What arrives. A connection that breaks off was given up here, or ended by the kubelet; Node calls both `aborted`. */
async function* chunksOf(response: IncomingMessage, { signal }: Abortable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (cause) {
    if (signal.aborted) throw new DOMException('interrupted', 'AbortError');
    throw new CliError({
      code: 'CLI_KUBELET_UNREACHABLE',
      message: 'the kubelet ended the connection',
      hint: 'Did it stop or start anew?',
      cause,
    });
  }
}
