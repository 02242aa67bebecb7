import type { EndpointSlice, NetworkPolicy, Service } from '@solo-kubelet/object-spec';
import { countEndpoints, MOST_WAYS, MOST_WAYS_OF_NODE } from './endpoint-limit.js';
import type { EndpointPod } from './endpoint-pod.js';

/** Something that whoever wrote an object should know. */
export interface ServiceProblem {
  readonly object: Service | NetworkPolicy;
  readonly reason: string;
  readonly message: string;
}

export interface ServiceProblemsInput {
  readonly service: Service;
  readonly pods: readonly EndpointPod[];
  readonly slices: readonly EndpointSlice[];
  /** As much of the slices as there is room for. */
  readonly used: readonly EndpointSlice[];
  readonly mostWays: number;
  readonly nodeAddresses: readonly string[];
}

/** What a Service does less than it says, but for ports that others have. */
export const serviceProblems = ({
  service,
  pods,
  slices,
  used: within,
  mostWays,
  nodeAddresses,
}: ServiceProblemsInput): readonly ServiceProblem[] => {
  const { spec } = service;
  const nameless = (spec.ports ?? []).flatMap(({ targetPort, protocol = 'TCP' }, i) =>
    typeof targetPort === 'string' &&
    targetPort !== '' &&
    pods.length > 0 &&
    !pods.some(({ ports }) => ports.some((one) => one.name === targetPort && one.protocol === protocol))
      ? [
          {
            object: service,
            reason: 'PortNotFound',
            message: `spec.ports[${i}].targetPort: none of the ${pods.length} Pods has a port ${JSON.stringify(targetPort)} of ${protocol}: nothing is forwarded to it`,
          },
        ]
      : [],
  );
  const [all, used] = [countEndpoints(slices), countEndpoints(within)];
  const foreign = (spec.externalIPs ?? []).filter((ip) => !nodeAddresses.includes(ip));
  return [
    ...firstOf(nameless),
    ...(used === all
      ? []
      : [
          {
            object: service,
            reason: 'TooManyEndpoints',
            message: `only ${used} of ${all} endpoints get connections: endpoints times ports are more than ${mostWays === MOST_WAYS ? MOST_WAYS : `the ${mostWays} that are left of ${MOST_WAYS_OF_NODE} for all Services of the node`}`,
          },
        ]),
    ...firstOf(foreign).map((ip) => ({
      object: service,
      reason: 'ExternalIPNotRouted',
      message: `spec.externalIPs: ${ip} is no address of this node: packets for it must be routed here`,
    })),
  ];
};

/** `takenPorts`: those of the Service that others have, `PROTOCOL/PORT` with commas. */
export const takenPortProblems = (
  { service, takenPorts }: { readonly service: Service; readonly takenPorts: string },
  hostPorts: ReadonlySet<string>,
): readonly ServiceProblem[] =>
  firstOf(takenPorts === '' ? [] : takenPorts.split(',')).map((key) => ({
    object: service,
    reason: 'PortTaken',
    message: `port ${key} of the node is not the Service's: ${hostPorts.has(key) ? 'a Pod has it as hostPort' : 'a process of the node listens there'}`,
  }));

/** Of one kind; whoever mends these sees the next. */
const MOST_PROBLEMS = 16;
export const firstOf = <T>(problems: readonly T[]): readonly T[] => problems.slice(0, MOST_PROBLEMS);
