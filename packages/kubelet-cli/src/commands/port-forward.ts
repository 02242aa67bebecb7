import { once } from 'node:events';
import { CliError } from '../cli-error.js';
import { print, write } from '../cli-io.js';
import { allContainers } from '../client/find-pod.js';
import type { StreamAddress } from '../client/node-client.js';
import { findMeantPod, targetPortOf } from '../client/service-pod.js';
import { forwardPort, type PortForward } from '../streaming/port-forward.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';

export interface PortForwardOptions {
  readonly pod: string;
  readonly namespace?: string;
  /** `8080:80`, `80`, `:80` (any local port), `8080:http` (a named port). */
  readonly ports: readonly string[];
  readonly address?: string;
}

/** `port-forward POD [LOCAL:]REMOTE…`: until interrupted. */
export const portForward = async (options: PortForwardOptions, { client, io, signal }: VerbContext): Promise<number> => {
  const { pod, service } = await findMeantPod(options.pod, options.namespace ?? DEFAULT_NAMESPACE, { client, signal });
  const phase = pod.status?.phase;
  if (phase !== undefined && phase !== 'Running')
    throw new CliError({
      code: 'CLI_REFUSED',
      message: `unable to forward port because pod is not running. Current status=${phase}`,
      hint: `kubelet-cli describe pod ${pod.metadata.name} -n ${pod.metadata.namespace} tells why.`,
    });
  const target = { namespace: pod.metadata?.namespace ?? '', pod: pod.metadata?.name ?? '' };
  const named = new Map(
    allContainers(pod).flatMap(({ ports = [] }) => ports.map(({ name, containerPort }) => [name, containerPort] as const)),
  );
  const pairs = options.ports.map((text) =>
    parsePair(text, (remote) => {
      if (service !== undefined) return targetPortOf(service, pod, remote);
      const port = named.get(remote) ?? toPort(remote, text);
      return { port, target: port };
    }),
  );
  const localAddress = options.address ?? '127.0.0.1';
  const forwards: PortForward[] = [];
  try {
    for (const { localPort, remotePort } of pairs) {
      const open = (): Promise<StreamAddress> => client.portForward(target, remotePort, { signal });
      const onError = (message: string): void => print(io.stderr, `port ${remotePort}: ${message}\n`);
      const forward = await forwardPort({ open, localAddress, localPort, remotePort, signal, onError });
      forwards.push(forward);
      await write(io.stdout, `Forwarding from ${localAddress}:${forward.localPort} -> ${remotePort}\n`);
    }
    if (!signal.aborted) await once(signal, 'abort');
    return 0;
  } finally {
    await Promise.all(forwards.map((forward) => forward[Symbol.asyncDispose]()));
  }
};

const parsePair = (
  text: string,
  /** `port`: as it is called; `target`: the pod's. */
  resolve: (remote: string) => { readonly port: number; readonly target: number },
): { readonly localPort: number; readonly remotePort: number } => {
  const [first = '', second] = text.split(':');
  const { port, target: remotePort } = resolve(second ?? first);
  if (second === undefined) return { localPort: port, remotePort };
  return { localPort: first === '' ? 0 : toPort(first, text), remotePort };
};

const toPort = (text: string, whole: string): number => {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new CliError({
    code: 'CLI_USAGE',
    message: `cannot read the port pair "${whole}"`,
    hint: 'Write LOCAL:REMOTE, REMOTE, or :REMOTE for any free local port.',
  });
};
