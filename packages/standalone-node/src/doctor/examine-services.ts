import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { portHolder } from '@solo-kubelet/kubelet/networks';
import { readText } from '@solo-kubelet/kubelet/node';
import { examineFirewalls } from './examine-firewalls.js';
import type { ServiceFacts } from './service-checks.js';

const run = promisify(execFile);
const LIMIT_MS = 20_000;
/** Chains of a machine with thousands of Services of another proxy, bytes. */
const MOST_OUTPUT = 32 << 20;
const PORTS = [80, 443];

/** Looks at what Services and Ingresses need; changes nothing. */
export const examineServices = async (
  wanted: Pick<ServiceFacts, 'hasServices' | 'hasIngresses'>,
  { env, signal }: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): Promise<ServiceFacts> => {
  const printedBy = (program: string, ...args: readonly string[]): Promise<string | undefined> =>
    run(program, args, { env: { ...env }, signal, timeout: LIMIT_MS, maxBuffer: MOST_OUTPUT }).then(
      ({ stdout }) => stdout,
      () => undefined,
    );
  const firstLine = async (program: string, ...args: readonly string[]): Promise<string | undefined> =>
    (await printedBy(program, ...args))?.trim().split('\n')[0];
  const [nft, iptables, firewalls, haproxy, bridge, ...holders] = await Promise.all([
    firstLine('nft', '--version'),
    firstLine('iptables', '--version'),
    examineFirewalls(printedBy),
    firstLine('haproxy', '-v'),
    readText('/proc/sys/net/bridge/bridge-nf-call-iptables'),
    ...PORTS.map(async (port) => ({ port, holder: (await portHolder('0.0.0.0', port)) ?? (await portHolder('::', port)) })),
  ]);
  return {
    ...wanted,
    nft,
    iptables,
    firewalls,
    haproxy,
    bridgeRules: bridge === '' ? undefined : bridge.trim() === '1',
    holders: holders.flatMap(({ port, holder }) => (holder === undefined ? [] : [{ port, holder }])),
  };
};
