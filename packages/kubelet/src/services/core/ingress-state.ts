import type { ProxyReport, RouteProblem, RouteTable } from '@solo-kubelet/ingress-proxy';
import type { Ingress } from '@solo-kubelet/object-spec';

/** What is known of the Ingresses of a node. */
export interface IngressState {
  readonly ingresses: readonly Ingress[];
  /** `namespace/name` of those that are this proxy's. */
  readonly own: readonly string[];
  readonly problems: readonly RouteProblem[];
  /** Where the proxy is reached. */
  readonly addresses: readonly string[];
  readonly proxy: ProxyState;
}

export interface ProxyState {
  /** Ports at which requests for Ingresses are taken; none while they are not. */
  readonly ports: readonly number[];
  /** `namespace/name` of the Ingresses whose routes are in force. */
  readonly served: readonly string[];
  /** The table that is in force. */
  readonly table?: RouteTable;
  /** Every port of it that is open. */
  readonly open?: readonly number[];
  /** Ports of it that are not, and who holds them. */
  readonly taken?: ReadonlyMap<number, string>;
  readonly trouble?: { readonly reason: string; readonly message: string };
}

export const stoppedProxy: ProxyState = { ports: [], served: [] };

/** The proxy after it said something. */
export const reduceProxy = (
  before: ProxyState,
  report: ProxyReport,
  {
    httpPort,
    httpsPort,
    ownOf,
  }: { readonly httpPort: number; readonly httpsPort: number; readonly ownOf: (table: RouteTable) => readonly string[] },
): ProxyState => {
  const { trouble: _, ...kept } = before;
  const held = 'serving' in report && report.serving ? kept : stoppedProxy;
  const ofIngresses = (port: number): boolean => port === httpPort || port === httpsPort;
  const takenTrouble = (port: number, holder: string) => ({ reason: 'PortTaken', message: `port ${port} is held by ${holder}` });
  switch (report.type) {
    case 'applied': {
      const [lacking] = [...report.taken].filter(([port]) => ofIngresses(port));
      return {
        ports: [...(report.http ? [httpPort] : []), ...(report.https ? [httpsPort] : [])],
        served: ownOf(report.table),
        table: report.table,
        open: report.ports,
        taken: report.taken,
        ...(lacking !== undefined && { trouble: takenTrouble(...lacking) }),
      };
    }
    case 'stopped':
      return stoppedProxy;
    case 'portTaken':
      return {
        ...held,
        taken: new Map([...(held.taken ?? []), [report.port, report.holder]]),
        ...(ofIngresses(report.port) && { trouble: takenTrouble(report.port, report.holder) }),
      };
    case 'failed':
      return { ...held, trouble: { reason: 'IngressProxyFailed', message: report.message } };
  }
};

export const ingressKey = ({ metadata }: Ingress): string => `${metadata.namespace ?? 'default'}/${metadata.name}`;

const isServed = ({ ports, served }: ProxyState, key: string): boolean => ports.length > 0 && served.includes(key);

/** Something that whoever wrote an Ingress should know. */
export interface IngressNotice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly about: Ingress;
}

/** All that holds now, by a text of its own; what was not told before is an event. */
export const ingressNotices = ({ ingresses, own, problems, addresses, proxy }: IngressState): ReadonlyMap<string, IngressNotice> => {
  const byKey = new Map(ingresses.map((ingress) => [ingressKey(ingress), ingress]));
  const served = own.flatMap((key): readonly (Omit<IngressNotice, 'about'> & { readonly ingress: string })[] => [
    ...(!isServed(proxy, key)
      ? []
      : [
          {
            ingress: key,
            type: 'Normal' as const,
            reason: 'Sync',
            message: `Served at ${addresses.join(', ')}, port${proxy.ports.length > 1 ? 's' : ''} ${proxy.ports.join(', ')}`,
          },
        ]),
    ...(proxy.trouble === undefined ? [] : [{ ingress: key, type: 'Warning' as const, ...proxy.trouble }]),
  ]);
  const all = [...problems.map((problem) => ({ type: 'Warning' as const, ...problem })), ...served];
  return new Map(
    all.flatMap(({ ingress, type, reason, message }) => {
      const about = byKey.get(ingress);
      return about === undefined ? [] : [[`${about.metadata.uid} ${ingress} ${reason} ${message}`, { type, reason, message, about }]];
    }),
  );
};

/** Ingresses as they are shown: those that are served have the addresses in their status, all others nothing. */
export const shownIngresses = ({ ingresses, own, addresses, proxy }: IngressState): readonly Ingress[] =>
  ingresses.map((ingress) => {
    const { status: _, ...rest } = ingress;
    const holds = own.includes(ingressKey(ingress)) && isServed(proxy, ingressKey(ingress));
    return { ...rest, status: { loadBalancer: holds ? { ingress: addresses.map((ip) => ({ ip })) } : {} } };
  });

/** Where a proxy is reached that takes requests at some addresses: everywhere at those of the node. */
export const reachedAt = (addresses: readonly string[] | undefined, nodeIps: readonly string[]): readonly string[] => {
  const isAny = addresses === undefined || addresses.some((address) => address === '0.0.0.0' || address === '::');
  return isAny ? nodeIps : addresses;
};
