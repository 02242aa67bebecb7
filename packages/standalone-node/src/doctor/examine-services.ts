import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { portHolder } from '@solo-kubelet/kubelet/networks';
import { readText } from '@solo-kubelet/kubelet/node';
import type { ServiceFacts } from './service-checks.js';

const run = promisify(execFile);
const LIMIT_MS = 20_000;
const PORTS = [80, 443];

/** Looks at what Services and Ingresses need; changes nothing. */
export const examineServices = async (
  wanted: Pick<ServiceFacts, 'hasServices' | 'hasIngresses'>,
  { env, signal }: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): Promise<ServiceFacts> => {
  const firstLine = (program: string, ...args: readonly string[]): Promise<string | undefined> =>
    run(program, args, { env: { ...env }, signal, timeout: LIMIT_MS }).then(
      ({ stdout }) => stdout.trim().split('\n')[0],
      () => undefined,
    );
  const [nft, haproxy, bridge, ...holders] = await Promise.all([
    firstLine('nft', '--version'),
    firstLine('haproxy', '-v'),
    readText('/proc/sys/net/bridge/bridge-nf-call-iptables'),
    ...PORTS.map(async (port) => ({ port, holder: (await portHolder('0.0.0.0', port)) ?? (await portHolder('::', port)) })),
  ]);
  return {
    ...wanted,
    nft,
    haproxy,
    bridgeRules: bridge === '' ? undefined : bridge.trim() === '1',
    holders: holders.flatMap(({ port, holder }) => (holder === undefined ? [] : [{ port, holder }])),
  };
};
