import { connect } from 'node:net';
import type { CriClient } from '@solo-kubelet/cri-client';
import type { Container } from '@solo-kubelet/pod-spec';
import { longTimeout, onAbort } from '@solo-kubelet/timers';
import type { HangUps } from '../exec/hang-up.js';
import type { NodeView } from '../node-view.js';
import { closeAfterFlush } from '../server/close-after-flush.js';
import { HttpError, sendText } from '../server/http-error.js';
import type { Route, Upgrade } from '../server/route.js';
import { findPod, findRunningContainer, findSandbox } from './find-container.js';

/** Time to reach the runtime's streaming server, ms. It is on this machine. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * /exec, /attach and /portForward: the runtime is asked for a streaming address, and the client's upgraded connection (SPDY or
 * WebSocket) is piped to it byte for byte. Nothing is decoded here, so every protocol the runtime speaks works.
 */
export const streamRoutes = (view: NodeView, cri: CriClient, hangUps: HangUps): readonly Route[] => {
  const exec = async (upgrade: Upgrade): Promise<void> => {
    const target = named(view, upgrade);
    const containerId = await findRunningContainer(cri, target, upgrade.signal, findPod(view, target));
    const { stdin, stdout, stderr, tty } = streamFlags(upgrade.query);
    const cmd = upgrade.query.getAll('command');
    const { url } = await cri.runtime.exec({ containerId, cmd, stdin, stdout, stderr: stderr && !tty, tty }, { signal: upgrade.signal });
    const session = hangUps.begin({ containerId, command: cmd, tty, others: ownCommands(findContainer(view, target)) });
    let clientLeft = true; // also where the two were never joined
    try {
      clientLeft = (await pipeTo(url, upgrade)) === 'client';
    } finally {
      session.over(clientLeft);
    }
  };
  const attach = async (upgrade: Upgrade): Promise<void> => {
    const target = named(view, upgrade);
    const tty = findContainer(view, target)?.tty === true;
    const containerId = await findRunningContainer(cri, target, upgrade.signal, findPod(view, target));
    const { stdin, stdout, stderr } = streamFlags(upgrade.query);
    const { url } = await cri.runtime.attach({ containerId, stdin, stdout, stderr: stderr && !tty, tty }, { signal: upgrade.signal });
    await pipeTo(url, upgrade);
  };
  const portForward = async (upgrade: Upgrade): Promise<void> => {
    const podSandboxId = await findSandbox(cri, named(view, upgrade), upgrade.signal);
    const port = upgrade.query
      .getAll('port')
      .flatMap((list) => list.split(','))
      .map(portNumber);
    const { url } = await cri.runtime.portForward({ podSandboxId, port }, { signal: upgrade.signal });
    await pipeTo(url, upgrade);
  };
  const access = { methods: ['GET', 'POST'], role: 'exec', debugging: true, cost: SESSION_COST } as const;
  return [
    { ...access, path: '/exec/:namespace/:pod/:container', upgrade: exec },
    { ...access, path: '/exec/:namespace/:pod/:uid/:container', upgrade: exec },
    { ...access, path: '/attach/:namespace/:pod/:container', upgrade: attach },
    { ...access, path: '/attach/:namespace/:pod/:uid/:container', upgrade: attach },
    { ...access, path: '/portForward/:namespace/:pod', upgrade: portForward },
    { ...access, path: '/portForward/:namespace/:pod/:uid', upgrade: portForward },
    ...['/run/:namespace/:pod/:container', '/run/:namespace/:pod/:uid/:container'].map((path): Route => ({ ...runRoute(view, cri), path })),
  ];
};

/** The runtime starts a process for it, and its bytes pass through here as long as it lasts. */
const SESSION_COST = 8;

/** Upper limit of a /run command, s: the answer is collected in memory and given at its end. */
const RUN_TIMEOUT_SECONDS = 3_600n;

const runRoute = (view: NodeView, cri: CriClient): Omit<Route, 'path'> => ({
  methods: ['POST'],
  role: 'exec',
  debugging: true,
  cost: SESSION_COST,
  handle: async ({ response, params, query, signal }) => {
    const target = named(view, { params });
    const containerId = await findRunningContainer(cri, target, signal, findPod(view, target));
    const cmd = (query.get('cmd') ?? '').split(' ').filter((word) => word !== '');
    if (cmd.length === 0) throw new HttpError(400, 'missing parameter cmd\n');
    const { stdout, stderr, exitCode } = await cri.runtime.execSync({ containerId, cmd, timeout: RUN_TIMEOUT_SECONDS }, { signal });
    const output = Buffer.concat([stdout, stderr]).toString('utf8');
    if (exitCode !== 0) throw new HttpError(500, `command '${cmd.join(' ')}' exited with ${exitCode}: ${output}`);
    sendText(response, 200, output);
  },
});

