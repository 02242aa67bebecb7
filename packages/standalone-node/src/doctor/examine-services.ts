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
  // It says so to the other stream.
  const versionOfNginx = (): Promise<string | undefined> =>
    run('nginx', ['-v'], { env: { ...env }, signal, timeout: LIMIT_MS }).then(
      ({ stderr }) => stderr.trim().split('\n')[0],
      () => undefined,
    );
  const [nft, iptables, firewalls, haproxy, nginx, bridge, ...holders] = await Promise.all([
    firstLine('nft', '--version'),
    firstLine('iptables', '--version'),
    examineFirewalls(printedBy),
    firstLine('haproxy', '-v'),
    versionOfNginx(),
    readText('/proc/sys/net/bridge/bridge-nf-call-iptables'),
    ...PORTS.map(async (port) => ({ port, holder: (await portHolder('0.0.0.0', port)) ?? (await portHolder('::', port)) })),
  ]);
  return {
    ...wanted,
    nft,
    iptables,
    firewalls,
    haproxy,
    nginx,
    bridgeRules: bridge === '' ? undefined : bridge.trim() === '1',
    holders: await Promise.all(
      holders.flatMap(({ port, holder }) =>
        holder === undefined ? [] : [isProxy(holder).then((own) => ({ port, holder, isProxy: own }))],
      ),
    ),
  };
};

/** Whether a program is the proxy of a kubelet: haproxy, which is hardly there for anything else, or an nginx with a configuration of ours. */
const isProxy = async (holder: string): Promise<boolean> => {
  if (holder.startsWith('haproxy ')) return true;
  const pid = /^nginx \(pid (\d+)\)$/.exec(holder)?.[1];
  if (pid === undefined) return false;
  const parent = /^PPid:\s*(\d+)$/m.exec(await readText(`/proc/${pid}/status`))?.[1] ?? '';
  const titles = await Promise.all([pid, parent].map((each) => readText(`/proc/${each}/cmdline`)));
  return titles.some((title) => /-c \S+\/ingress\/nginx\.conf/.test(title.replaceAll('\0', ' ')));
};
