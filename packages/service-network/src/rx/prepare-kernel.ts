import { readFile, writeFile } from 'node:fs/promises';
import { describeError } from '@solo-kubelet/diagnostics';
import type { IpFamily } from '../core/ip-address.js';
import { type RunProgram, runProgram } from './run-program.js';

/** What was changed of the machine, or would have to be. */
export interface KernelNote {
  readonly type: 'changed' | 'lacking';
  readonly message: string;
}

export interface PrepareKernelOptions {
  readonly families: readonly IpFamily[];
  readonly signal: AbortSignal;
  readonly run?: RunProgram;
  /** Default `/proc/sys/net`. */
  readonly directory?: string;
}

/**
 * Forwarding, and bridged packets that pass the rules: without the second the reply of a Pod to its neighbour is switched and not translated back, and
 * Services fail in silence.
 */
export const prepareKernel = async ({
  families,
  signal,
  run = runProgram,
  directory = '/proc/sys/net',
}: PrepareKernelOptions): Promise<readonly KernelNote[]> => {
  const notes: KernelNote[] = [];
  const switches = families.flatMap((family) =>
    family === 'IPv4'
      ? ['ipv4/ip_forward', 'bridge/bridge-nf-call-iptables']
      : ['ipv6/conf/all/forwarding', 'bridge/bridge-nf-call-ip6tables'],
  );
  const read = (path: string): Promise<string | undefined> =>
    readFile(`${directory}/${path}`, 'utf8').then(
      (text) => text.trim(),
      () => undefined,
    );
  if ((await read('bridge/bridge-nf-call-iptables')) === undefined) {
    const loaded = await run('modprobe', ['br_netfilter'], { signal }).catch(() => undefined);
    if (loaded?.code === 0) notes.push({ type: 'changed', message: 'kernel module br_netfilter loaded' });
  }
  for (const path of switches) {
    const name = `net.${path.replaceAll('/', '.')}`;
    const value = await read(path);
    if (value === '1') continue;
    if (value === undefined) {
      notes.push({
        type: 'lacking',
        message: path.startsWith('bridge/')
          ? `${name} is not there: Pods of one bridge cannot reach each other through a Service before the kernel module br_netfilter is loaded`
          : `${name} is not there: the kernel has no such network`,
      });
      continue;
    }
    try {
      await writeFile(`${directory}/${path}`, '1\n');
      notes.push({ type: 'changed', message: `${name} set from ${value} to 1` });
    } catch (error) {
      notes.push({ type: 'lacking', message: `${name} is ${value} and cannot be set to 1: ${describeError(error)}` });
    }
  }
  return notes;
};