const named = (view: NodeView, { params }: { readonly params: Readonly<Record<string, string>> }) => {
  const { namespace = '', pod = '', container = '', uid } = params;
  findPod(view, { namespace, pod, ...(uid === undefined ? {} : { uid }) }, 'pod does not exist');
  return { namespace, pod, container, ...(uid === undefined ? {} : { uid }) };
};

const findContainer = (view: NodeView, target: ReturnType<typeof named>): Container | undefined => {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = findPod(view, target).spec ?? {};
  return [...containers, ...initContainers, ...ephemeralContainers].find(({ name }) => name === target.container);
};

/** What the kubelet runs in a container by itself. */
const ownCommands = (container: Container | undefined): readonly (readonly string[])[] => {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container ?? {};
  return [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap((action) =>
    action?.exec?.command === undefined ? [] : [action.exec.command],
  );
};

/** Only the literal `1` counts, as upstream; a terminal has no separate stderr. */
const streamFlags = (query: URLSearchParams) => {
  const flag = (name: string): boolean => query.get(name) === '1';
  const flags = { stdin: flag('input'), stdout: flag('output'), stderr: flag('error'), tty: flag('tty') };
  if (!flags.stdin && !flags.stdout && !flags.stderr) throw new HttpError(400, 'you must specify at least 1 of stdin, stdout, stderr\n');
  return flags;
};

const portNumber = (text: string): number => {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new HttpError(400, `invalid port "${text}"\n`);
  return port;
};

/** Headers that belong to the connection with the client, not to the request that is passed on. */
const DROPPED_HEADERS: ReadonlySet<string> = new Set(['host', 'authorization', 'cookie', 'proxy-authorization']);

/**
 * Repeats the client's request to the runtime's streaming server and joins the two connections. When either side ends, what was sent is
 * passed on and both are closed, as upstream's proxy does (apimachinery/pkg/util/proxy): a session that nobody uses holds nothing. Gives who
 * ended it.
 */
const pipeTo = (url: string, { request, socket, head, signal }: Upgrade): Promise<'client' | 'runtime'> =>
  new Promise((resolve, reject) => {
    const target = new URL(url);
    const host =
      target.hostname === '' || target.hostname === '0.0.0.0' || target.hostname === '[::]'
        ? '127.0.0.1'
        : target.hostname.replace(/^\[|\]$/g, '');
    // As Go's sockets are: what a client writes in two parts is not held back until the first of them is acknowledged.
    const runtime = connect({ host, port: Number(target.port || 80), noDelay: true });
    const connected = longTimeout(
      () => runtime.destroy(new Error(`no answer from the runtime's streaming server at ${target.host}`)),
      CONNECT_TIMEOUT_MS,
    );
    let joined = false;
    let endedBy: 'client' | 'runtime' | undefined;
    runtime.once('connect', () => {
      connected();
      joined = true;
      const headers = request.rawHeaders.flatMap((name, index) =>
        index % 2 === 0 && !DROPPED_HEADERS.has(name.toLowerCase()) ? [`${name}: ${request.rawHeaders[index + 1]}\r\n`] : [],
      );
      runtime.write(`${request.method} ${target.pathname}${target.search} HTTP/1.1\r\nHost: ${target.host}\r\n${headers.join('')}\r\n`);
      if (head.length > 0) runtime.write(head);
      const over = (): void => {
        socket.unpipe(runtime);
        runtime.unpipe(socket);
        closeAfterFlush(runtime);
        closeAfterFlush(socket);
      };
      socket.once('end', () => {
        endedBy ??= 'client';
        over();
      });
      runtime.once('end', () => {
        endedBy ??= 'runtime';
        over();
      });
      socket.pipe(runtime);
      runtime.pipe(socket);
    });
    const stop = (): void => {
      endedBy ??= 'client'; // its connection broke
      runtime.destroy();
      socket.destroy();
    };
    const release = onAbort(signal, stop);
    runtime.on('error', (error) => {
      if (joined) closeAfterFlush(socket);
      else reject(error);
    });
    socket.once('close', () => {
      endedBy ??= 'client';
      runtime.destroy();
    });
    runtime.once('close', () => {
      connected();
      release();
      if (joined) closeAfterFlush(socket);
      resolve(endedBy ?? 'runtime');
    });
  });
