import { execFile } from 'node:child_process';
import { isIPv4 } from 'node:net';
import { promisify } from 'node:util';
import type { Logger } from '@solo-kubelet/diagnostics';
import { readState, writeDurably } from '@solo-kubelet/state-files';
import { pickSubnet, subnetCandidates } from '../containerd/pod-network.js';
import { NodeError } from '../node-error.js';

const run = promisify(execFile);

/** The pod subnet of a node: chosen once, away from every route of the machine, and kept in a file. */
export const nodeSubnet = async (file: string, seed: number, logger: Logger): Promise<string> => {
  const kept = await readState(file, { decode: decodeSubnet, logger, maxBytes: 1_024 });
  if (kept !== undefined) return kept;
  const subnet = pickSubnet(subnetCandidates(seed), await machineRoutes());
  if (subnet === undefined) {
    throw new NodeError({ code: 'NODE_HOST_UNSUITABLE', message: 'no free subnet for pods between 10.160.0.0 and 10.223.255.0' });
  }
  await writeDurably(file, `${subnet}\n`, { mode: 0o644 });
  return subnet;
};

/** Destinations of the machine's IPv4 routes, of every table. @throws (rejects) NodeError NODE_HOST_UNSUITABLE where there is no `ip` to list them */
export const machineRoutes = async (): Promise<readonly string[]> => {
  const { stdout } = await run('ip', ['-4', 'route', 'show', 'table', 'all'], { timeout: 10_000 }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    const message = 'the routes of this machine can not be listed: the program ip is not installed (apt-get install iproute2)';
    throw new NodeError({ code: 'NODE_HOST_UNSUITABLE', message, cause });
  });
  return stdout.split('\n').flatMap((line) => /^(?:\w+ )?(\d[\d./]*)/.exec(line)?.[1] ?? []);
};

/** A file that was cut off (`10.180.0.0/2` for `/24`) would make every address of the machine a Pod's: the size must be one that is ever picked. */
const decodeSubnet = (text: string): string => {
  const [, address = '', bits = ''] = /^([\d.]+)\/(\d+)\n$/.exec(text) ?? [];
  if (!isIPv4(address) || Number(bits) < 16 || Number(bits) > 30) throw new Error('it is no subnet of Pods');
  return text.trim();
};
