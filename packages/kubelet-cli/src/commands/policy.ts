import type { NetworkPolicy } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { decideConnection, endpointPod, type PolicyEnd, policiesInForce, readPolicies } from '@solo-kubelet/service-network';
import { CliError } from '../cli-error.js';
import { write } from '../cli-io.js';
import { findPod } from '../client/find-pod.js';
import type { NodeApiObject } from '../client/node-client.js';
import { EXIT } from '../exit-status.js';
import { policySentence } from './policy-sentence.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';

export interface PolicyTestOptions {
  /** `[NAMESPACE/]POD`, an address, or `node`. */
  readonly from: string;
  readonly to: string;
  /** `PORT[/PROTOCOL]` of the destination; a Pod's own names of ports, too. */
  readonly port: string;
  readonly namespace?: string;
}

/** `policy test FROM TO PORT`: what the NetworkPolicies of the node say of a connection, by the function that makes their rules. */
export const testPolicy = async (options: PolicyTestOptions, { client, io, signal }: VerbContext): Promise<number> => {
  const pods = await client.listPods({ signal });
  const objects = await client.listObjects({ signal });
  const namespaces = new Map(
    ofKind(objects, 'Namespace').map(({ metadata }) => [metadata.name ?? '', (metadata.labels ?? {}) as Readonly<Record<string, string>>]),
  );
  const policies = ofKind(objects, 'NetworkPolicy') as unknown as readonly NetworkPolicy[];
  const from = endOf(options.from, pods, options.namespace);
  const to = endOf(options.to, pods, options.namespace);
  const { port, protocol } = portOf(options.port, to);
  const inForce = policiesInForce(
    readPolicies({ policies, namespaces }),
    pods.flatMap((pod) => endpointPod(pod, false) ?? []),
  );
  const decision = decideConnection(inForce, { from, to, port, protocol });
  const words = decision.always === undefined ? decision.steps.map(policySentence) : [`${decision.always}: no policy counts`];
  if (words.length === 0) words.push('neither end is a Pod of this node: no policy counts');
  await write(
    io.stdout,
    `${decision.allowed ? 'allowed' : 'denied'}: ${options.from} -> ${options.to} ${port}/${protocol}\n${words.map((word) => `  ${word}\n`).join('')}`,
  );
  return decision.allowed ? EXIT.done : EXIT.failed;
};

const ofKind = (objects: readonly NodeApiObject[], kind: string): readonly NodeApiObject[] =>
  objects.filter((object) => object.kind === kind);

const ADDRESS = /^(\d+\.\d+\.\d+\.\d+|[0-9a-fA-F]*:[0-9a-fA-F:.]*)$/;

const endOf = (text: string, pods: readonly Pod[], namespace = DEFAULT_NAMESPACE): PolicyEnd => {
  if (text === 'node') return { type: 'node', address: '' };
  if (ADDRESS.test(text)) {
    const held = pods.map((pod) => endpointPod(pod, false)).find((pod) => pod?.ips.includes(text));
    return held === undefined ? { type: 'address', address: text } : { type: 'pod', pod: held };
  }
  const [name = '', of = namespace] = text.split('/').reverse();
  const pod = findPod(pods, name, of);
  const seen = endpointPod(pod, false);
  if (seen === undefined)
    throw new CliError({
      code: 'CLI_NOT_FOUND',
      message: `pod ${of}/${pod.metadata?.name} has no address now`,
      hint: 'It has ended, or has not started yet.',
    });
  return { type: 'pod', pod: seen };
};

const portOf = (text: string, to: PolicyEnd): { readonly port: number; readonly protocol: string } => {
  const [name = '', given = 'TCP'] = text.split('/');
  const protocol = given.toUpperCase();
  const named = to.type === 'pod' ? to.pod.ports.find((one) => one.name === name && one.protocol === protocol)?.port : undefined;
  const port = named ?? Number(name);
  if (!Number.isInteger(port) || port < 1 || port > 65_535 || !['TCP', 'UDP', 'SCTP'].includes(protocol))
    throw new CliError({
      code: 'CLI_USAGE',
      message: `${JSON.stringify(text)} is no port: want PORT or PORT/PROTOCOL, such as 80 or 53/UDP`,
      hint: 'kubelet-cli policy --help',
    });
  return { port, protocol };
};
