import { type ClusterDnsReport, parseResolvConf, runClusterDns, type Upstream } from '@solo-kubelet/cluster-dns';
import { describeError } from '@solo-kubelet/diagnostics';
import { fromEmitting, steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { readRegular } from '@solo-kubelet/untrusted-files';
import {
  combineLatest,
  concatMap,
  distinctUntilChanged,
  exhaustMap,
  filter,
  ignoreElements,
  map,
  merge,
  type Observable,
  switchMap,
  take,
  timer,
} from 'rxjs';
import type { RunningKubelet } from '../kubelet-context.js';
import type { NodeServices } from './node-services.js';
import { addOwnAddress } from './own-address.js';
import { portHolder } from './port-holder.js';

type Parts = Pick<RunningKubelet, 'config' | 'flags' | 'filesSynced$' | 'nodeEvent' | 'logger'> & {
  readonly reconciler: Pick<RunningKubelet['reconciler'], 'known$'>;
  readonly serviceNetwork: NodeServices;
  readonly address: string;
};

const DNS_PORT = 53;
/** resolv.conf is looked at as often; DHCP clients and VPNs replace it. */
const RESOLV_CONF_MS = 5_000;
const MAX_RESOLV_CONF_BYTES = 64 * 1024;
/** What Services come to is worked out anew this soon after the last manifest was read, ms. */
const SETTLE_MS = 250;
const RETRY_MS = 5_000;

/** The node's own DNS server: Services by name, everything else by the servers of `resolvConf`. Pods get its address as `clusterDNS`. */
export const nodeDns = (parts: Parts): Observable<never> => {
  const { config, flags, address, logger } = parts;
  const { rootDirectory, serviceNetwork } = flags;
  return merge(
    ownAddress(parts),
    runClusterDns({
      domain: config.clusterDomain,
      records$: records(parts),
      upstreams$: upstreams(config.resolvConf),
      listen: [{ address, port: DNS_PORT }],
      ownRanges: serviceNetwork?.ranges ?? [],
      count: parts.serviceNetwork.metrics.dnsCounter(address, config.clusterDomain),
      scheduler: steadyScheduler,
    }).pipe(concatMap(async (report) => tell(await withHolder(report), { ...parts, rootDirectory, logger }))),
  ).pipe(ignoreElements());
};

/** The address is the machine's for as long as the server runs. */
const ownAddress = ({ address, flags: { rootDirectory }, logger, nodeEvent }: Parts): Observable<unknown> =>
  fromEmitting((_, signal) =>
    holdAddress(address, rootDirectory, signal, (error) => {
      logger.error({ err: describeError(error) }, 'The address of the DNS server cannot be had; trying again');
      nodeEvent({
        type: 'Warning',
        reason: 'ClusterDNSFailed',
        message: `${address} cannot be given to this machine: ${describeError(error)}`,
      });
    }),
  );

const holdAddress = async (
  address: string,
  rootDirectory: string,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<void> => {
  let told = false;
  while (!signal.aborted) {
    try {
      await addOwnAddress(address, { rootDirectory });
      break;
    } catch (error) {
      if (!told && !signal.aborted) onFailure(error);
      told = true;
      await new Promise<void>((resolve) => steadyScheduler.schedule(() => resolve(), RETRY_MS));
    }
  }
};

/** Only once every manifest has been read and the runtime's Pods are known: a name that is not known yet is not one that does not exist. */
const records = ({ filesSynced$, reconciler, serviceNetwork }: Parts) =>
  combineLatest([filesSynced$, reconciler.known$]).pipe(
    filter(([synced, known]) => synced && known),
    take(1),
    switchMap(() => timer(SETTLE_MS, steadyScheduler)),
    switchMap(() => serviceNetwork.network$),
    map((network) => network.records),
    distinctUntilChanged(),
  );

/** Servers of a resolv.conf, whenever they change; none where there is no such file. */
const upstreams = (path: string): Observable<readonly Upstream[]> =>
  timer(0, RESOLV_CONF_MS, steadyScheduler).pipe(
    exhaustMap(() => fromEmitting<readonly Upstream[]>(async (emit, signal) => emit(await readUpstreams(path, signal)))),
    distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
  );

const readUpstreams = async (path: string, signal: AbortSignal): Promise<readonly Upstream[]> => {
  if (path === '') return [];
  try {
    // A link to what systemd-resolved or a DHCP client keeps, on most machines.
    return parseResolvConf((await readRegular(path, { maxBytes: MAX_RESOLV_CONF_BYTES, followLinks: true, signal })).toString('utf8'));
  } catch {
    return [];
  }
};

/** Where somebody else has the port, the message names him. */
const withHolder = async (report: ClusterDnsReport): Promise<ClusterDnsReport> => {
  if (report.type !== 'bindFailed' || report.code !== 'EADDRINUSE') return report;
  const holder = await portHolder(report.address, report.port).catch(() => undefined);
  return holder === undefined ? report : { ...report, message: `held by ${holder}` };
};

const tell = (
  report: ClusterDnsReport,
  { logger, nodeEvent, config }: Pick<Parts, 'logger' | 'nodeEvent' | 'config'> & { readonly rootDirectory: string },
): void => {
  switch (report.type) {
    case 'listening':
      logger.info({ address: report.address, port: report.port, domain: config.clusterDomain }, 'DNS server of Services is asked here');
      break;
    case 'bindFailed':
      // The address comes a moment after the first attempt.
      if (report.code === 'EADDRNOTAVAIL') break;
      logger.error({ address: report.address, port: report.port, err: report.message }, 'The DNS server cannot listen; trying again');
      nodeEvent({ type: 'Warning', reason: 'ClusterDNSFailed', message: `${report.address} port ${report.port}: ${report.message}` });
      break;
    case 'loop':
      logger.error({ server: report.server }, 'A DNS server leads back to this one and is asked no more');
      nodeEvent({ type: 'Warning', reason: 'ClusterDNSLoop', message: `${report.server}: ${report.message}` });
      break;
    case 'upstreamDown':
      logger.warn({ server: report.server, err: report.message }, 'A DNS server does not answer');
      break;
    case 'upstreamUp':
      logger.info({ server: report.server }, 'A DNS server answers again');
      break;
  }
};
