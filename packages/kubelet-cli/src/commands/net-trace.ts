import type { EndpointSlice, NetworkPolicy, Service } from '@solo-kubelet/object-spec';
import { endpointPod, policiesInForce, readPolicies, type TraceHop, traceConnection } from '@solo-kubelet/service-network';
import { CliError } from '../cli-error.js';
import { write } from '../cli-io.js';
import { findPod } from '../client/find-pod.js';
import type { NodeApiObject } from '../client/node-client.js';
import { EXIT } from '../exit-status.js';
import { policySentence } from './policy-sentence.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';

export interface NetTraceOptions {
  /** `[NAMESPACE/]POD`. */
  readonly from: string;
  /** `HOST:PORT[/PROTOCOL]`. */
  readonly to: string;
  readonly namespace?: string;
}

/** `net trace POD HOST:PORT`: what would become of a connection, hop by hop, by the functions that make the rules. Nothing is sent. */
export const traceNet = async (
  { from, to, namespace = DEFAULT_NAMESPACE }: NetTraceOptions,
  { client, io, signal }: VerbContext,
): Promise<number> => {
  const { host, port, protocol } = targetOf(to);
  const [pods, objects, configuration] = await Promise.all([
    client.listPods({ signal }),
    client.listObjects({ signal }),
    client.getConfiguration({ signal }),
  ]);
  const [name = '', of = namespace] = from.split('/').reverse();
  const found = findPod(pods, name, of);
  const source = endpointPod(found, false);
  if (source === undefined) {
    const message = `pod ${of}/${found.metadata?.name} has no address now`;
    throw new CliError({ code: 'CLI_NOT_FOUND', message, hint: 'It has ended, or has not started yet.' });
  }
  const domain = configuration['clusterDomain'];
  const seen = pods.flatMap((pod) => endpointPod(pod, false) ?? []);
  const { outcome, hops, reasons } = traceConnection({
    from: source,
    host,
    port,
    protocol,
    services: ofKind<Service>(objects, 'Service'),
    slices: ofKind<EndpointSlice>(objects, 'EndpointSlice'),
    pods: seen,
    policies: policiesInForce(
      readPolicies({
        policies: ofKind<NetworkPolicy>(objects, 'NetworkPolicy'),
        namespaces: new Map(ofKind<NodeApiObject>(objects, 'Namespace').map(({ metadata }) => [metadata.name, metadata.labels ?? {}])),
      }),
      seen,
    ),
    nodeAddresses: [...new Set(pods.flatMap(({ status }) => (status?.hostIPs ?? []).flatMap(({ ip }) => ip ?? [])))],
    nodeName: found.spec.nodeName ?? '',
    clusterDomain: typeof domain === 'string' && domain !== '' ? domain : 'cluster.local',
  });
  const lines = [...hops.flatMap(linesOf), ...reasons.map((reason) => `! ${reason}`)];
  await write(io.stdout, `${SUMMARY[outcome]}: ${from} -> ${host}:${port}/${protocol}\n${lines.map((line) => `  ${line}\n`).join('')}`);
  return outcome === 'reaches' || outcome === 'unknown' ? EXIT.done : EXIT.failed;
};

const SUMMARY = { reaches: 'reaches', some: 'reaches some endpoints', fails: 'fails', unknown: 'leaves this node' } as const;

const ofKind = <T>(objects: readonly NodeApiObject[], kind: string): readonly T[] =>
  objects.filter((object) => object.kind === kind) as unknown as readonly T[];

const targetOf = (text: string) => {
  const [, host = '', number = '', given = 'TCP'] = /^(.+):(\d+)(?:\/([A-Za-z]+))?$/.exec(text) ?? [];
  const protocol = given.toUpperCase();
  const port = Number(number);
  if (host === '' || port < 1 || port > 65_535 || (protocol !== 'TCP' && protocol !== 'UDP' && protocol !== 'SCTP'))
    throw new CliError({
      code: 'CLI_USAGE',
      message: `${JSON.stringify(text)} is no destination: want HOST:PORT or HOST:PORT/PROTOCOL, such as shop:80 or [fd00::1]:53/UDP`,
      hint: 'kubelet-cli net --help',
    });
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port, protocol } as const;
};

const linesOf = (hop: TraceHop): readonly string[] => {
  switch (hop.type) {
    case 'name':
      return [`name: asks for ${hop.tried.join(', ')}${hop.addresses.length === 0 ? ': nothing' : `: ${hop.addresses.join(', ')}`}`];
    case 'forwarded':
      return [`name: ${hop.name} is asked of the servers of the node`];
    case 'service':
      return [`Service ${hop.service} port ${hop.port}, by its ${hop.via}`];
    case 'endpoints':
      return [
        `endpoints: ${hop.used.length === 0 ? 'none' : hop.used.join(', ')}${hop.notReady.length === 0 ? '' : `; left out: ${hop.notReady.join(', ')}`}`,
      ];
    case 'policy': {
      const { decision, to } = hop;
      if (decision.always !== undefined) return [`policies, ${to}: ${decision.always}: no policy counts`];
      return decision.steps.map((step) => `policies, ${to}: ${policySentence(step)}`);
    }
    case 'pod':
      return [`${hop.to} is Pod ${hop.pod}${hop.listed ? '' : ', none of whose containers lists that port'}`];
    case 'outside':
      return [`${hop.to} is no Pod of this node`];
  }
};
